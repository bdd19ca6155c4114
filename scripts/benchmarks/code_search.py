"""Code search without an attack: MRR before training, averaged, alone and centralised, by partition, and its cost."""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence

import aggregator
from node.learning.data.partition import PARTITIONS
from node.learning.worker import LocalTrainer
from node.research.corpus import SEARCH_PACKAGES, Corpus, read_corpus, search_guideline, sources
from node.research.federated_run import (
    Conditions,
    Setting,
    alone,
    centralised,
    measured,
    new_setting,
    run_federated,
)

__all__ = ["main"]

Row = dict[str, float]


def measure(setting: Setting, corpus: Corpus, partition: str, parts: int, seed: int) -> Row:
    """One partition and seed: MRR of every way to train, and the CPU seconds that the federated one took."""
    peers = sources(corpus, PARTITIONS[partition], parts, seed)
    began = time.process_time()
    rounds = run_federated(setting, peers, Conditions(aggregator.rule("mean"), seed=seed))
    spent = time.process_time() - began
    singles = [measured(setting, state).headline for state in alone(setting, peers, seed)]
    return {
        "start": rounds[0].headline,
        "single": statistics.mean(singles),
        "fedavg": rounds[-1].headline,
        "centralised": measured(setting, centralised(setting, peers, seed)).headline,
        "cpu_seconds": spent,
    }


def summary(rows: Sequence[Row]) -> dict[str, object]:
    """Mean of each column over the seeds, and the federated run's standard deviation between them."""
    means: dict[str, object] = {key: round(statistics.mean(row[key] for row in rows), 4) for key in rows[0]}
    deviation = statistics.stdev(row["fedavg"] for row in rows) if len(rows) > 1 else 0.0
    return {**means, "fedavg_deviation": round(deviation, 4)}


def main() -> None:
    """Read the options, print one JSON object; a line for each run goes to standard error."""
    parser = argparse.ArgumentParser(prog="scripts/bench code_search", description=__doc__)
    parser.add_argument("--peers", type=int, default=10, help="peers, and packages (default: 10)")
    parser.add_argument("--rounds", type=int, default=4, help="rounds of a run (default: 4)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each partition (default: 3)")
    parser.add_argument("--partition", action="append", choices=sorted(PARTITIONS), help="only this one (repeatable)")
    options = parser.parse_args()
    if not 2 <= options.peers <= len(SEARCH_PACKAGES) or options.rounds < 1 or options.seeds < 1:
        parser.error(f"--peers goes from 2 to {len(SEARCH_PACKAGES)}, --rounds and --seeds from 1")
    guideline = search_guideline()
    corpus = read_corpus(SEARCH_PACKAGES[: options.peers], guideline)
    results: dict[str, object] = {}
    with LocalTrainer() as trainer:
        setting = new_setting(guideline, corpus.benchmark, options.rounds, trainer)
        measured(setting, setting.genesis)  # loads torch and the model, and turns the benchmark into samples
        for name in options.partition or sorted(PARTITIONS):
            rows = []
            for seed in range(options.seeds):
                rows.append(measure(setting, corpus, name, options.peers, seed))
                print(f"{name}, seed {seed}: {rows[-1]}", file=sys.stderr, flush=True)
            results[name] = summary(rows)
    print(json.dumps({"benchmark": "code_search", **vars(options), "partition": results}, indent=2))


if __name__ == "__main__":
    main()
