"""Every rule side by side with Flower's and ByzFL's, on the same values: table, PNG and aggregate.json."""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # our threads share chunks, and BLAS shall not add its own

import numpy as np
from numpy.typing import NDArray

import aggregator
from aggregator import Context
from aggregator.errors import AggregatorError
from scripts.benchmarks._comparison import COPY, Outcome, picture, show
from scripts.benchmarks._peers import LIBRARIES, PeerError, Peers
from scripts.benchmarks._values import COORDINATE_RULES, rule_named, say, steps_named, updates

__all__ = ["compare", "in_turns", "main"]

RULES = (
    *COORDINATE_RULES,
    "krum",
    "multi_krum",
    "bulyan",
    "geometric_median:32",  # our default, and ByzFL's
    "geometric_median:3",
    "centred_clipping:8",
    "centred_clipping:1",
    "mda",
    "caf",
    "nnm+mean",
)
CLOCKS = {"processor": time.process_time, "wall": time.perf_counter}


def compare(
    name: str, rows: NDArray[np.int16], source: Path, peers: Peers, options: argparse.Namespace
) -> Outcome | None:
    """Run one rule in turns with the libraries' own on the float32 copy in `source`; None where ours refuses."""
    n, d = rows.shape
    f = n // 5
    rule, context = rule_named(name), Context(faults=f, threads=options.threads)
    ours = partial(aggregator.aggregate, rows, rule, context)
    try:
        ours()  # not counted: whatever happens only once is over
    except AggregatorError as refusal:
        say(f"  {name}: {refusal}")
        return None
    contenders: dict[str, Callable[[], float]] = {"ours": partial(milliseconds, ours, CLOCKS[options.clock])}
    plain, numbers = name.partition(":")[0], steps_named(name)  # the same work: as many steps on every side
    for library in LIBRARIES:
        if plain in peers.rules[library]:
            contenders[library] = partial(peers.ask, library, plain, source, None, f=f, clock=options.clock, **numbers)
    best = in_turns(contenders, options.runs, options.budget * 1000)
    theirs = {library: round(best[library], 3) for library in LIBRARIES if library in best}
    ratio = round(min(theirs.values()) / best["ours"], 2) if theirs else None
    return Outcome(name, n, d, f, round(best["ours"], 3), theirs.get("flwr"), theirs.get("byzfl"), ratio)


def in_turns(contenders: dict[str, Callable[[], float]], runs: int, budget: float) -> dict[str, float]:
    """The best of `runs` of each; one that has taken `budget` milliseconds runs no more, one that fails is left out."""
    best: dict[str, float] = {}
    spent = dict.fromkeys(contenders, 0.0)
    for _ in range(runs):
        for who in [who for who in spent if spent[who] < budget]:
            try:
                took = contenders[who]()
            except PeerError as error:
                say(f"  {error}")
                del spent[who]
                best.pop(who, None)
                continue
            spent[who] += took
            best[who] = min(took, best.get(who, took))
    return best


def milliseconds(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Milliseconds of one call."""
    start = clock()
    call()
    return (clock() - start) * 1000


def copied(rows: NDArray[np.int16], runs: int) -> Outcome:
    """What a plain copy of our inputs takes, into memory that is there already."""
    n, d = rows.shape
    place = np.zeros_like(rows)
    return Outcome(COPY, n, d, n // 5, round(min(milliseconds(lambda: np.copyto(place, rows)) for _ in range(runs)), 3))


def measure(options: argparse.Namespace, scratch: Path) -> Iterator[Outcome]:
    """Every rule on every size, small ones first."""
    with Peers(int(options.peer_memory * 2**30), options.peer_seconds) as peers:
        for d, n in ((d, n) for d in options.d for n in options.n):
            say(f"n = {n}, d = {d:,}")
            rows = updates(n, d, poisoned=n // 5)
            yield copied(rows, options.runs)
            source = scratch / f"{n}-{d}.npy"
            np.save(source, rows.astype(np.float32))
            for name in options.rules:
                if outcome := compare(name, rows, source, peers, options):
                    say("  " + json.dumps(asdict(outcome)))
                    yield outcome
            source.unlink()


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="scripts/bench aggregate", description=__doc__)
    parser.add_argument(
        "--out", type=Path, required=True, help="directory for aggregate.json and aggregate.png; figures there stay"
    )
    parser.add_argument("--rules", nargs="+", default=RULES, choices=RULES, help="default: all")
    parser.add_argument("--n", nargs="+", type=int, default=(10, 20, 50), help="numbers of updates (10 20 50)")
    parser.add_argument("--d", nargs="+", type=int, default=(10**6, 10**7), help="coordinates (1000000 10000000)")
    parser.add_argument("--runs", type=int, default=5, help="best of how many (default: 5)")
    parser.add_argument("--budget", type=float, default=60, help="seconds after which nobody runs once more (60)")
    parser.add_argument(
        "--clock", choices=CLOCKS, default="wall", help="processor: all threads together, for a machine that is busy"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="ours; the libraries set their own")
    parser.add_argument("--peer-memory", type=float, default=16, help="GiB of address space for the libraries (16)")
    parser.add_argument("--peer-seconds", type=float, default=300, help="the longest that one of their calls may take")
    return parser.parse_args()


def earlier(path: Path) -> list[Outcome]:
    """What the file holds already, so that sizes can be measured one at a time."""
    return [Outcome(**one) for one in json.loads(path.read_text("utf-8"))] if path.exists() else []


def merged(before: Sequence[Outcome], now: Sequence[Outcome]) -> list[Outcome]:
    """What was found, now before earlier, by size and then in the order of the rules."""
    found = {(one.d, one.n, one.rule): one for one in (*before, *now)}
    return sorted(found.values(), key=lambda one: (one.d, one.n, (COPY, *RULES).index(one.rule)))


def main() -> None:
    """Measure, print the table, write the figures and the picture."""
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    path, outcomes = options.out / "aggregate.json", list[Outcome]()
    before = earlier(path)
    with tempfile.TemporaryDirectory(dir=options.out) as scratch:
        for outcome in measure(options, Path(scratch)):
            outcomes.append(outcome)
            rules = [asdict(one) for one in merged(before, outcomes) if one.rule != COPY]
            path.write_text(json.dumps(rules, indent=1) + "\n", "utf-8")
    show(merged(before, outcomes))
    picture(merged(before, outcomes), options.out / "aggregate.png")


if __name__ == "__main__":
    main()
