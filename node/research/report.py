"""The demo's findings as values, and as the `report.json` that scripts read. Nothing here measures anything."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from node.files import write_atomically

__all__ = ["Measured", "PenaltyRow", "Report", "RoundReport", "UpdateRow", "write_report"]


@dataclass(frozen=True)
class Measured:
    """Next-token accuracy as a fraction, and perplexity, on the held-out benchmark."""

    accuracy: float
    perplexity: float


@dataclass(frozen=True)
class UpdateRow:
    """One update's three states, the reason in words, and its contribution in tokens."""

    trainer: str
    name: str
    included: bool
    well_formed: bool
    selected: bool
    reason: str
    contribution: float
    cid: str


@dataclass(frozen=True)
class PenaltyRow:
    """One penalty: its kind in words and the tokens burned."""

    account: str
    name: str
    kind: str
    burned: float
    fault_points: int


@dataclass(frozen=True)
class RoundReport:
    """One round: what it made, what it cost. `accuracy` is None when it failed; `bytes` are uploads by trainer."""

    round: int
    status: str
    state: str
    record: str
    accuracy: float | None
    perplexity: float | None
    gas: dict[str, object]
    bytes: dict[str, int]
    seconds: dict[str, float]
    updates: tuple[UpdateRow, ...]
    penalties: tuple[PenaltyRow, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything that `report.json` holds. `tokens` are balances by account at the end."""

    seconds: float
    peak_rss_mb: float
    base: Measured
    release: Measured
    poisoners: tuple[str, ...]
    rounds: tuple[RoundReport, ...]
    members: dict[str, str]
    tokens: dict[str, float]
    release_id: int
    audit: tuple[str, ...] = ()
    compare: dict[str, float] | None = field(default=None)


def write_report(report: Report, path: Path) -> None:
    """Write the report; `compare` only when there was a comparison."""
    document = asdict(report)
    if report.compare is None:
        del document["compare"]
    write_atomically(path, json.dumps(document, indent=2).encode() + b"\n")
