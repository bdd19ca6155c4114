"""Measured (f, kappa)-robustness of every rule: the worst over attacks, inputs and honest subsets.

Inputs are integers expanded from a hash, aggregation and kappa are exact, so that the figures are the same everywhere
up to the attackers' own floating point.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from hashlib import shake_256
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import aggregator
from aggregator.attacks import ATTACKS, Knowledge, attack, facing
from aggregator.attacks.strength import STRENGTHS
from aggregator.errors import TooFewUpdates, TooManyUpdates
from aggregator.robustness import kappa, least_kappa

__all__ = ["CASES", "SCENES", "Cell", "main", "measure", "rules_to_measure", "snapshot"]

SNAPSHOT = Path(__file__).resolve().parents[2] / "tests" / "snapshots" / "robustness.json"
CASES = ((10, 2), (10, 3), (25, 5))
LENGTH = 48  # coordinates
UNIT = 64  # a typical coordinate: rounding an aggregate to integers is small beside it

Rows = NDArray[np.int16]


def noise(name: str, count: int, length: int = LENGTH) -> NDArray[np.int64]:
    """Bell-shaped integers of shape (count, length) with a standard deviation near UNIT, a function of `name` alone."""
    drawn = np.frombuffer(shake_256(name.encode()).digest(6 * count * length), np.uint8).reshape(6, count, length)
    bell: NDArray[np.int64] = (drawn.sum(axis=0, dtype=np.int64) - 6 * 255 // 2) * UNIT // 181
    return bell


def alike(count: int, faults: int) -> NDArray[np.int64]:
    """Independent noise: everybody draws from one distribution around 0."""
    return noise("alike", count)


def signal(count: int, faults: int) -> NDArray[np.int64]:
    """Noise around a common signal of the same size."""
    return noise("signal", 1) + noise("around the signal", count)


def two_points(count: int, faults: int) -> NDArray[np.int64]:
    """f honest updates at one point, the others at another: the input behind the lower bound."""
    rows = np.zeros((count, LENGTH), np.int64)
    rows[:faults] = 8 * UNIT
    return rows


def two_groups(count: int, faults: int) -> NDArray[np.int64]:
    """Two halves that want opposite things, with a little noise."""
    sides = np.where(np.arange(count) % 2, 1, -1)[:, None]
    return 2 * sides * noise("two groups", 1) + noise("within a group", count) // 4


def own_axes(count: int, faults: int) -> NDArray[np.int64]:
    """Everybody moves coordinates that nobody else moves."""
    rows = np.zeros((count, LENGTH), np.int64)
    rows[np.arange(count), np.arange(count)] = 16 * UNIT
    return rows


def outlier(count: int, faults: int) -> NDArray[np.int64]:
    """Noise, and one honest update that is ten times as long."""
    rows = noise("outlier", count)
    rows[0] *= 10
    return rows


def uneven(count: int, faults: int) -> NDArray[np.int64]:
    """Noise whose size halves every four coordinates, from very large to very small."""
    return noise("uneven", count) * 64 >> (np.arange(LENGTH) // 4)


def powers(count: int, faults: int) -> NDArray[np.int64]:
    """All on one line, each about 1.5 times as far out as the one before."""
    far = np.array([8 * UNIT * 3**place // (2**place * 8) for place in range(count)])
    return np.tile(np.minimum(far, 1 << 13)[:, None] // 4, (1, LENGTH))


SCENES: dict[str, Callable[[int, int], NDArray[np.int64]]] = {
    one.__name__: one for one in (alike, signal, two_points, two_groups, own_axes, outlier, uneven, powers)
}


@dataclass(frozen=True)
class Cell:
    """One rule at one (n, f): its worst kappa, where that was, and the worst of every scene; None is unbounded.

    A rule that refuses this n and f has no kappa and says why.
    """

    rule: str
    n: int
    f: int
    kappa: float | None
    scene: str
    attack: str
    by_scene: dict[str, float | None]
    refused: str = ""


def rules_to_measure() -> dict[str, aggregator.Rule]:
    """Every rule by name, and every rule behind nearest-neighbour mixing."""
    rules = {name: aggregator.rule(name) for name in aggregator.RULES}
    mixed = {f"nnm+{name}": aggregator.composed(one, aggregator.preaggregation("nnm")) for name, one in rules.items()}
    return {**rules, **mixed}


def measure(name: str, rule: aggregator.Rule, n: int, f: int) -> Cell:
    """The worst kappa of one rule over all scenes and attacks."""
    worst: dict[str, tuple[Fraction | float, str]] = {}
    try:
        for scene in SCENES:
            worst[scene] = max(_outcomes(rule, scene, n, f), key=lambda outcome: outcome[0])
    except (TooFewUpdates, TooManyUpdates) as error:
        return Cell(name, n, f, None, "", "", {}, refused=str(error))
    scene = max(worst, key=lambda one: worst[one][0])
    by_scene = {one: _rounded(value) for one, (value, _) in worst.items()}
    return Cell(name, n, f, by_scene[scene], scene, worst[scene][1], by_scene)


def _outcomes(rule: aggregator.Rule, scene: str, n: int, f: int) -> Iterator[tuple[Fraction | float, str]]:
    """Kappa of every attack in turn, with its name."""
    honest = SCENES[scene](n - f, f).astype(np.int16)
    previous = (honest.sum(axis=0, dtype=np.int64) // (2 * len(honest))).astype(np.int16)  # half of the honest mean
    context = aggregator.Context(faults=f, previous=previous)
    known = Knowledge(
        honest.astype(np.float32), f, previous=previous.astype(np.float32), rule=facing(rule, context), step_exponent=0
    )
    for name, sent in _attempts(known):
        rows = np.concatenate([honest, known.quantised(sent)])
        yield kappa(rows, aggregator.aggregate(rows, rule, context), f), name


def _attempts(known: Knowledge) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """What every attack sends, and what a search for kappa itself would: points on lines through the honest mean."""
    for name in sorted(ATTACKS):
        yield name, attack(name)(known)
    farthest = max(known.seen - known.mean, key=lambda away: float(away @ away))
    for direction in (known.seen.std(axis=0), farthest, known.mean, np.ones(known.length) * UNIT):
        for strength in STRENGTHS[::2]:
            for side in (1, -1):
                yield "line", known.alike(known.mean + side * strength * direction)


def _rounded(value: Fraction | float) -> float | None:
    return None if value == inf else float(f"{float(value):.5g}")


def snapshot(cells: list[Cell]) -> str:
    """The figures as they are committed, one line a cell."""
    lines = [json.dumps({key: value for key, value in asdict(cell).items() if value != ""}) for cell in cells]
    return "[\n  " + ",\n  ".join(lines) + "\n]\n"


def table(cells: list[Cell]) -> str:
    """The figures for a terminal: rules down, (n, f) across, the lower bound on top."""
    cases = sorted({(cell.n, cell.f) for cell in cells})
    found = {(cell.rule, cell.n, cell.f): cell for cell in cells}
    header = ["rule", *(f"n={n} f={f}" for n, f in cases)]
    bound = ["(lower bound)", *(f"{float(least_kappa(n, f)):.3g}" for n, f in cases)]
    rows = [[name, *(_shown(found[name, n, f]) for n, f in cases)] for name in dict.fromkeys(one.rule for one in cells)]
    return "\n".join(f"{row[0]:<24}" + "".join(f"{value:>42}" for value in row[1:]) for row in (header, bound, *rows))


def _shown(cell: Cell) -> str:
    if cell.refused:
        return "refuses"
    value = "unbounded" if cell.kappa is None else f"{cell.kappa:.3g}"
    return f"{value} ({cell.scene}, {cell.attack})"


def main() -> None:
    """Read the options, print the table, write the snapshot if asked for."""
    parser = argparse.ArgumentParser(prog="scripts/bench robustness", description=__doc__)
    parser.add_argument("--rule", action="append", help="only this rule (again for more; nnm+NAME for a mixed one)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--update", action="store_true", help=f"write {SNAPSHOT.name}, the committed figures")
    options = parser.parse_args()
    rules = rules_to_measure()
    if unknown := set(options.rule or ()) - rules.keys():
        parser.error(f"no rule is called {sorted(unknown)[0]}: there are {', '.join(rules)}")
    if options.rule and options.update:
        parser.error("--update writes every rule: leave --rule out")
    chosen = {name: rules[name] for name in options.rule or rules}
    cells = [measure(name, rule, n, f) for name, rule in chosen.items() for n, f in CASES]
    if options.update:
        SNAPSHOT.write_text(snapshot(cells), "utf-8")
    print(snapshot(cells) if options.json else table(cells))


if __name__ == "__main__":
    main()
