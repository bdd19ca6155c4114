"""How the time of every rule grows with the coordinates d and with the updates n: curves, table, scaling.json."""

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import log2
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

import aggregator
from aggregator import Context
from scripts.benchmarks._values import COORDINATE_RULES, rule_named, say, updates

__all__ = ["Curve", "main", "steepness"]

RULES = (*COORDINATE_RULES, "krum", "bulyan", "geometric_median", "centred_clipping", "caf", "nnm+mean")
LENGTHS = tuple(1 << power for power in range(17, 23))
COUNTS = (12, 16, 24, 32, 48, 64, 96, 128)
COUNT, LENGTH = 20, 1 << 18  # what stays fixed while the other grows
COLOURS = ("#8ecae6", "#2a6f97", "#023047", "#219ebc", "#c1121f", "#f4a261", "#e76f51", "#8d99ae", "#606c38", "#bc6c25")


@dataclass(frozen=True)
class Curve:
    """Least milliseconds of processor time of one rule: against d with n = 20, and against n with d = 2^18."""

    rule: str
    by_d: dict[int, float]
    by_n: dict[int, float]

    @property
    def bound(self) -> str:
        """What the time may grow like with n."""
        return "n log² n" if self.rule in COORDINATE_RULES else "n²"

    @property
    def exponent_of_d(self) -> float:
        """The power of d that the time grows like: 1 is linear."""
        return steepness(self.by_d)

    @property
    def against_bound(self) -> float:
        """The power of n by which the time outgrows the bound: at most 0 keeps it."""
        allowed = {n: n * log2(n) ** 2 if self.rule in COORDINATE_RULES else n**2 for n in self.by_n}
        return steepness({n: took / allowed[n] for n, took in self.by_n.items()})


def steepness(times: dict[int, float]) -> float:
    """The slope of a straight line through the logarithms."""
    slope: float = np.polyfit(np.log(list(times)), np.log(list(times.values())), 1)[0]
    return slope


def best(rule: str, n: int, d: int, runs: int) -> float:
    """The least milliseconds of processor time, on one thread, of `runs` after one that does not count.

    Not of the clock on the wall: whatever else the machine does would bend the curves.
    """
    rows, context = updates(n, d, poisoned=n // 5), Context(faults=n // 5, threads=1)
    call = partial(aggregator.aggregate, rows, rule_named(rule), context)
    call()
    took = []
    for _ in range(runs):
        start = time.process_time()
        call()
        took.append((time.process_time() - start) * 1000)
    return round(min(took), 3)


def measure(rule: str, runs: int) -> Curve:
    """Both curves of a rule; Bulyan's and CAF's f follow n as everybody's does."""
    say(f"{rule}")
    return Curve(
        rule,
        {d: best(rule, COUNT, d, runs) for d in LENGTHS},
        {n: best(rule, n, LENGTH, runs) for n in COUNTS if n >= rule_named(rule).needs(n // 5)},
    )


def show(curves: Sequence[Curve]) -> None:
    """Print the table."""
    table = Table("rule", "grows like d to the", "bound in n", "grows like the bound times n to the")
    for one in curves:
        table.add_row(one.rule, f"{one.exponent_of_d:.2f}", one.bound, f"{one.against_bound:+.2f}")
    Console().print(table)


def picture(curves: Sequence[Curve], path: Path) -> None:
    """Write a PNG of both families of curves, with the slopes that they are held against."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    for one, colour in zip(curves, COLOURS, strict=False):
        for axes, times in ((left, one.by_d), (right, one.by_n)):
            axes.plot(list(times), list(times.values()), marker="o", markersize=3, color=colour, label=one.rule)
    least = min(min(one.by_n.values()) for one in curves) / 2
    first = COUNTS[0]
    for bound, style in (("n log² n", ":"), ("n²", "--")):
        growth = [n * log2(n) ** 2 if bound == "n log² n" else n**2 for n in COUNTS]
        right.plot(COUNTS, [least * one / growth[0] for one in growth], "k", linestyle=style, label=bound)
    low = min(min(one.by_d.values()) for one in curves) / 2
    left.plot(LENGTHS, [low * d / LENGTHS[0] for d in LENGTHS], "k:", label="linear")
    left.set(xscale="log", yscale="log", xlabel=f"coordinates (n = {COUNT})", ylabel="milliseconds of processor time")
    right.set(xscale="log", yscale="log", xlabel=f"updates from {first} on (d = {LENGTH:,})")
    for axes in (left, right):
        axes.legend(fontsize=7)
    figure.savefig(path, format="png")


def main() -> None:
    """Measure, print the table, write scaling.json and scaling.png."""
    parser = argparse.ArgumentParser(prog="scripts/bench scaling", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory for scaling.json and scaling.png")
    parser.add_argument("--rules", nargs="+", default=RULES, help=f"default: {' '.join(RULES)}")
    parser.add_argument("--runs", type=int, default=5, help="best of how many (default: 5)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    curves = [measure(rule, options.runs) for rule in options.rules]
    (options.out / "scaling.json").write_text(json.dumps([asdict(one) for one in curves], indent=1) + "\n", "utf-8")
    show(curves)
    picture(curves, options.out / "scaling.png")


if __name__ == "__main__":
    main()
