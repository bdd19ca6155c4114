"""What an aggregation rule is, the registry of rules by name, and the one call that runs them.

The rules themselves live in `coordinate` and `selection`, which register here; what a rule computes with lives in
`updates` and `exact`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import TooFewUpdates, TooManyUpdates
from aggregator.named import Named, check_parameter, lister, make
from aggregator.updates import Delta, Rows, Updates

__all__ = [
    "RULES",
    "Aggregation",
    "Context",
    "FaultTolerant",
    "RegisteredRule",
    "Rule",
    "aggregate",
    "aggregate_with_reasons",
    "effective_faults",
    "largest_accepted",
    "register",
    "rule",
]


@dataclass(frozen=True)
class Context:
    """What a rule may know beside the updates; each field is optional, and most rules read few.

    `faults`: the round's f, which goes before a rule's own. `weights`: n positive integers (only `mean` reads them).
    `seed`: for rules that draw. `previous`: the last aggregate, shape (d,). `threads` and `chunk` (columns) change the
    time it takes and never a byte of the result.
    """

    faults: int | None = None
    weights: tuple[int, ...] | None = None
    seed: int = 0
    previous: NDArray[np.int16] | NDArray[np.int32] | None = None
    threads: int = 1
    chunk: int | None = None


@dataclass(frozen=True)
class Aggregation:
    """What a rule made of n updates: `delta`, int16 of shape (d,), and for each row whether it was kept and why."""

    delta: Delta
    selected: tuple[bool, ...]
    reasons: tuple[str, ...]


class Rule(Protocol):
    """A way to make one aggregate of n updates of which f may be poisoned."""

    @property
    def name(self) -> str:
        """The name in `RULES`; for a rule behind preaggregations, their names and its own."""

    @property
    def parameters(self) -> Mapping[str, int]:
        """The parameters that were given, as the guideline and the round record write them."""

    def needs(self, faults: int) -> int:
        """Give the smallest n that the rule accepts for `faults` poisoned updates."""

    def largest_faults(self, n: int) -> int:
        """Give the largest f that the rule accepts for `n` updates.

        Raises `TooFewUpdates` if not even 0 will do, and `TooManyUpdates` for more updates than the rule can take.
        """

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Aggregate; raises `TooFewUpdates` below the rule's condition, `TooManyUpdates` above what it can take."""


class RegisteredRule(Rule, Protocol):
    """A rule that stands in `RULES`: the class itself knows its name and its condition."""

    @classmethod
    def needs(cls, faults: int) -> int:
        """Give the smallest n that the rule accepts for `faults` poisoned updates."""

    @classmethod
    def largest_faults(cls, n: int) -> int:
        """Give the largest f that the rule accepts for `n` updates; raises `TooFewUpdates` if not even 0 will do."""


@dataclass(frozen=True)
class FaultTolerant(Named):
    """The base of rules with a condition on n and f: the largest f, and the refusal.

    `f` is the rule's own number of faults, for use without a round. `Context.faults` goes before it; with neither, f is
    the largest that the rule accepts for the updates at hand.
    """

    condition: ClassVar[str]  # in words, for the refusal
    most: ClassVar[int | None] = None  # updates, for a rule that cannot take any number

    f: int | None = None

    @classmethod
    def needs(cls, faults: int) -> int:
        """Give the smallest n that the rule accepts for `faults` poisoned updates; n > 2f if a rule says no more."""
        return 2 * faults + 1

    @classmethod
    def largest_faults(cls, n: int) -> int:
        """Give the largest f that the rule accepts for `n` updates; raises `TooFewUpdates` if not even 0 will do."""
        cls._require(n, 0)
        return largest_accepted(cls.needs, n)

    def faults(self, n: int, context: Context) -> int:
        """Settle on f for `n` updates; raises `TooFewUpdates` when n is below the condition for it."""
        wanted = self.f if context.faults is None else context.faults
        if wanted is None:
            return self.largest_faults(n)
        check_parameter(self.name, "f", wanted)
        self._require(n, wanted)
        return wanted

    @classmethod
    def _require(cls, n: int, faults: int) -> None:
        if n < cls.needs(faults):
            raise TooFewUpdates(
                f"{cls.name} needs {cls.condition}: with f = {faults} at least {cls.needs(faults)} updates, not {n}"
            )
        if cls.most is not None and n > cls.most:
            raise TooManyUpdates(f"{cls.name} searches subsets and takes at most {cls.most} updates, not {n}")


def largest_accepted(needs: Callable[[int], int], n: int) -> int:
    """Find the largest f whose `needs`, which grow with f, stay within `n`, given that those of 0 do."""
    faults = 0
    while needs(faults + 1) <= n:
        faults += 1
    return faults


RULES: dict[str, type[RegisteredRule]] = {}
register = lister(RULES)


def rule(name: str, /, **parameters: int) -> Rule:
    """Make the rule of that name; raises `UnknownRule`, or `BadParameter` for a parameter it does not have."""
    return make("rule", RULES, name, parameters)


def effective_faults(rule: Rule | type[RegisteredRule], wanted: int, n: int) -> int:
    """Give a round's f: the smaller of the guideline's (`wanted`) and the largest that `rule` allows for `n` updates.

    Raises `TooFewUpdates` or `TooManyUpdates` when the rule refuses n even without faults.
    """
    return min(wanted, rule.largest_faults(n))


def aggregate(updates: Rows, rule: Rule, context: Context | None = None) -> Delta:
    """Aggregate int16 updates, an array of shape (n, d) or n arrays or memory maps of shape (d,), to int16 (d,).

    The result is exact and the same bytes on every machine, whatever threads and chunk. Raises `TooFewUpdates` below
    the rule's condition and `BadParameter` for arrays or a context out of range.
    """
    return aggregate_with_reasons(updates, rule, context).delta


def aggregate_with_reasons(updates: Rows, rule: Rule, context: Context | None = None) -> Aggregation:
    """Aggregate as `aggregate` does, and tell for each update whether it was selected and why."""
    context = context or Context()
    return rule(Updates.of(updates, context.chunk, context.threads), context)
