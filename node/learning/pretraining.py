"""How the bundled base model is made: tokenizer, training from scratch, model card.

A developers' tool behind `scripts/pretrain`; nothing here runs on a node. The corpus is `standard_library`'s; bases of
other families, made where they are needed, are `small_bases`'.
"""

import argparse
import logging
import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from node.learning.standard_library import END, STANDARD_LIBRARY, Corpus, read_corpus, token_stream

__all__ = ["Recipe", "main", "pretrain", "train_tokenizer"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the base model. Sizes in tokens and units, `rate` is AdamW's peak learning rate."""

    vocabulary: int = 2048
    width: int = 128
    layers: int = 4
    heads: int = 4
    context: int = 256
    batch: int = 4
    steps: int = 3600
    warmup: int = 100
    rate: float = 3e-3
    seed: int = 1
    threads: int = 1  # two wait for each other whenever the machine does anything else
    resumed_at: int = 0
    held_out_one_in: int = 20
    save_every: int = 100

    def rate_at(self, step: int) -> float:
        """Linear warm-up, again after a resumption (AdamW's moments are not saved), then linear decay to a fiftieth."""
        return self.rate * min((step - self.resumed_at + 1) / self.warmup, max(1 - step / self.steps, 0.02))


def train_tokenizer(texts: Sequence[str], vocabulary: int) -> Tokenizer:
    """Byte-level BPE of `vocabulary` tokens; id 0 separates files."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _saved_tokenizer(directory: Path) -> Tokenizer:
    return Tokenizer.from_file(str(directory / "tokenizer.json"))


def _new_model(recipe: Recipe) -> GPT2LMHeadModel:
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=recipe.vocabulary,
            n_positions=recipe.context,
            n_embd=recipe.width,
            n_layer=recipe.layers,
            n_head=recipe.heads,
            activation_function="gelu_pytorch_tanh",
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=0,
            eos_token_id=0,
        )
    )


def _token_losses(model: GPT2LMHeadModel, tokens: Tensor) -> tuple[Tensor, Tensor]:
    logits = model(tokens, use_cache=False).logits[:, :-1]
    targets = tokens[:, 1:]
    loss = functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
    return loss, (logits.argmax(-1) == targets).float().mean()


def _measure(model: GPT2LMHeadModel, stream: Tensor, context: int) -> tuple[float, float]:
    """Token accuracy and perplexity over the whole held-out stream, in blocks of `context`."""
    blocks = stream[: len(stream) // context * context].view(-1, context)
    with torch.no_grad():
        parts = [(len(part), *_token_losses(model, part)) for part in torch.split(blocks, 16)]
    loss = sum(count * float(loss) for count, loss, _ in parts) / len(blocks)
    accuracy = sum(count * float(right) for count, _, right in parts) / len(blocks)
    return accuracy, math.exp(loss)


def _save(model: GPT2LMHeadModel, tokenizer: Tokenizer, directory: Path) -> None:
    """Write weights in half precision, config and tokenizer; the model in hand keeps its float32 weights."""
    half = GPT2LMHeadModel(model.config)
    half.load_state_dict(model.state_dict())
    half.half().save_pretrained(directory)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=END, eos_token=END, pad_token=END)
    wrapped.save_pretrained(directory)


def pretrain(recipe: Recipe, corpus: Corpus, directory: Path) -> tuple[float, float]:
    """Train from scratch into `directory`; returns held-out token accuracy (a fraction) and perplexity.

    A usable model is written every `save_every` steps, so the run can be stopped at any time, and continued with
    `resumed_at` from what `directory` holds.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    resumed = recipe.resumed_at > 0
    tokenizer = _saved_tokenizer(directory) if resumed else train_tokenizer(corpus.train, recipe.vocabulary)
    stream, held_out = token_stream(tokenizer, corpus.train), token_stream(tokenizer, corpus.held_out)
    log.info("%d training tokens, %d held out", len(stream), len(held_out))
    model = GPT2LMHeadModel.from_pretrained(directory, dtype=torch.float32) if resumed else _new_model(recipe)
    log.info("%d parameters", model.num_parameters())
    optimiser = torch.optim.AdamW(model.parameters(), recipe.rate, betas=(0.9, 0.98), weight_decay=0.05)
    generator = torch.Generator().manual_seed(recipe.seed + recipe.resumed_at)

    for step in range(recipe.resumed_at, recipe.steps):
        optimiser.param_groups[0]["lr"] = recipe.rate_at(step)
        starts = torch.randint(0, len(stream) - recipe.context, (recipe.batch,), generator=generator)
        tokens = torch.stack([stream[start : start + recipe.context] for start in starts.tolist()])
        loss, _ = _token_losses(model, tokens)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if step % recipe.save_every == recipe.save_every - 1:
            _save(model, tokenizer, directory)
            log.info("step %d of %d, training loss %.3f", step + 1, recipe.steps, float(loss.detach()))

    _save(model, tokenizer, directory)
    return _measure(model, held_out, recipe.context)


CARD = """---
license: psf-2.0
language: code
library_name: transformers
---
# fednode-base

A small language model of Python, bundled with fednode so that a federation can start without downloading anything.

| | |
| --- | --- |
| architecture | GPT-2: {layers} layers of width {width}, {heads} heads, context {context} |
| tokenizer | byte-level BPE, {vocabulary} tokens |
| data | source of the standard library of CPython {python}, without its tests and character tables |
| licence | the data is under the PSF licence; the weights are released under the same |
| split | by top-level module: one in {held_out_one_in}, by hash of its name, is held out |
| training | {steps} steps of {batch} × {context} tokens, AdamW, peak learning rate {rate}, seed {seed} |
| held-out token accuracy | {accuracy:.4f} |
| held-out perplexity | {perplexity:.2f} |
| made by | `scripts/pretrain --steps {steps} --seed {seed}`{resumption} |

It is a starting point to federate from, not a product: it completes Python a few tokens at a time. Trained on several
threads, so a second run gives a model of the same quality, not the same bytes; a guideline names the sha-256 of the
weights.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """`scripts/pretrain`: pretrain with the standard recipe and write model and card."""
    parser = argparse.ArgumentParser(prog="scripts/pretrain", description="Pretrain the bundled base model.")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="optimiser steps (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=Recipe.seed, help="of weights and batches (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=Recipe.threads, help="torch threads (default: %(default)s)")
    parser.add_argument("--resume-at", type=int, default=0, help="continue what --out holds, from this step")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "base", help="folder to write")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

    recipe = Recipe(steps=chosen.steps, seed=chosen.seed, threads=chosen.threads, resumed_at=chosen.resume_at)
    corpus = read_corpus(STANDARD_LIBRARY, recipe.held_out_one_in)
    accuracy, perplexity = pretrain(recipe, corpus, chosen.out)
    resumption = f", interrupted and continued with `--resume-at {recipe.resumed_at}`" if recipe.resumed_at else ""
    card = CARD.format(
        **vars(recipe),
        resumption=resumption,
        python=platform.python_version(),
        accuracy=accuracy,
        perplexity=perplexity,
    )
    (chosen.out / "README.md").write_text(card, encoding="utf-8")
    log.info("held-out token accuracy %.4f, perplexity %.2f", accuracy, perplexity)


if __name__ == "__main__":
    main()
