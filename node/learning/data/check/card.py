"""The data card: what a data set is, in counts only, as values, Markdown and JSON.

After Gebru et al. 2021, "Datasheets for Datasets" (arXiv 1803.09010), of which it keeps what can be counted. No file
name, no author, no text: a card can be shown to the other members. Nothing here is read from a clock.
"""

from collections import Counter
from dataclasses import asdict, dataclass

from node.guideline import DataProtocol
from node.learning.data.check.checker import Checked
from node.learning.data.check.findings import KINDS
from node.learning.data.check.samples import ROWS

__all__ = ["DataCard", "card_of", "render_card"]

SETTINGS = (
    "task",
    "languages",
    "min_characters",
    "max_characters",
    "deduplicate",
    "near_duplicate_percent",
    "allowed_licences",
    "denied_licences",
    "scan_secrets",
    "mask_personal_data",
)


@dataclass(frozen=True)
class DataCard:
    """Counts of samples, that is files or rows, unless named otherwise; `findings` and `samples_with` by kind."""

    rules: dict[str, object]
    samples: int
    train: int
    held_out: int
    left_out: int
    characters: int
    benchmark_texts: int
    findings: dict[str, int]
    samples_with: dict[str, int]


def card_of(checked: Checked, protocol: DataProtocol) -> DataCard:
    """The card of a data set that was checked under `protocol`."""
    document = protocol.model_dump(mode="json")
    places = {(one.file, one.line if one.file.endswith(ROWS) else 0, one.kind) for one in checked.findings}
    return DataCard(
        rules={name: document[name] for name in SETTINGS},
        samples=checked.count,
        train=checked.train,
        held_out=checked.held_out,
        left_out=checked.left_out,
        characters=checked.characters,
        benchmark_texts=checked.benchmark_texts,
        findings=_by_kind(Counter(one.kind for one in checked.findings)),
        samples_with=_by_kind(Counter(kind for _, _, kind in places)),
    )


def render_card(card: DataCard) -> str:
    """The card as Markdown."""
    counts = asdict(card)
    shown = ("samples", "train", "held_out", "left_out", "characters", "benchmark_texts")
    lines = ["# Data card", "", "| count | |", "| --- | --- |"]
    lines += [f"| {name.replace('_', ' ')} | {counts[name]:,} |" for name in shown]
    lines += ["", "| finding | places | samples |", "| --- | --- | --- |"]
    lines += [f"| {kind} | {count:,} | {card.samples_with[kind]:,} |" for kind, count in card.findings.items()]
    lines += ["", "| rule of the guideline | |", "| --- | --- |"]
    lines += [f"| `{name}` | {_shown(value)} |" for name, value in card.rules.items()]
    return "\n".join(lines) + "\n"


def _by_kind(counts: Counter[str]) -> dict[str, int]:
    """Every kind, so that a card also says what was looked for and not found."""
    return {kind: counts[kind] for kind in KINDS}


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "any"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
