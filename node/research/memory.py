"""How much memory this process and its workers needed at most."""

import resource

__all__ = ["peak_rss_mb"]


def peak_rss_mb(workers: int) -> float:
    """Peak resident memory in MiB: this process plus `workers` times its largest ended child (an upper bound)."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    largest_child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + workers * largest_child) / 1024
