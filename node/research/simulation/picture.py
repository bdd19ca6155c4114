"""The picture of a simulation: the metric round by round, and whose updates the rule kept."""

from io import BytesIO
from pathlib import Path
from typing import Any

from node.files import write_atomically
from node.research.simulation.results import Results

__all__ = ["draw_simulation"]

KEPT, DROPPED, POISON, HONEST = "#2a6f97", "#e9ecef", "#c1121f", "#2a6f97"


def draw_simulation(results: Results, path: Path) -> None:
    """Write a PNG of two panels. Raises `OSError` when it cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    config = results.config
    figure = Figure(figsize=(12, 4.8), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    _metric(left, results)
    _selection(right, results)
    before = "".join(f"{one} + " for one in config.preaggregations)
    attackers = f"{config.byzantine} of {config.peers} peers attack ({config.attack})"
    figure.suptitle(f"{before}{config.rule}: {attackers if config.byzantine else 'nobody attacks'}", fontsize=13)
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    write_atomically(path, buffer.getvalue())


def _metric(axes: Any, results: Results) -> None:
    numbers = [0, *(one.round for one in results.rounds)]
    values = [results.initial[results.headline], *(one.metric for one in results.rounds)]
    axes.plot(numbers, values, color=HONEST, linewidth=2, marker="o" if len(numbers) <= 30 else None)
    failed = [one for one in results.rounds if one.status == "failed"]
    if failed:
        axes.plot([one.round for one in failed], [one.metric for one in failed], "x", color=POISON, label="failed")
        axes.legend()
    axes.set(xlabel="round", ylabel=results.headline, title=f"{results.headline} per round")
    axes.margins(x=0.03, y=0.1)


def _selection(axes: Any, results: Results) -> None:
    """One row a peer, one column a round; poisoners are the rows above the red line."""
    import numpy as np
    from matplotlib.colors import ListedColormap

    config = results.config
    kept = np.zeros((config.peers, len(results.rounds)))
    for column, one in enumerate(results.rounds):
        for place in one.selected:
            kept[place, column] = 2 if place >= config.honest else 1
    extent = (0.5, len(results.rounds) + 0.5, -0.5, config.peers - 0.5)
    colours = ListedColormap([DROPPED, KEPT, POISON])
    axes.imshow(
        kept, aspect="auto", origin="lower", interpolation="nearest", extent=extent, cmap=colours, vmin=0, vmax=2
    )
    if config.byzantine:
        axes.axhline(config.honest - 0.5, color=POISON, linewidth=1.5)
    axes.set(xlabel="round", ylabel="peer", title="Updates kept (blue), poisoned ones kept (red)")
