"""What a comparison with other libraries found, as a table and as a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

__all__ = ["COPY", "Outcome", "bar", "picture", "show"]

COPY = "(copy)"
BARS = {
    "bulyan": 10,
    "centred_clipping": 3,
    "geometric_median": 8,
    "krum": 8,
    "mda": 8,
    "meamed": 10,
    "median": 15,
    "multi_krum": 8,
    "nnm+mean": 8,
    "trimmed_mean": 6,
}


COLOURS = ("#8ecae6", "#2a6f97", "#023047")


@dataclass(frozen=True)
class Outcome:
    """The best milliseconds of each side, None where a library has none; `ratio`: the faster library's by ours."""

    rule: str
    n: int
    d: int
    f: int
    ours_ms: float
    flwr_ms: float | None = None
    byzfl_ms: float | None = None
    ratio: float | None = None


def bar(rule: str, n: int) -> float | None:
    """The least ratio that is aimed at: half of it below n = 20, and two thirds for the median from n = 50."""
    aim = BARS.get(rule.partition(":")[0])
    if aim is None:
        return None
    if rule == "median" and n >= 50:
        return 10
    return aim if n >= 20 else aim / 2


def show(outcomes: Sequence[Outcome]) -> None:
    """Print the table."""
    table = Table("rule", *(("n", "d", "f", "ours ms", "Flower ms", "ByzFL ms", "ratio", "aim")))
    for column in table.columns[1:]:
        column.justify = "right"
    for one in outcomes:
        aim = bar(one.rule, one.n)
        missed = aim is not None and one.ratio is not None and one.ratio < aim
        ratio = _number(one.ratio, 1)
        table.add_row(
            one.rule,
            *map(str, (one.n, f"{one.d:,}", one.f)),
            *(_number(value, 1) for value in (one.ours_ms, one.flwr_ms, one.byzfl_ms)),
            f"[red]{ratio}[/red]" if missed else ratio,
            "" if aim is None else f"{aim:g}",
        )
    Console(width=None if Console().is_terminal else 110).print(table)


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def picture(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a PNG: how many times faster than the faster library, one panel for each d, one bar for each n."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    compared = [one for one in outcomes if one.ratio is not None]
    lengths = sorted({one.d for one in compared})
    figure = Figure(figsize=(11, 1.2 + 3.2 * len(lengths)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    for place, d in enumerate(lengths):
        axes = figure.add_subplot(len(lengths), 1, place + 1)
        _panel(axes, [one for one in compared if one.d == d])
        axes.set(title=f"d = {d:,}", ylabel="times as fast")
    figure.suptitle("fednode's rules against the faster of Flower and ByzFL (red: the aim for n = 20)")
    figure.savefig(path, format="png")


def _panel(axes, outcomes: Sequence[Outcome]) -> None:  # type: ignore[no-untyped-def]
    rules = list(dict.fromkeys(one.rule for one in outcomes))
    counts = sorted({one.n for one in outcomes})
    width = 0.8 / len(counts)
    for turn, n in enumerate(counts):
        found = {one.rule: one.ratio for one in outcomes if one.n == n}
        places = [rules.index(rule) + (turn - (len(counts) - 1) / 2) * width for rule in found]
        bars = axes.bar(places, found.values(), width, label=f"n = {n}", color=COLOURS[turn % len(COLOURS)])
        axes.bar_label(bars, fmt="%.3g", fontsize=7)
    for place, rule in enumerate(rules):
        if (aim := bar(rule, 20)) is not None:
            axes.hlines(aim, place - 0.45, place + 0.45, colors="#c1121f", linewidth=1)
    axes.set_yscale("log")
    axes.axhline(1, color="#8d99ae", linewidth=1)
    axes.set_xticks(range(len(rules)), rules, fontsize=8, rotation=15)
    axes.margins(y=0.15)
    axes.legend(ncols=len(counts), fontsize=8)
