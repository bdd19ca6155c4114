"""One round of the demo as the rows of its report: read from the chain's history, the store and the gas meter."""

from collections.abc import Callable, Mapping, Sequence

from aggregator.record import RoundRecord
from node.chain.deploy import TOKEN
from node.chain.words import Penalty
from node.peer.history import Penalty as AppliedPenalty
from node.peer.history import RoundHistory
from node.ports import Metrics
from node.research.report import PenaltyRow, RoundReport, UpdateRow
from node.types import Address

__all__ = ["gas_summary", "summarise_round"]

KINDS = {Penalty.SILENT: "silent", Penalty.SOFT: "small penalty", Penalty.HARD: "hard penalty"}
Names = Callable[[Address], str]


def summarise_round(
    past: RoundHistory,
    record: RoundRecord | None,
    metrics: Metrics | None,
    uploaded: Mapping[str, int],
    penalties: Sequence[AppliedPenalty],
    name_of: Names,
) -> RoundReport:
    """The report of one round. `record` and `metrics` are None when it failed without a result."""
    return RoundReport(
        round=past.round,
        status="finalised" if past.finalisation else "failed",
        state=past.finalisation.state if past.finalisation else past.base,
        record=past.finalisation.record if past.finalisation else "",
        accuracy=metrics["accuracy"] if metrics else None,
        perplexity=metrics["perplexity"] if metrics else None,
        gas={},
        bytes=dict(uploaded),
        seconds={},
        updates=_update_rows(record, name_of) if record else (),
        penalties=tuple(_penalty_row(one, name_of) for one in penalties),
        absent=(),
    )


def gas_summary(used: Mapping[str, Sequence[int]]) -> dict[str, object]:
    """Gas in all and by function, and how often each function was called."""
    functions = sorted(used.items())
    return {
        "total": sum(map(sum, used.values())),
        "by_function": {name: sum(gas) for name, gas in functions},
        "calls": {name: len(gas) for name, gas in functions},
    }


def _update_rows(record: RoundRecord, name_of: Names) -> tuple[UpdateRow, ...]:
    return tuple(
        UpdateRow(
            trainer=one.trainer,
            name=name_of(Address(one.trainer)),
            included=one.included,
            well_formed=one.well_formed,
            selected=one.selected,
            reason=one.reason,
            contribution=one.contribution / TOKEN,
            cid=one.cid,
        )
        for one in record.updates
    )


def _penalty_row(one: AppliedPenalty, name_of: Names) -> PenaltyRow:
    return PenaltyRow(
        account=one.account.lower(),
        name=name_of(one.account),
        kind=KINDS[Penalty(one.kind)],
        burned=one.burned / TOKEN,
        fault_points=one.fault_points,
    )
