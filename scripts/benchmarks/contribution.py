"""What updates earn: the formula in use beside others, against free-riders, poisoners and split identities.

Made-up rounds always, and rounds of really trained LoRA updates with --updates FILE, which --train FILE writes first
(a few minutes on one core). Prints the tables of docs/decisions/contribution.md.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

import aggregator
from aggregator.contribution import contributions_of_updates
from aggregator.delta import apply, decode_state, direction, encode_state, quantise

if TYPE_CHECKING:
    from node.learning.data import DataSource

__all__ = ["FORMULAS", "Round", "columns", "made_up", "main", "trained"]

Rows: TypeAlias = NDArray[np.int16]
Doubles: TypeAlias = NDArray[np.float64]
Known: TypeAlias = tuple[Rows, ...]  # the last aggregate if there is one, then other directions that anybody knows
Formula: TypeAlias = Callable[[Rows, Known], Doubles]  # to shares that sum to 1

BUDGET = 10**21
NORM = 500_000  # of a made-up update, in steps; about that of the demo's
LENGTH = 20_000
REPEATS = 50
IDENTITIES = (2, 4)
DISGUISES = (0.15, 0.3, 0.5, 0.7, 0.9)  # cosine between a disguised echo and the last aggregate
SHAMS = (0.1, 0.2, 0.3, 0.5, 0.9)  # cosine between two members of a sham group
OWNER = 1  # the honest member whose data set stands behind several identities


@dataclass(frozen=True)
class Round:
    """Honest updates, known directions, the aggregate before the last, and what an owner sends as several."""

    label: str
    honest: Rows
    known: Known
    older: Rows | None = None
    split: dict[str, Rows] = field(default_factory=dict)


def in_use(rows: Rows, known: Known) -> Doubles:
    """`aggregator.contribution`, with everybody selected."""
    return np.array(contributions_of_updates(rows, (True,) * len(rows), BUDGET, *known), np.float64) / BUDGET


def projection(rows: Rows, known: Known) -> Doubles:
    """Inner product with the sum of the others, both with the last aggregate projected out; norms capped."""
    inner, last = gram(rows), along(rows, known)
    inner = inner - np.outer(last, last) / square(known[0]) if known else inner
    return share(np.maximum(inner.sum(axis=1) - np.diag(inner), 0) * cap(rows))


def angle(rows: Rows, known: Known) -> Doubles:
    """Inner product with the sum of the others, times 1 − cos² of the angle to the last aggregate; norms capped."""
    inner = gram(rows)
    return share(np.maximum(inner.sum(axis=1) - np.diag(inner), 0) * cap(rows) * novelty(rows, known))


def angle_by_mass(rows: Rows, known: Known) -> Doubles:
    """The same, divided by the similarity mass: the sum of squared positive cosines."""
    return share(angle(rows, known) / np.square(np.maximum(cosines(rows), 0)).sum(axis=1))


def loo_quality(rows: Rows, known: Known) -> Doubles:
    """By how much the aggregate is less of one mind without the update: leave-one-out on its quality.

    Quality is the part of the mean's squared norm that its members agree on, estimated from their inner products.
    """
    inner = gram(rows) * np.outer(cap(rows), cap(rows))
    everyone = list(range(len(rows)))
    whole = agreement(inner, everyone)
    lost = [whole - agreement(inner, [j for j in everyone if j != i]) for i in everyone]
    return share(np.maximum(lost, 0) * novelty(rows, known))


def loo_direction(rows: Rows, known: Known) -> Doubles:
    """By how much the aggregate's direction turns without the update: leave-one-out on its direction."""
    total = rows.sum(axis=0, dtype=np.float64)
    without = total - rows
    turned = 1 - without @ total / np.linalg.norm(total) / np.linalg.norm(without, axis=1)
    return share(np.maximum(turned, 0) * novelty(rows, known))


FORMULAS: dict[str, Formula] = {
    one.__name__: one for one in (projection, angle, angle_by_mass, loo_quality, loo_direction, in_use)
}


def gram(rows: Rows) -> Doubles:
    """Inner products, exact in float64."""
    return rows.astype(np.float64) @ rows.astype(np.float64).T


def square(row: Rows) -> float:
    """Squared norm."""
    return float(gram(row[None])[0, 0])


def along(rows: Rows, known: Known) -> Doubles:
    """Inner product of each row with the last aggregate; 0 without one."""
    return rows.astype(np.float64) @ known[0].astype(np.float64) if known else np.zeros(len(rows))


def cap(rows: Rows) -> Doubles:
    """What brings each norm down to the median one."""
    norms = np.linalg.norm(rows.astype(np.float64), axis=1)
    factors: Doubles = np.minimum(1, np.sort(norms)[(len(norms) - 1) // 2] / np.maximum(norms, 1))
    return factors


def novelty(rows: Rows, known: Known) -> Doubles:
    """1 − cos² of the angle to the last aggregate; 1 without one."""
    if not known:
        return np.ones(len(rows))
    return np.maximum(1 - np.square(along(rows, known)) / (np.diag(gram(rows)) * square(known[0]) + 1), 0)


def cosines(rows: Rows) -> Doubles:
    """Cosine of every pair."""
    norms = np.maximum(np.linalg.norm(rows.astype(np.float64), axis=1), 1)
    return gram(rows) / np.outer(norms, norms)


def agreement(inner: Doubles, members: list[int]) -> float:
    """The part of the members' mean that they agree on, at most 1."""
    part = inner[np.ix_(members, members)]
    m = len(members)
    between = float(part.sum() - np.trace(part)) / (m * (m - 1)) * m * m
    return between / float(part.sum()) if part.sum() > 0 else 0.0


def share(weights: Doubles) -> Doubles:
    """Weights as parts of 1; equal parts when nobody weighs anything."""
    weights = weights if weights.any() else np.ones(len(weights))
    shared: Doubles = weights / weights.sum()
    return shared


def drawn(draw: np.random.Generator, count: int, length: int = LENGTH) -> Doubles:
    """Random directions, as unit vectors."""
    rows = draw.standard_normal((count, length))
    unit: Doubles = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def as_update(direction: Doubles, norm: float) -> Rows:
    """An update of this norm along `direction`, shape (d,) or (n, d)."""
    unit: Doubles = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
    return np.rint(unit * norm).astype(np.int16)


def made_up() -> Iterator[Round]:
    """Rounds with a known signal: common to all, or mostly each member's own and the same as in the round before."""
    for label, n, common, own in (
        ("one signal, n = 9", 9, 1.0, 0.0),
        ("weak signal, n = 9", 9, 0.3, 0.0),
        ("own data, n = 9", 9, 0.3, 1.0),
        ("own data, n = 25", 25, 0.3, 1.0),
    ):
        draw = np.random.default_rng(len(label) + n)
        signal, data = common * drawn(draw, 1), own * drawn(draw, n)
        last = (signal + data + drawn(draw, n)).mean(axis=0)
        honest = as_update(signal + data + drawn(draw, n), NORM)
        again = as_update(signal + data[OWNER] + drawn(draw, max(IDENTITIES)), NORM)
        split = {f"same data {k}": again[:k] for k in IDENTITIES}
        yield Round(label, honest, (as_update(last, NORM / 2),), split=split)


def columns(one: Round, formula: Formula) -> dict[str, float]:
    """What everybody tries, and what that earns: in shares of the honest median, or of what the owner earns alone."""
    draw = np.random.default_rng(0)
    alone = formula(one.honest, one.known)
    length, norm = one.honest.shape[1], float(np.median(np.linalg.norm(one.honest.astype(np.float64), axis=1)))

    def joined(rows: Rows) -> float:
        shares = formula(np.vstack([one.honest, rows]), one.known)
        return ratio(shares[len(one.honest) :].sum(), np.median(shares[: len(one.honest)]))

    def replaced(place: int, rows: Rows) -> Doubles:
        return formula(np.vstack([np.delete(one.honest, place, 0), rows]), one.known)

    def several(rows: Rows) -> float:
        return ratio(replaced(OWNER, rows)[-len(rows) :].sum(), alone[OWNER])

    def sham(k: int, cosine: float) -> Rows:
        return as_update(cosine**0.5 * drawn(draw, 1, length) + (1 - cosine) ** 0.5 * drawn(draw, k, length), norm)

    found = {"honest at 0": float((alone == 0).sum()), "largest": float(alone.max() * len(alone))}
    found["noise"] = mean(joined(as_update(drawn(draw, 1, length), norm)) for _ in range(REPEATS))
    if one.known:
        last = one.known[0] / np.linalg.norm(one.known[0].astype(np.float64))
        disguised = {c: c * last + (1 - c * c) ** 0.5 * drawn(draw, 1, length) for c in DISGUISES}
        found["echo"] = joined(as_update(last[None], norm))
        if one.older is not None:
            found["older echo"] = joined(as_update(one.older[None].astype(np.float64), norm))
        found["disguised echo"] = max(joined(as_update(rows, norm)) for rows in disguised.values())
    honest = range(len(one.honest))
    flipped = [replaced(i, -one.honest[i : i + 1]) for i in honest]
    found["sign-flipped"] = mean(shares[-1] * len(alone) for shares in flipped)
    longer = [replaced(i, louder(one.honest[i : i + 1])) for i in honest]
    found["ten times"] = mean(ratio(longer[i][-1], alone[i]) for i in honest if alone[i])
    found |= {f"copies {k}": several(np.repeat(one.honest[OWNER : OWNER + 1], k, axis=0)) for k in IDENTITIES}
    found |= {name: several(rows) for name, rows in one.split.items()}
    return found | {f"sham {k}": max(joined(sham(k, c)) for c in SHAMS) for k in IDENTITIES}


def louder(rows: Rows) -> Rows:
    """Ten times as long, as far as int16 goes."""
    longer: Rows = np.clip(rows * np.int32(10), -32767, 32767).astype(np.int16)
    return longer


def ratio(amount: float, unit: float) -> float:
    """How many times `unit`; infinity when the unit is 0."""
    return float(amount / unit) if unit else float("inf")


def mean(values: Iterator[float]) -> float:
    """Arithmetic mean."""
    return float(np.mean(list(values)))


def trained(file: Path) -> Iterator[Round]:
    """The rounds that `train` saved."""
    with np.load(file) as saved:
        for number in range(1, int(saved["rounds"]) + 1):
            split = {key: saved[f"{number}/{key}"] for key in json.loads(str(saved["split"]))}
            past = [saved[f"{earlier}/aggregate"] for earlier in range(number - 1, 0, -1)]
            base = sum(past[1:], past[0].astype(np.int32)) if past else np.zeros(0, np.int32)
            known = (past[0], direction(np.zeros_like(base), base)) if past else ()
            older = past[1] if len(past) > 1 else None
            yield Round(f"trained, round {number}", saved[f"{number}/honest"], known, older, split)


def train(file: Path, rounds: int) -> None:
    """Train the demo's nine members for some rounds, and one of them under several identities; save all updates.

    Identities either train on all of the member's data with batches of their own, or on one part each.
    """
    from node.guideline import load_guideline, rule_of
    from node.learning.data import DEMO_PACKAGES, DataSource
    from node.learning.jobs import TrainJob
    from node.learning.worker import LocalTrainer
    from node.peer.founding import pin_guideline
    from node.store.memory import MemoryStore
    from node.types import Cid

    store = MemoryStore()
    sealed = pin_guideline(load_guideline(Path(__file__).resolve().parents[2] / "guideline.toml"), store)
    guideline = sealed.guideline
    state, frozen = store.get(sealed.genesis, 1 << 30), store.get(Cid(guideline.architecture.frozen or ""), 1 << 30)
    members = [DataSource(package=package) for package in DEMO_PACKAGES]
    saved: dict[str, NDArray[np.generic]] = {"rounds": np.array(rounds)}
    with tempfile.TemporaryDirectory() as work, LocalTrainer() as trainer:
        groups: dict[str, list[tuple[DataSource, int]]] = {"honest": [(one, 0) for one in members]}
        for k in IDENTITIES:
            groups[f"same data {k}"] = [(members[OWNER], 1000 * i) for i in range(k)]
            groups[f"parts {k}"] = [(DataSource(directories=(one,)), 0) for one in parts(members[OWNER], k, Path(work))]
        saved["split"] = np.array(json.dumps([name for name in groups if name != "honest"]))
        for number in range(1, rounds + 1):
            for name, identities in groups.items():
                jobs = [TrainJob(guideline, source, state, frozen, number + seed) for source, seed in identities]
                deltas = [trainer.train(job).delta for job in jobs]
                rows = [quantise(delta, guideline.architecture.step_exponent)[0] for delta in deltas]
                saved[f"{number}/{name}"] = np.stack(rows)
                print(f"round {number} of {rounds}: trained {name}", flush=True)
            context = aggregator.Context(faults=guideline.update.faults)
            step = aggregator.aggregate(saved[f"{number}/honest"].astype(np.int16), rule_of(guideline.update), context)
            saved[f"{number}/aggregate"] = step
            header, base = decode_state(state)
            state = encode_state(header, apply(base, step))
    np.savez_compressed(file, **saved)  # type: ignore[arg-type]


def parts(source: "DataSource", count: int, work: Path) -> list[Path]:
    """Deal the source's files out to as many folders."""
    folders = [work / f"{place}-of-{count}" for place in range(count)]
    for place, file in enumerate(source.files(("python",))):
        target = folders[place % count] / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.path.read_bytes())
    return folders


def table(one: Round) -> str:
    """One round as a Markdown table: formulas down, attempts across."""
    found = {name: columns(one, formula) for name, formula in FORMULAS.items()}
    names = list(found["in_use"])
    lines = [f"| {one.label} | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    lines += [f"| {name} | " + " | ".join(shown(cells[key]) for key in names) + " |" for name, cells in found.items()]
    return "\n".join(lines)


def shown(value: float) -> str:
    """Three figures at most."""
    return (
        "∞" if value == float("inf") else f"{value:.3f}" if 0 < value < 0.1 else f"{value:.2f}".rstrip("0").rstrip(".")
    )


def main() -> None:
    """Read the options, train if asked to, print the tables."""
    parser = argparse.ArgumentParser(prog="scripts/bench contribution", description=__doc__)
    parser.add_argument(
        "--train", type=Path, metavar="FILE", help="train real updates, write them to FILE and use them"
    )
    parser.add_argument("--rounds", type=int, default=4, help="rounds to train (default: 4)")
    parser.add_argument("--updates", type=Path, metavar="FILE", help="use the real updates that --train wrote")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args()
    if options.train:
        train(options.train, options.rounds)
    file = options.train or options.updates
    rounds = [*made_up(), *(trained(file) if file else ())]
    if options.json:
        found = {one.label: {name: columns(one, formula) for name, formula in FORMULAS.items()} for one in rounds}
        print(json.dumps(found, indent=2))
    else:
        print("\n\n".join(map(table, rounds)))


if __name__ == "__main__":
    main()
