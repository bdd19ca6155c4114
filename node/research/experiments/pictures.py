"""Pictures beside a report: ours and the paper's columns as bars, and who holds what."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from node.files import write_atomically
from node.learning.data.partition import Holding
from node.research.experiments.paper import PAPER_COLUMNS, paper_table
from node.research.experiments.results import StudyFindings
from node.research.experiments.statistics import level

__all__ = ["draw_holdings", "draw_table"]

_Row = tuple[str, Mapping[str, float], Mapping[str, tuple[float, float]]]  # name; by column values, and their errors

COLOURS = {"base": "#8d99ae", "centralised": "#023047", "single": "#e9c46a", "FedAvg": "#2a6f97"}
OTHERS = ("#4f9dc2", "#8ecae6", "#6a994e", "#f4a261", "#e76f51")
LABELS_NAMED = 12  # labels beyond so many are put together


def draw_table(number: str, studies: Sequence[StudyFindings], path: Path) -> None:
    """Write a PNG: our rows above with 95 % intervals, the paper's below. Raises `OSError`."""
    paper = paper_table(number)
    figure = _figure(12, 7.5 if paper.rows else 4)
    panels = figure.subplots(2 if paper.rows else 1, 1, squeeze=False)[:, 0]
    _ours(panels[0], studies)
    panels[0].set(title=f"{paper.title}: ours, with 95 % intervals over test samples", ylabel=paper.metric)
    if paper.rows:
        rows: list[_Row] = [(" ".join((row.model, row.case)).strip(), row.values, {}) for row in paper.rows]
        _grouped(panels[1], rows, PAPER_COLUMNS)
        panels[1].set(title="the paper's", ylabel=paper.metric)
    _save(figure, path)


def _ours(axes: Any, studies: Sequence[StudyFindings]) -> None:
    rows: list[_Row] = []
    for found in studies:
        for distribution, methods in found.by_distribution.items():
            measured = {"base": found.base, "centralised": found.central, **methods}
            levels = {name: level(one).scaled(found.study.scale) for name, one in measured.items()}
            spread = {
                name: (max(one.value - one.low, 0.0), max(one.high - one.value, 0.0)) for name, one in levels.items()
            }
            label = f"{found.study.model} {found.study.case}\n{distribution.replace('_', ' ')}"
            rows.append((label, {name: one.value for name, one in levels.items()}, spread))
    _grouped(axes, rows, list(dict.fromkeys(name for _, values, _ in rows for name in values)))


def _grouped(axes: Any, rows: Sequence[_Row], columns: Sequence[str]) -> None:
    width, others = 0.85 / len(columns), [name for name in columns if name not in COLOURS]
    for turn, name in enumerate(columns):
        here = [
            (place, values[name], spread.get(name)) for place, (_, values, spread) in enumerate(rows) if name in values
        ]
        places = [place + (turn - (len(columns) - 1) / 2) * width for place, _, _ in here]
        errors = [spread for _, _, spread in here if spread]
        axes.bar(
            places,
            [value for _, value, _ in here],
            width,
            label=name,
            color=COLOURS.get(name) or OTHERS[others.index(name) % len(OTHERS)],
            yerr=list(zip(*errors, strict=True)) if errors else None,
            error_kw={"linewidth": 0.8},
        )
    axes.set_xticks(range(len(rows)), [label for label, _, _ in rows], fontsize=7, rotation=20 if len(rows) > 4 else 0)
    axes.legend(ncols=len(columns), fontsize=7)
    axes.margins(y=0.2)


def draw_holdings(held: Sequence[tuple[str, Sequence[Holding]]], path: Path) -> None:
    """Write a PNG: a panel for each distribution, a bar for each client, its labels stacked. Raises `OSError`."""
    figure = _figure(3.6 * max(len(held), 2), 4)
    for axes, (title, parts) in zip(figure.subplots(1, len(held), squeeze=False)[0], held, strict=True):
        _holdings(axes, parts, sorted({label for part in parts for label in part.by_label}))
        axes.set(title=title.replace("_", " "), xlabel="client", ylabel="samples")
        axes.legend(fontsize=6, ncols=2)
        axes.margins(y=0.3)
    _save(figure, path)


def _holdings(axes: Any, parts: Sequence[Holding], labels: Sequence[str]) -> None:
    from matplotlib import colormaps

    places = list(range(len(parts)))
    bottoms = [0.0] * len(parts)
    for turn, label in enumerate(labels):
        heights = [part.by_label.get(label, 0) for part in parts]
        named = label if turn < LABELS_NAMED else f"_{label}"  # matplotlib leaves names with an underscore out
        axes.bar(places, heights, bottom=bottoms, label=named, color=colormaps["tab20"](turn % 20))
        bottoms = [bottom + height for bottom, height in zip(bottoms, heights, strict=True)]
    axes.set_xticks(places)


def _figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Any, path: Path) -> None:
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    write_atomically(path, buffer.getvalue())
