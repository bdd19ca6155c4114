"""Federated training under attack: attacks by rules by seeds on code search, resumable; JSON, CSV and a heat map.

Ten peers, each with the documented functions of one installed package. The figure of a cell is its final metric as a
share of what plain averaging reaches when nobody attacks, so that a rule pays for what it drops, too.
"""

import argparse
import csv
import functools
import io
import json
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

import aggregator
from aggregator.attacks import attack
from aggregator.errors import TooFewUpdates
from node import research
from node.files import write_atomically
from node.guideline import load_guideline
from node.learning.data import DATA_ATTACKS
from node.learning.data.partition import PARTITIONS
from node.learning.worker import LocalTrainer
from node.research.corpus import SEARCH_PACKAGES, Corpus, read_corpus, sources
from node.research.federated_run import Conditions, Setting, new_setting, run_federated
from node.research.grid import Cell, Outcome, run_grid
from node.research.progress import showing_cells

__all__ = ["Row", "cells", "heat_map", "main", "rows", "run_cell", "table"]

ROOT = Path(__file__).resolve().parents[2]
PEERS = 10
FAULTS = (2, 3)
SEEDS = (0, 1, 2)
CLEAN = "none"
ATTACKS = ("sign_flip", "noise", "alie", "ipm", "min_max", "mimic", "rop", "label_flip")
RULES = ("mean", "trimmed_mean", "median", "multi_krum", "geometric_median", "centred_clipping", "mda", "caf")
MIXED = ("mean", "trimmed_mean", "median", "multi_krum", "geometric_median")  # also behind nearest-neighbour mixing
TASKS = {
    "code-search": Path(research.__file__).with_name("code-search.toml"),
    "code-completion": ROOT / "guideline.toml",
}
ROUNDS = {"code-search": 3, "code-completion": 3}
COMPLETION_ROWS = ("mean", "multi_krum", "caf")  # a few cells again on the language model
COMPLETION_ATTACKS = ("sign_flip", "ipm")


@dataclass(frozen=True)
class Row:
    """One rule under one attack, over seeds: `share` is the final metric as a share of clean averaging, a mean.

    `deviation` is its standard deviation, `worst` the lowest seed; `own_share` compares with the same rule when nobody
    attacks. `success` is how often a data attack reached its own aim, where that can be told.
    """

    task: str
    rule: str
    attack: str
    n: int
    f: int
    seeds: int
    metric: float
    share: float
    deviation: float
    worst: float
    own_share: float
    success: float | None


def cells(
    task: str, names: Sequence[str], attacks: Sequence[str], seeds: Sequence[int], faults: Sequence[int] = FAULTS
) -> Iterator[Cell]:
    """Every run of the grid, the first seed first, with the clean runs that the shares are taken of."""
    for seed in seeds:
        for f in faults:
            for name in dict.fromkeys(("mean", *names)):
                for one in dict.fromkeys((CLEAN, *attacks)):
                    yield {"task": task, "rule": name, "attack": one, "n": PEERS, "f": f, "seed": seed}


def run_cell(cell: Cell) -> Outcome:
    """Train one federation; a rule that refuses n and f says so."""
    setting, corpus = _setting(str(cell["task"]))
    seed, faults, name = int(cell["seed"]), int(cell["f"]), str(cell["attack"])
    peers = sources(corpus, PARTITIONS["by_repository"], int(cell["n"]), seed)
    conditions = Conditions(
        _rule(str(cell["rule"])),
        faults=faults,
        byzantine=0 if name == CLEAN else faults,
        attack=None if name == CLEAN or name in DATA_ATTACKS else attack(name),
        data_attack=name if name in DATA_ATTACKS else None,
        seed=seed,
    )
    try:
        final = run_federated(setting, peers, conditions)[-1]
    except TooFewUpdates as error:
        return {"refused": str(error)}
    return {"metric": final.headline, **{key: value for key, value in final.values.items() if key == "attack_success"}}


@functools.lru_cache(maxsize=1)
def _setting(task: str) -> tuple[Setting, Corpus]:
    """What all cells of one worker share: corpus, guideline and a trainer with the model loaded."""
    guideline = load_guideline(TASKS[task])
    corpus = read_corpus(SEARCH_PACKAGES, guideline)
    return new_setting(guideline, corpus.benchmark, ROUNDS[task], LocalTrainer(1)), corpus


def _rule(name: str) -> aggregator.Rule:
    *before, last = name.split("+")
    return aggregator.composed(aggregator.rule(last), *(aggregator.preaggregation(one) for one in before))


def rows(found: Sequence[tuple[Cell, Outcome]]) -> list[Row]:
    """Cells with a metric, put together over seeds, in the order of the grid."""
    metric = {_key(cell): float(outcome["metric"]) for cell, outcome in found if "metric" in outcome}
    success = {_key(cell): float(outcome["attack_success"]) for cell, outcome in found if "attack_success" in outcome}
    seeds: dict[tuple[str, str, str, int, int], list[int]] = {}
    for task, name, one, n, f, seed in metric:
        seeds.setdefault((task, name, one, n, f), []).append(seed)
    return [_row(case, of, metric, success) for case, of in seeds.items()]


Key = tuple[str, str, str, int, int, int]


def _key(cell: Cell) -> Key:
    return (
        str(cell["task"]),
        str(cell["rule"]),
        str(cell["attack"]),
        int(cell["n"]),
        int(cell["f"]),
        int(cell["seed"]),
    )


def _row(
    case: tuple[str, str, str, int, int], seeds: list[int], metric: dict[Key, float], success: dict[Key, float]
) -> Row:
    task, name, one, n, f = case
    reached = [metric[(*case, seed)] for seed in seeds]
    shares = [metric[(*case, seed)] / metric[task, "mean", CLEAN, n, f, seed] for seed in seeds]
    own = [metric[(*case, seed)] / metric[task, name, CLEAN, n, f, seed] for seed in seeds]
    hits = [success[(*case, seed)] for seed in seeds if (*case, seed) in success]
    return Row(
        *(task, name, one, n, f, len(seeds)),
        metric=statistics.mean(reached),
        share=statistics.mean(shares),
        deviation=statistics.stdev(shares) if len(shares) > 1 else 0.0,
        worst=min(shares),
        own_share=statistics.mean(own),
        success=statistics.mean(hits) if hits else None,
    )


def table(found: Sequence[Row], f: int) -> str:
    """Markdown for one f: rules down, attacks across, mean share in percent, and each rule's lowest mean."""
    attacks = list(dict.fromkeys(row.attack for row in found))
    share = {(row.rule, row.attack): row.share for row in found if row.f == f}
    lines = [f"| rule, f = {f} | {' | '.join(attacks)} | worst |", "| --- " * (len(attacks) + 2) + "|"]
    for name in dict.fromkeys(row.rule for row in found if row.f == f):
        values = [share.get((name, one)) for one in attacks]
        known = [value for value in values if value is not None]
        shown = ["" if value is None else f"{100 * value:.1f}" for value in [*values, min(known)]]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def heat_map(found: Sequence[Row], path: Path) -> None:
    """Write a PNG: one panel for each f, a cell for each rule and attack, in percent of clean averaging."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    faults = sorted({row.f for row in found})
    names, attacks = (list(dict.fromkeys(getattr(row, key) for row in found)) for key in ("rule", "attack"))
    figure = Figure(figsize=(1 + 6.2 * len(faults), 1.6 + 0.34 * len(names)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, f in zip(figure.subplots(1, len(faults), squeeze=False)[0], faults, strict=True):
        share = {(row.rule, row.attack): 100 * row.share for row in found if row.f == f}
        _panel(axes, names, attacks, [[share.get((name, one), float("nan")) for one in attacks] for name in names])
        axes.set_title(f"{f} of {PEERS} peers attack")
    figure.suptitle(f"Final metric of {found[0].task}, percent of plain averaging without attackers (mean over seeds)")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    write_atomically(path, buffer.getvalue())


def _panel(axes: Any, names: list[str], attacks: list[str], values: list[list[float]]) -> None:
    axes.imshow(values, cmap="RdYlGn", vmin=50, vmax=105, aspect="auto")
    axes.set_xticks(range(len(attacks)), attacks, rotation=40, ha="right")
    axes.set_yticks(range(len(names)), names)
    for y, line in enumerate(values):
        for x, value in enumerate(line):
            axes.text(x, y, "–" if math.isnan(value) else f"{value:.0f}", ha="center", va="center", fontsize=8)


def _write(found: Sequence[Row], out: Path, stem: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    plain = [asdict(row) for row in found]
    write_atomically(out / f"{stem}.json", json.dumps(plain, indent=1).encode() + b"\n")
    text = io.StringIO()
    writer = csv.DictWriter(text, list(plain[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(plain)
    write_atomically(out / f"{stem}.csv", text.getvalue().encode())
    heat_map(found, out / f"{stem}.png")


def main() -> None:
    """Read the options, run what is missing, write and print the figures."""
    parser = argparse.ArgumentParser(prog="scripts/bench poisoning", description=__doc__)
    parser.add_argument("--task", choices=tuple(TASKS), default="code-search")
    parser.add_argument("--rule", action="append", help="only this rule (again for more), as in arc+nnm+median")
    parser.add_argument("--attack", action="append", help="only this attack (again for more)")
    parser.add_argument("--seed", action="append", type=int, help="only this seed (again for more)")
    parser.add_argument("--faults", action="append", type=int, help="only with so many attackers (again for more)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("bench-out/poisoning"), help="cells, and the figures of them")
    options = parser.parse_args()
    few = options.task == "code-completion"
    every = COMPLETION_ROWS if few else (*RULES, *(f"nnm+{name}" for name in MIXED))
    grid = list(
        cells(
            options.task,
            options.rule or every,
            options.attack or (COMPLETION_ATTACKS if few else ATTACKS),
            options.seed or (SEEDS[:1] if few else SEEDS),
            options.faults or (FAULTS[:1] if few else FAULTS),
        )
    )
    found = rows(list(zip(grid, _run(grid, options.out, options.workers), strict=True)))
    _write(found, options.out, options.task)
    print("\n\n".join(table(found, f) for f in sorted({row.f for row in found})))


def _run(grid: list[Cell], out: Path, workers: int) -> tuple[Outcome, ...]:
    with showing_cells(Console(stderr=True), len(grid)) as report:
        return run_grid(grid, run_cell, out / "cells", workers, report)


if __name__ == "__main__":
    main()
