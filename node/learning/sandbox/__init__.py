"""Runs a candidate program with its tests in a process that can reach as little as the kernel allows.

`cage` is what the child does to itself before the program starts; `run` starts it and says how it ended; `judge` runs a
candidate with its tests under a `watch`. What a candidate is, and what a pass is worth, is known to tasks and metrics.
"""

from node.learning.sandbox.judge import passes
from node.learning.sandbox.run import Limits, Outcome, Verdict, run_program

__all__ = ["Limits", "Outcome", "Verdict", "passes", "run_program"]
