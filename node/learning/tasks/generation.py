"""How a model learns to write targets from sources, and writes its own: sequence to sequence or left to right.

T5 and encoder-decoders read the source and write the target; GPT-2 and Llama go on after the source. Which of the two a
model is, its config says. What the texts mean and what they are measured by is each task's business.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import GenerationConfig

from node.learning.tasks.sequences import IGNORED, Examples, Sequences, end_token

__all__ = ["Sampling", "target_loss", "write"]

WRITTEN_AT_ONCE = 32  # sequences; bounds the keys and values held in memory


@dataclass(frozen=True)
class Sampling:
    """Draw `candidates` texts for each source instead of the likeliest tokens: by a seed, from sharpened odds."""

    candidates: int
    temperature: float = 0.8
    seed: int = 0


def target_loss(model: Any, batch: Sequences) -> Tensor:
    """Mean cross-entropy per target token, in nats; source tokens are read and not predicted."""
    batch = _trimmed(batch)
    logits = _seq2seq_logits(model, batch) if _is_seq2seq(model) else _causal_logits(model, batch)
    return functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), batch.targets.reshape(-1), ignore_index=IGNORED
    )


def write(model: Any, examples: Examples, sampling: Sampling | None = None) -> list[tuple[str, ...]]:
    """What the model writes for each source: the likeliest token after the other, or texts drawn as `sampling` says.

    At most as many tokens as the targets' tensor is wide; the same model and seed write the same on one machine.
    """
    model.eval()
    config = _generation_config(model, examples, sampling)
    count = sampling.candidates if sampling else 1
    written: list[str] = []
    with torch.no_grad(), torch.random.fork_rng(devices=[]), _without_own_settings(model):
        torch.manual_seed(sampling.seed if sampling else 0)
        for sources in torch.split(examples.sequences.sources, WRITTEN_AT_ONCE):
            written += _write(model, sources, examples.tokenizer, config)
    return [tuple(written[place : place + count]) for place in range(0, len(written), count)]


def _write(model: Any, sources: Tensor, tokenizer: Any, config: Any) -> list[str]:
    seq2seq = _is_seq2seq(model)
    sources = _narrowed(sources) if seq2seq else _left_padded(_narrowed(sources))
    here = sources != IGNORED
    ids = model.generate(
        input_ids=sources.masked_fill(~here, config.pad_token_id),
        attention_mask=here.to(torch.int64),
        generation_config=config,
    )
    answers = ids[:, 1 if seq2seq else sources.shape[1] :].tolist()  # without the start token, or the source
    return [_text(answer, tokenizer) for answer in answers]


def _text(ids: list[int], tokenizer: Any) -> str:
    end = end_token(tokenizer)
    kept = ids[: ids.index(end)] if end in ids else ids
    return str(tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False))


@contextmanager
def _without_own_settings(model: Any) -> Iterator[None]:
    """Nothing of a hub's generation settings decides what is written; they fill in whatever a call leaves open."""
    bodies = [model, *([model.get_base_model()] if hasattr(model, "get_base_model") else [])]
    kept = [body.generation_config for body in bodies]
    try:
        for body in bodies:
            body.generation_config = GenerationConfig()
        yield
    finally:
        for body, settings in zip(bodies, kept, strict=True):
            body.generation_config = settings


def _generation_config(model: Any, examples: Examples, sampling: Sampling | None) -> Any:
    """How tokens are chosen and where a text ends."""
    end = end_token(examples.tokenizer)
    pad = examples.tokenizer.pad_token_id
    drawn = {"do_sample": True, "temperature": sampling.temperature, "top_k": 0, "top_p": 1.0} if sampling else {}
    return GenerationConfig(
        max_new_tokens=examples.sequences.targets.shape[1],
        num_return_sequences=sampling.candidates if sampling else 1,
        use_cache=True,
        eos_token_id=end,
        pad_token_id=end if pad is None else pad,
        decoder_start_token_id=_start_token(model) if _is_seq2seq(model) else None,
        **({"do_sample": False} | drawn),
    )


def _seq2seq_logits(model: Any, batch: Sequences) -> Tensor:
    """Logits (n, t, vocabulary): the decoder reads the targets, one place to the right behind a start token."""
    here = batch.sources != IGNORED
    shifted = batch.targets.roll(1, dims=1)
    shifted[:, 0] = _start_token(model)
    logits: Tensor = model(
        input_ids=batch.sources.masked_fill(~here, _pad_token(model)),
        attention_mask=here.to(torch.int64),
        decoder_input_ids=shifted.masked_fill(shifted == IGNORED, _pad_token(model)),
        use_cache=False,
    ).logits
    return logits


def _causal_logits(model: Any, batch: Sequences) -> Tensor:
    """Logits (n, t, vocabulary) of the targets, read behind the sources, which are padded on the left."""
    sources = _left_padded(batch.sources)
    ids = torch.cat([sources, batch.targets], dim=1)
    here = ids != IGNORED
    logits: Tensor = model(
        input_ids=ids.masked_fill(~here, 0),
        attention_mask=here.to(torch.int64),
        position_ids=(here.cumsum(1) - 1).clamp(min=0),
        use_cache=False,
    ).logits
    return logits[:, sources.shape[1] - 1 : -1]


def _is_seq2seq(model: Any) -> bool:
    return bool(model.config.is_encoder_decoder)


def _start_token(model: Any) -> int:
    start = model.config.decoder_start_token_id
    return _pad_token(model) if start is None else int(start)


def _pad_token(model: Any) -> int:
    return int(model.config.pad_token_id or 0)


def _trimmed(batch: Sequences) -> Sequences:
    """Without the columns that fill up every row."""
    return Sequences(_narrowed(batch.sources), _narrowed(batch.targets))


def _narrowed(rows: Tensor) -> Tensor:
    return rows[:, : max(int((rows != IGNORED).sum(1).max()), 1)]


def _left_padded(rows: Tensor) -> Tensor:
    """What fills up on the right moves to the left."""
    order = (rows != IGNORED).to(torch.int8).argsort(dim=1, stable=True)
    return rows.gather(1, order)
