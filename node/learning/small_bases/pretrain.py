"""Pretraining of one small base: the loop, what it measures on held-out modules, and the folder that it writes."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from transformers.utils import logging as transformers_logging

from node.learning.jobs import Progress
from node.learning.models import BASE_DIRECTORY
from node.learning.small_bases.families import SmallRecipe, new_model, objectives
from node.learning.small_bases.objectives import Objective
from node.learning.small_bases.vocabulary import SPECIAL, backend, wrapped
from node.learning.standard_library import Corpus, token_stream

__all__ = ["HeldOut", "pretrain_small"]

MEASURED = 16  # held-out batches of each objective


@dataclass(frozen=True)
class HeldOut:
    """What one objective shows on modules that were not trained on; `loss` in nats per predicted token."""

    loss: float
    accuracy: float

    @property
    def perplexity(self) -> float:
        """The exponential of the loss."""
        return math.exp(self.loss)


def pretrain_small(
    recipe: SmallRecipe, corpus: Corpus, directory: Path, progress: Progress | None = None
) -> Mapping[str, HeldOut]:
    """Train from scratch on one thread, write model and tokenizer into `directory`; returns figures by objective.

    A thread count and a generator of its own: the caller's are as they were.
    """
    tokenizer = backend()
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model = new_model(recipe)
        _adopt_embeddings(model)
        _train(model, recipe, token_stream(tokenizer, corpus.train), progress)
        held_out = token_stream(tokenizer, corpus.held_out)
        found = {one.name: _measure(model, one, recipe, held_out) for one in set(objectives(recipe))}
    transformers_logging.disable_progress_bar()  # of one shard
    model.save_pretrained(directory)
    wrapped(tokenizer).save_pretrained(directory)
    return found


def _adopt_embeddings(model: Any) -> None:
    """Start from the bundled base's token vectors, as far as the width is the same.

    They are slow to learn from nothing, above all by masking, and that base read the same corpus. Their spread is that
    of the vectors they replace.
    """
    known = safetensors.torch.load_file(BASE_DIRECTORY / "model.safetensors")["transformer.wte.weight"].float()
    own = model.get_input_embeddings().weight.data
    if known.shape[1] == own.shape[1]:
        own[len(SPECIAL) + 1 :] = known[1:] * (own.std() / known.std())


def _train(model: Any, recipe: SmallRecipe, stream: Tensor, progress: Progress | None) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), recipe.rate, betas=(0.9, 0.98), weight_decay=0.05)
    generator = torch.Generator().manual_seed(recipe.seed)
    turns = objectives(recipe)
    model.train()
    for step in range(recipe.steps):
        optimiser.param_groups[0]["lr"] = recipe.rate_at(step)
        turn = turns[step % len(turns)]
        batch = turn.batch(stream, recipe.batch, generator)
        loss = turn.score(model, batch).loss
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if progress:
            progress(step + 1, recipe.steps, float(loss.detach()))


def _measure(model: Any, objective: Objective, recipe: SmallRecipe, stream: Tensor) -> HeldOut:
    generator = torch.Generator().manual_seed(0)
    model.eval()
    with torch.no_grad():
        scores = [objective.score(model, objective.batch(stream, recipe.batch, generator)) for _ in range(MEASURED)]
    asked = sum(one.asked for one in scores)
    loss = sum(float(one.loss) * one.asked for one in scores)
    return HeldOut(loss / asked, sum(one.right for one in scores) / asked)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
