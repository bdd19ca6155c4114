"""The demo's one picture: accuracy per round, and what each peer contributed."""

from io import BytesIO
from pathlib import Path

from node.files import write_atomically
from node.research.report import Report

__all__ = ["draw_picture"]

HONEST, POISONER, BASE = "#2a6f97", "#c1121f", "#8d99ae"


def draw_picture(report: Report, path: Path) -> None:
    """Write a PNG of two panels. Raises `OSError` when it cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.8), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    _accuracy(left, report)
    _contributions(right, report)
    figure.suptitle("Nine peers train a code model together; two of them poison every round", fontsize=13)
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    write_atomically(path, buffer.getvalue())


def _accuracy(axes, report: Report) -> None:  # type: ignore[no-untyped-def]
    finished = [one for one in report.rounds if one.accuracy is not None]
    rounds = [0, *(one.round for one in finished)]
    values = [100 * report.base.accuracy, *(100 * (one.accuracy or 0.0) for one in finished)]
    axes.plot(rounds, values, marker="o", color=HONEST, linewidth=2)
    axes.axhline(values[0], color=BASE, linestyle="--", linewidth=1)
    axes.annotate("base model", (rounds[-1], values[0]), ha="right", va="top", color=BASE)
    for place, value in zip(rounds, values, strict=True):
        axes.annotate(f"{value:.2f}", (place, value), textcoords="offset points", xytext=(0, 8), ha="center")
    axes.set(xlabel="round", ylabel="held-out next-token accuracy, %", title="Accuracy per round")
    axes.set_xticks(rounds)
    axes.margins(x=0.08, y=0.2)


def _contributions(axes, report: Report) -> None:  # type: ignore[no-untyped-def]
    names = list(report.members.values())
    poisoners = {report.members[account] for account in report.poisoners}
    bottoms = dict.fromkeys(names, 0.0)
    for number, one in enumerate(report.rounds):
        shares = {row.name: row.contribution for row in one.updates}
        heights = [shares.get(name, 0.0) for name in names]
        colours = [POISONER if name in poisoners else HONEST for name in names]
        alpha = 0.45 + 0.55 * (number + 1) / len(report.rounds)
        axes.bar(
            names, heights, bottom=[bottoms[name] for name in names], color=colours, alpha=alpha, edgecolor="white"
        )
        bottoms = {name: bottoms[name] + height for name, height in zip(names, heights, strict=True)}
    for name in names:
        label = f"{bottoms[name]:.0f}" + ("\npoisoner" if name in poisoners else "")
        colour = POISONER if name in poisoners else "black"
        axes.annotate(label, (name, bottoms[name]), ha="center", va="bottom", fontsize=8, color=colour)
    axes.set(ylabel="contribution tokens earned as trainer", title="Contribution per peer, rounds stacked")
    axes.tick_params(axis="x", rotation=35)
    axes.margins(y=0.12)
