"""Many peers in one process: the demo and comparisons. Uses the node's own code, adds no protocol."""
