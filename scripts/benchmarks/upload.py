"""What a peer uploads in a round, and what comes of it: frozen A and int16 B, and float32 A and B.

Both matrices are averaged each on its own, as in FlowerTune, or by their products, whose mean is brought back to the
rank.
"""

import argparse
import json
import statistics
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import aggregator
from aggregator.delta import UpdateHeader, encode_update, quantise
from node.guideline import Guideline, load_guideline
from node.learning.benchmark import decode_benchmark
from node.learning.data import DataSource
from node.learning.data.partition import by_repository
from node.learning.models import attach_adapter, load_base, load_vector, read_vector
from node.learning.models.vector import Parts, layout, remember_parts
from node.learning.tasks import find_task
from node.learning.training import TrainingPlan, train
from node.learning.worker import LocalTrainer
from node.ports import Metrics
from node.research.both_matrices import mean_of_products
from node.research.corpus import Amounts, Corpus, read_corpus, sources
from node.research.federated_run import (
    SEEDS_APART,
    Conditions,
    Peers,
    Server,
    Setting,
    measured,
    new_setting,
    run_federated,
)

__all__ = ["FloatFederation", "compressed", "main", "verdict"]

PACKAGES = ("networkx", "sympy", "matplotlib", "pydantic")
AMOUNTS = Amounts(read=200_000, pieces=300, held_out=6, excerpt=2_000)
MEAN = aggregator.rule("mean")
RATE_OF_BOTH = Decimal(3)  # how many times less than with A frozen (docs/decisions/lora-both-matrices.md)
BAR = 0.3
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Side:
    """One way: bytes of an update, and the final metric of each seed."""

    upload: int
    finals: tuple[float, ...]


class FloatFederation:
    """Federated averaging of A and B in float32, each on its own as FlowerTune's server does it, or of their products.

    No attested round can do the latter: see `node.research.both_matrices`.
    """

    def __init__(self, guideline: Guideline, corpus: Corpus, products: bool = False) -> None:
        self.products = products
        self.task = find_task(guideline.data.task)
        base = load_base(guideline.architecture, self.task.head)
        self.guideline, self.tokenizer = guideline, base.tokenizer
        self.model = attach_adapter(base, guideline.architecture)
        self._train_both()
        self.held_out = self._samples(decode_benchmark(corpus.benchmark))

    def _train_both(self) -> None:
        named = {name: one for name, one in self.model.named_parameters() if "lora_" in name}
        for tensor in named.values():
            tensor.requires_grad_(True)
        starts = {name: tensor.detach().clone() for name, tensor in sorted(named.items())}
        self.starts = np.concatenate([one.flatten().numpy() for one in starts.values()])
        remember_parts(self.model, Parts(dict(sorted(named.items())), {}, starts, frozenset(starts)))

    def _samples(self, texts: Sequence[str]) -> Any:
        return self.task.samples(texts, self.tokenizer, self.guideline.update.block_length)

    def run(self, peers: Sequence[DataSource], rounds: int, seed: int) -> tuple[Metrics, int]:
        """Metrics after the last round, and the bytes of one update."""
        samples = [self._samples(one.texts) for one in peers]
        state: Floats = np.zeros_like(read_vector(self.model))
        for number in range(1, rounds + 1):
            deltas = [self._delta(one, state, seed * SEEDS_APART + number) for one in samples]
            state = self._joined([state + delta for delta in deltas])
        load_vector(self.model, state)
        return self.task.evaluate(self.model, self.held_out), state.nbytes

    def _joined(self, vectors: Sequence[Floats]) -> Floats:
        """What the server makes of everybody's vector."""
        mean: Floats = np.mean(vectors, axis=0, dtype=np.float32)
        if not self.products:
            return mean
        everybody = [self._matrices(one + self.starts) for one in vectors]
        joined = self._matrices(mean)  # views: what is written there is in the mean
        for name in (name for name in joined if "lora_A" in name):
            b_name = name.replace("lora_A", "lora_B")
            pairs = [(one[b_name].astype(np.float64), one[name].astype(np.float64)) for one in everybody]
            joined[b_name][:], joined[name][:] = mean_of_products(pairs, len(joined[name]))
        moved: Floats = mean - self.starts
        return moved

    def _matrices(self, vector: Floats) -> dict[str, Floats]:
        """Views of a vector's matrices, by name."""
        entries = layout(self.model)
        cuts = np.cumsum([entry.rows * entry.cols for entry in entries])[:-1]
        parts = np.split(vector, cuts)
        return {entry.name: part.reshape(entry.rows, entry.cols) for entry, part in zip(entries, parts, strict=True)}

    def _delta(self, samples: Any, state: Floats, seed: int) -> Floats:
        load_vector(self.model, state)
        torch.manual_seed(seed)
        plan = TrainingPlan.of(self.guideline, seed)
        return train(self.model, self.task, self.task.batches(samples, plan.part_size, seed), plan)[0]


def update_file(setting: Setting, peer: DataSource) -> bytes:
    """The bytes that one peer would upload in the first round."""
    exponent = setting.guideline.architecture.step_exponent
    (trained,) = Peers(setting, [peer]).train([0], Server(setting.genesis, MEAN, aggregator.optimiser("plain")), 1)
    values, _ = quantise(trained.delta, exponent)
    header = UpdateHeader("0x" + "0" * 40, 1, 1, "b" * 59, exponent, len(values))
    return encode_update(header, values)


def compressed(update: bytes) -> dict[str, float]:
    """What lossless compression leaves of an update, as a share: zlib as it is, and of low and high bytes apart."""
    planes = update[::2] + update[1::2]
    return {
        "zlib": round(len(zlib.compress(update, 9)) / len(update), 4),
        "zlib_of_byte_planes": round(len(zlib.compress(planes, 9)) / len(update), 4),
    }


def verdict(ours: Side, theirs: Side) -> dict[str, object]:
    """The share of bytes, and whether the final metrics are within one standard deviation over seeds."""
    deviation = max(statistics.stdev(side.finals) if len(side.finals) > 1 else 0.0 for side in (ours, theirs))
    apart = statistics.fmean(ours.finals) - statistics.fmean(theirs.finals)
    share = ours.upload / theirs.upload
    return {
        "share": round(share, 4),
        "bar": BAR,
        "below_bar": share <= BAR,
        "metric_apart": round(apart, 5),
        "deviation": round(deviation, 5),
        "not_worse_by_a_deviation": apart >= -deviation,
    }


def main() -> None:
    """Read the options, print one JSON object; a line for each run goes to standard error."""
    parser = argparse.ArgumentParser(prog="scripts/bench upload", description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--guideline", type=Path, default=Path("guideline.toml"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    guideline = load_guideline(options.guideline)
    corpus = read_corpus(PACKAGES, guideline, AMOUNTS)
    peers = sources(corpus, by_repository, len(PACKAGES), 0)
    update = guideline.update.model_copy(update={"learning_rate": guideline.update.learning_rate / RATE_OF_BOTH})
    slower = guideline.model_copy(update={"update": update})
    apart, products = (FloatFederation(slower, corpus, products) for products in (False, True))
    with LocalTrainer() as trainer:
        setting = new_setting(guideline, corpus.benchmark, options.rounds, trainer)
        start = measured(setting, setting.genesis).headline
        sent = update_file(setting, peers[0])
        ours, theirs, refactored, bytes_of_both = [], [], [], 0
        for seed in range(options.seeds):
            ours.append(run_federated(setting, peers, Conditions(MEAN, seed=seed))[-1].headline)
            found, bytes_of_both = apart.run(peers, options.rounds, seed)
            theirs.append(found.headline)
            refactored.append(products.run(peers, options.rounds, seed)[0].headline)
            reached = f"frozen A {ours[-1]:.4f}, A and B {theirs[-1]:.4f}, their products {refactored[-1]:.4f}"
            print(f"seed {seed}: {reached}", file=sys.stderr, flush=True)
    sides = Side(len(sent), tuple(ours)), Side(bytes_of_both, tuple(theirs))
    document = {
        "benchmark": "upload",
        "rounds": options.rounds,
        "peers": len(peers),
        "start": start,
        "frozen_a_int16_b": {
            "bytes": sides[0].upload,
            "finals": ours,
            "learning_rate": str(guideline.update.learning_rate),
        },
        "float32_a_and_b": {"bytes": sides[1].upload, "finals": theirs, "learning_rate": f"{update.learning_rate:.5f}"},
        "float32_products": {
            "bytes": sides[1].upload,
            "finals": refactored,
            "learning_rate": f"{update.learning_rate:.5f}",
        },
        "compressed": compressed(sent),
        **verdict(*sides),
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
