"""Exact, deterministic aggregation of quantised updates, and the values every validator must agree on.

Needs numpy and nothing else: no I/O, no clock, no chain. Two machines that call anything in here with the same bytes
get the same bytes back.
"""

from aggregator import bulyan, caf, coordinate, geometric, mda, selection  # noqa: F401  (they register themselves)
from aggregator.averaging import average_states
from aggregator.composition import composed
from aggregator.optimiser import OPTIMISERS, Optimiser, advance, optimiser
from aggregator.preaggregation import PREAGGREGATIONS, preaggregation
from aggregator.rule import (
    RULES,
    Aggregation,
    Context,
    Rule,
    aggregate,
    aggregate_with_reasons,
    effective_faults,
    rule,
)

__all__ = [
    "OPTIMISERS",
    "PREAGGREGATIONS",
    "RULES",
    "Aggregation",
    "Context",
    "Optimiser",
    "Rule",
    "advance",
    "aggregate",
    "aggregate_with_reasons",
    "average_states",
    "composed",
    "effective_faults",
    "optimiser",
    "preaggregation",
    "rule",
]
