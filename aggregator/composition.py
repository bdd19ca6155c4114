"""A rule behind preaggregations, itself a rule: what it needs, and the reasons it gives for every original update."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aggregator.errors import REASON_LIMIT, BadParameter, TooFewUpdates
from aggregator.named import check_parameter
from aggregator.preaggregation import Mixture, Preaggregation
from aggregator.rule import Aggregation, Context, Rule, largest_accepted
from aggregator.updates import Updates

__all__ = ["Composed", "composed"]


def composed(rule: Rule, *preaggregations: Preaggregation) -> Rule:
    """Put preaggregations in front of a rule, the first one first; without any, give the rule itself."""
    return Composed(rule, preaggregations) if preaggregations else rule


@dataclass(frozen=True)
class Composed:
    """`rule` applied to what `preaggregations` make of the updates.

    One f holds for all of them: the context's, else the rule's own, else the first that a preaggregation was given,
    else the largest that is accepted. After bucketing there are as many poisoned rows as there were updates, at most
    all. A context's weights follow the updates: a row weighs what those weigh that it stands for.
    """

    rule: Rule
    preaggregations: tuple[Preaggregation, ...]

    @property
    def name(self) -> str:
        """The names in the order in which they are applied, such as "nnm + krum"."""
        return " + ".join([one.name for one in self.preaggregations] + [self.rule.name])

    @property
    def parameters(self) -> Mapping[str, int]:
        """The rule's parameters; those of the preaggregations are theirs."""
        return self.rule.parameters

    def needs(self, faults: int) -> int:
        """Give the smallest n that every preaggregation accepts and that leaves the rule as many rows as it needs."""
        rows = self.rule.needs(faults)
        for one in reversed(self.preaggregations):
            rows = one.needs(rows, faults)
        return rows

    def largest_faults(self, n: int) -> int:
        """Give the largest f that is accepted; raises `TooFewUpdates` if not even 0 will do.

        In front of a rule without a condition of its own, such as the mean, a preaggregation's condition counts.
        """
        self._require(n, 0)
        rows = n
        for one in self.preaggregations:
            rows = one.rows(rows)
        alone = self.rule.largest_faults(rows)
        return alone if self.needs(n) <= n else largest_accepted(self.needs, n)

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Mix, aggregate to int16 of shape (d,), and tell of each original update what became of it."""
        faults = self._faults(updates.count, context)
        mixtures = []
        for one in self.preaggregations:
            context = replace(context, faults=min(faults, updates.count))
            mixture = one(updates, faults, context)
            updates, context = _through(mixture, updates, context)
            mixtures.append(mixture)
        outcome = self.rule(updates, replace(context, faults=min(faults, updates.count)))
        for mixture in reversed(mixtures):
            outcome = _traced(outcome, mixture)
        return outcome

    def _faults(self, n: int, context: Context) -> int:
        own = [one["f"] for one in (self.parameters, *(one.parameters for one in self.preaggregations)) if "f" in one]
        wanted = own[0] if context.faults is None and own else context.faults
        if wanted is None:
            return self.largest_faults(n)
        check_parameter(self.name, "f", wanted)
        self._require(n, wanted)
        return wanted

    def _require(self, n: int, faults: int) -> None:
        if n < self.needs(faults):
            raise TooFewUpdates(f"{self.name} with f = {faults} needs at least {self.needs(faults)} updates, not {n}")


def _through(mixture: Mixture, updates: Updates, context: Context) -> tuple[Updates, Context]:
    mixed = updates.mixed(mixture.mixing)
    if context.weights is None:
        return mixed, context
    if len(context.weights) != updates.count:
        raise BadParameter(f"{len(context.weights)} weights for {updates.count} updates: give one for each")
    weights = [0] * mixed.count
    for place, weight in zip(mixture.stands_for, context.weights, strict=True):
        weights[place] += weight
    return mixed, replace(context, weights=tuple(weights))


def _traced(outcome: Aggregation, mixture: Mixture) -> Aggregation:
    """Give every update the verdict on the row that stands for it, with a note on what happened to it before."""
    reasons = [outcome.reasons[place] for place in mixture.stands_for]
    return Aggregation(
        outcome.delta,
        tuple(outcome.selected[place] for place in mixture.stands_for),
        tuple(_told(reason, note) for reason, note in zip(reasons, mixture.notes, strict=True)),
    )


def _told(reason: str, note: str) -> str:
    return f"{reason}; {note}"[:REASON_LIMIT] if note else reason
