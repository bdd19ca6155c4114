"""The rules and updates that aggregation is measured on, and how benchmarks tell where they are."""

import sys

import numpy as np
from numpy.typing import NDArray

import aggregator
from aggregator import Rule

__all__ = ["COORDINATE_RULES", "rule_named", "say", "steps_named", "updates"]

COORDINATE_RULES = ("mean", "median", "trimmed_mean", "meamed")


def updates(n: int, d: int, poisoned: int = 0) -> NDArray[np.int16]:
    """Int16 of shape (n, d): a common signal with noise of its size, and `poisoned` rows four times as long."""
    random = np.random.default_rng(n)
    rows = np.empty((n, d), np.int16)
    signal = random.standard_normal(d, np.float32)
    for place, row in enumerate(rows):
        noisy = random.standard_normal(d, np.float32)
        noisy += signal
        noisy *= 4000 if place < poisoned else 1000
        row[:] = np.rint(noisy, out=noisy)
    return rows


def rule_named(name: str) -> Rule:
    """The rule, perhaps behind preaggregations and with its number of steps: `nnm+mean`, `geometric_median:3`."""
    *before, last = name.split("+")
    rule = aggregator.rule(last.partition(":")[0], **steps_named(name))
    return aggregator.composed(rule, *map(aggregator.preaggregation, before))


def steps_named(name: str) -> dict[str, int]:
    """The number of steps in a rule's name, if there is one, as a parameter."""
    _, _, steps = name.partition(":")
    return {"steps": int(steps)} if steps else {}


def say(line: str) -> None:
    """Tell the terminal what is being done, apart from the results."""
    print(line, file=sys.stderr, flush=True)
