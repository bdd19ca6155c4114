"""Candidate patches judged by running tests: what passes, and what that says of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.learning.metrics import pass_at_k
from node.learning.sandbox import passes
from node.ports import Metrics

__all__ = ["Checks", "judged"]

# What a function may take for granted, as OctoPack's evaluation has it; candidates often leave their imports out.
GIVEN = """
import collections, copy, datetime, functools, hashlib, heapq, itertools, math, operator, random, re, statistics, string
from collections import *
from typing import *
"""


@dataclass(frozen=True)
class Checks:
    """Python source that raises unless a candidate before it is right: all `tests`, and those of them it was `shown`.

    Where nothing is shown, all tests are.
    """

    tests: str
    shown: str = ""


def judged(candidates: Sequence[Sequence[str]], checks: Sequence[Checks]) -> Metrics:
    """`pass_at_k` and `plausible_at_k`, means over the problems, for k = 1 and all of n candidates for each.

    pass@k is the chance that one of k candidates passes all tests of its problem, in the unbiased estimate of Chen et
    al. 2021 (arXiv 2107.03374), n candidates having been run. plausible@k is the same of the tests that were shown: a
    patch that passes what it was validated on is plausible, and may still be wrong (Qi et al. 2015, "An Analysis of
    Patch Plausibility and Correctness for Generate-and-Validate Patch Generation Systems", ISSTA). Every candidate is
    run in the sandbox, one that comes twice once. `parts`: (passing, candidates) of each problem.
    """
    verdicts = [_verdicts(*problem) for problem in zip(candidates, checks, strict=True)]
    values: dict[str, float] = {}
    for k in sorted({1, *(len(one) for one in candidates)}):
        for name, side in (("pass", 0), ("plausible", 1)):
            chances = [pass_at_k(len(one), sum(pair[side] for pair in one), k) for one in verdicts]
            values[f"{name}_at_{k}"] = sum(chances) / len(chances)
    return Metrics(values, tuple((float(sum(right for right, _ in one)), float(len(one))) for one in verdicts))


def _verdicts(candidates: Sequence[str], checks: Checks) -> list[tuple[bool, bool]]:
    """Whether each candidate passes all tests, and whether it passes those shown."""
    known: dict[str, tuple[bool, bool]] = {}
    for candidate in candidates:
        if candidate not in known:
            right = passes(candidate, checks.tests, GIVEN)
            plausible = passes(candidate, checks.shown, GIVEN) if checks.shown else right
            known[candidate] = right, plausible
    return [known[candidate] for candidate in candidates]
