"""What a small base is asked to predict: next tokens, masked tokens, missing spans, whole damaged texts, neighbours.

Each objective draws a batch from a stream of token ids, int64 (n,), with a generator, and scores a model on it. Most
batches are what the model's `forward` takes, `labels` IGNORED where nothing is predicted. Models and training are
elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import torch
from torch import Generator, Tensor
from torch.nn.utils.rnn import pad_sequence

from node.learning.small_bases.vocabulary import END_ID, MASK_ID, PADDING_ID, SENTINEL_ID, SENTINELS, SPECIAL
from node.learning.tasks.search import embed, matching_loss

__all__ = [
    "IGNORED",
    "Batch",
    "LeftToRight",
    "MaskedTokens",
    "MissingSpans",
    "Neighbours",
    "NextTokens",
    "Objective",
    "Restoration",
    "Score",
]

Batch: TypeAlias = dict[str, Tensor]
IGNORED = -100  # the label that transformers' losses pass over


@dataclass(frozen=True)
class Score:
    """The loss, a scalar in nats, and how many of the predictions `asked` for were `right`."""

    loss: Tensor
    right: int
    asked: int


class Objective(Protocol):
    """A way to make a batch of about `tokens` tokens out of code, and to score a model on it."""

    @property
    def name(self) -> str:
        """What a report calls it."""
        ...

    def batch(self, stream: Tensor, tokens: int, generator: Generator) -> Batch:
        """Draw one; `stream` has more tokens than a sample."""
        ...

    def score(self, model: Any, batch: Batch) -> Score:
        """Ask the model; the loss can be differentiated."""
        ...


class _Labelled:
    """Scores by the model's own loss, with labels where they are predicted."""

    def score(self, model: Any, batch: Batch) -> Score:
        """Count the tokens that were ranked first."""
        output = model(**batch)
        return _counted(output.loss, output.logits, batch["labels"])


@dataclass(frozen=True)
class NextTokens:
    """Causal language modelling over windows of `length` tokens."""

    length: int
    name: str = "next token"

    def batch(self, stream: Tensor, tokens: int, generator: Generator) -> Batch:
        """`labels` are the tokens themselves: the model shifts them."""
        windows = _windows(stream, tokens // self.length, self.length, generator)
        return {"input_ids": windows, "labels": windows}

    def score(self, model: Any, batch: Batch) -> Score:
        """Count the tokens that were ranked first, one place before they stand."""
        output = model(**batch)
        return _counted(output.loss, output.logits[:, :-1], batch["labels"][:, 1:])


@dataclass(frozen=True)
class LeftToRight(_Labelled):
    """Next tokens for a bidirectional model, each position seeing only those before it.

    Taken in turns with masked tokens as in UniLM (Dong et al. 2019, arXiv 1905.03197): every position is a target, so a
    model that starts from nothing learns in minutes what masking alone teaches in hours.
    """

    length: int
    name: str = "left to right"

    def batch(self, stream: Tensor, tokens: int, generator: Generator) -> Batch:
        """A mask (n, 1, length, length) beside the tokens; `labels` stand where they are predicted."""
        windows = _windows(stream, tokens // self.length, self.length + 1, generator)
        before = torch.ones(self.length, self.length, dtype=torch.bool).tril()
        mask = before.expand(len(windows), 1, -1, -1)
        return {"input_ids": windows[:, :-1], "attention_mask": mask, "labels": windows[:, 1:].contiguous()}


@dataclass(frozen=True)
class MaskedTokens(_Labelled):
    """Masked language modelling (Devlin et al. 2019, arXiv 1810.04805) between a token that begins and one that ends.

    Of the positions asked for, eight in ten are masked, one is replaced at random and one left alone.
    """

    length: int
    rate: float = 0.2
    vocabulary: int = 0
    name: str = "masked token"

    def batch(self, stream: Tensor, tokens: int, generator: Generator) -> Batch:
        """Labels at the chosen positions only."""
        rows = tokens // self.length
        inside = _windows(stream, rows, self.length - 2, generator)
        ends = torch.full((rows, 1), END_ID)
        chosen = torch.rand(inside.shape, generator=generator) < self.rate
        fate = torch.rand(inside.shape, generator=generator)
        drawn = torch.randint(len(SPECIAL) + 1, self.vocabulary, inside.shape, generator=generator)
        shown = torch.where(chosen & (fate < 0.8), MASK_ID, torch.where(chosen & (fate >= 0.9), drawn, inside))
        unasked = torch.full((rows, 1), IGNORED)
        return {
            "input_ids": torch.cat([ends, shown, ends], 1),
            "labels": torch.cat([unasked, torch.where(chosen, inside, IGNORED), unasked], 1),
        }


@dataclass(frozen=True)
class MissingSpans(_Labelled):
    """T5's span corruption: sentinels stand for spans of a text, and the spans are predicted behind them.

    Raffel et al. 2020, arXiv 1910.10683, section 3.1.4. `rate` of the tokens go, in spans of `mean` tokens on average.
    """

    length: int
    rate: float = 0.15
    mean: int = 3
    name: str = "missing spans"

    def batch(self, stream: Tensor, tokens: int, generator: Generator) -> Batch:
        """Texts with sentinels, and the spans that they stand for."""
        windows = _windows(stream, tokens // self.length, self.length, generator)
        return _padded([self._sample(window, generator) for window in windows])

    def _sample(self, window: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        missing = max(round(len(window) * self.rate), 1)
        spans = min(max(missing // self.mean, 1), SENTINELS)
        kept_parts = _parts(len(window) - missing, spans, generator)
        gone_parts = _parts(missing, spans, generator)
        source: list[int] = []
        target: list[int] = []
        ids = window.tolist()
        place = 0
        for number, (kept, gone) in enumerate(zip(kept_parts, gone_parts, strict=True)):
            source += [*ids[place : place + kept], SENTINEL_ID + number]
            target += [SENTINEL_ID + number, *ids[place + kept : place + kept + gone]]
            place += kept + gone
        return torch.tensor([*source, END_ID]), torch.tensor([*target, END_ID])


@dataclass(frozen=True)
class Restoration(_Labelled):
    """The whole text predicted from one with `rate` of its tokens masked or replaced: copying, and where not to.

    BART's denoising without its permutations (Lewis et al. 2020, arXiv 1910.13461). Each batch has samples of one of
    `lengths` tokens: on eight copying is learned within a few hundred steps, on long ones alone it is not.
    """

    lengths: tuple[int, ...] = (8, 16, 16, 32, 64, 128)
    rate: float = 0.1
    vocabulary: int = 0
    name: str = "restoration"

    def batch(self, stream: Tensor, tokens: int, generator: Generator) -> Batch:
        """Half of the damaged tokens masked, half replaced at random."""
        length = self.lengths[int(torch.randint(len(self.lengths), (), generator=generator))]
        windows = _windows(stream, tokens // length, length, generator)
        fate = torch.rand(windows.shape, generator=generator)
        drawn = torch.randint(len(SPECIAL) + 1, self.vocabulary, windows.shape, generator=generator)
        shown = torch.where(fate < self.rate / 2, MASK_ID, torch.where(fate < self.rate, drawn, windows))
        ends = torch.full((len(windows), 1), END_ID)
        return {"input_ids": torch.cat([shown, ends], 1), "labels": torch.cat([windows, ends], 1)}


@dataclass(frozen=True)
class Neighbours:
    """Two excerpts of `length` tokens that follow each other in a file find each other among all of the batch.

    Neelakantan et al. 2022, arXiv 2201.10005, with the vectors and the loss of code search. It gives an encoder's mean
    hidden state a meaning, which predicting tokens does not.
    """

    length: int
    name: str = "neighbours"

    def batch(self, stream: Tensor, tokens: int, generator: Generator) -> Batch:
        """As many pairs as have `tokens` on each side."""
        windows = _windows(stream, tokens // self.length, 2 * self.length, generator)
        return {"first": windows[:, : self.length], "second": windows[:, self.length :]}

    def score(self, model: Any, batch: Batch) -> Score:
        """Count the first excerpts that are nearest to their second."""
        first, second = embed(model, batch["first"]), embed(model, batch["second"])
        nearest = (first @ second.T).argmax(1)
        right = int((nearest == torch.arange(len(first))).sum())
        return Score(matching_loss(first, second), right, len(first))


def _counted(loss: Tensor, logits: Tensor, labels: Tensor) -> Score:
    asked = labels != IGNORED
    return Score(loss, int((logits.argmax(-1) == labels)[asked].sum()), int(asked.sum()))


def _windows(stream: Tensor, count: int, length: int, generator: Generator) -> Tensor:
    starts = torch.randint(0, len(stream) - length, (max(count, 1),), generator=generator)
    return torch.stack([stream[start : start + length] for start in starts.tolist()])


def _parts(total: int, count: int, generator: Generator) -> list[int]:
    """`total` as `count` positive numbers, all ways alike."""
    cuts = sorted((torch.randperm(total - 1, generator=generator)[: count - 1] + 1).tolist())
    return [end - start for start, end in zip([0, *cuts], [*cuts, total], strict=True)]


def _padded(samples: Sequence[tuple[Tensor, Tensor]]) -> Batch:
    sources = pad_sequence([source for source, _ in samples], batch_first=True, padding_value=PADDING_ID)
    targets = pad_sequence([target for _, target in samples], batch_first=True, padding_value=IGNORED)
    return {"input_ids": sources, "attention_mask": (sources != PADDING_ID).long(), "labels": targets}
