"""Code completion judged token of the language by token: what CodeXGLUE's token-level completion counts.

It learns as `completion` does. Headline metric: accuracy over whole tokens of the language, a fraction of one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from node.errors import DataError
from node.learning.tasks.batching import encode, shuffled
from node.learning.tasks.completion import CodeCompletion, judged, perplexity_of
from node.ports import Head, Metrics

__all__ = ["TokenBlocks", "TokenCompletion"]

UNCOUNTED = -1
UNIT = re.compile(r"\n|[^\S\n]*\S+|[^\S\n]+")  # a line end, a word with the space before it, or space that ends a line


@dataclass(frozen=True)
class TokenBlocks:
    """Int64 tokens of the model, (n, length), and for each the word that it belongs to: equal numbers, equal words.

    `UNCOUNTED` are line ends, ends of files, and words that a block cuts or begins with, as nothing predicts its first
    token.
    """

    tokens: Tensor
    words: Tensor

    def __len__(self) -> int:
        return len(self.tokens)


class TokenCompletion:
    """Causal language modelling, measured by CodeXGLUE's token accuracy (Lu et al. 2021, arXiv 2102.04664).

    Texts are token files as `data.codexglue.completions` reads them, tokens of the language apart by space: a word. One
    counts as right when every token of the model in it is ranked first, given what truly stands before; marks of files
    and line ends do not count, as in CodeXGLUE's evaluator.
    """

    name = "token-completion"
    head: Head = "causal"

    def __init__(self) -> None:
        self._learning = CodeCompletion()

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """The files themselves."""
        return iter(texts)

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> TokenBlocks:
        """Pack texts, an end token after each, into blocks; the rest that fills none is cut.

        Raises `DataError` when the texts fill no block.
        """
        tokens: list[int] = []
        words: list[int] = []
        for text in texts:
            units = UNIT.findall(text)
            for unit, ids in zip(units, encode(units, tokenizer), strict=True):
                tokens += ids
                words += [UNCOUNTED if unit.isspace() else len(words)] * len(ids)
            tokens.append(tokenizer.eos_token_id)
            words.append(UNCOUNTED)
        count = len(tokens) // length
        if count == 0:
            raise DataError(f"data: {len(tokens)} tokens of code fill no block of {length}; add more code")
        blocks = torch.tensor([tokens[: count * length], words[: count * length]]).view(2, count, length)
        return TokenBlocks(blocks[0], _whole(blocks[1], words[count * length :]))

    def batches(self, samples: TokenBlocks, size: int, seed: int) -> Iterator[Tensor]:
        """Endless batches of shape (size, length): one seeded shuffle after the other, no sample twice within one."""
        return shuffled(samples.tokens, size, seed)

    def loss(self, model: Any, batch: Tensor) -> Tensor:
        """Mean cross-entropy per predicted token of the model, in nats."""
        return self._learning.loss(model, batch)

    def evaluate(self, model: Any, samples: TokenBlocks) -> Metrics:
        """`accuracy` over words, `model_accuracy` and `perplexity` over tokens of the model, and how many `tokens` of
        the language were judged.
        """
        right, loss = judged(model, samples.tokens)
        parts = [_right_of(*block) for block in zip(~right, samples.words[:, 1:], strict=True)]
        found, tokens = (sum(column) for column in zip(*parts, strict=True))
        values = {
            "accuracy": found / max(tokens, 1.0),
            "model_accuracy": float(right.sum()) / right.numel(),
            "perplexity": perplexity_of(loss, right.numel()),
            "tokens": tokens,
        }
        return Metrics(values, tuple(parts))


def _whole(words: Tensor, after: Sequence[int]) -> Tensor:
    """`words` without those that go over the end of their block, or start with it."""
    following = torch.cat([words[1:, 0], torch.tensor([*after[:1], UNCOUNTED])[:1]])
    cut = (words == words[:, :1]) | ((words == words[:, -1:]) & (words[:, -1:] == following[:, None]))
    return words.masked_fill(cut, UNCOUNTED)


def _right_of(wrong: Tensor, words: Tensor) -> tuple[float, float]:
    """How many words of one block are right, and how many there are."""
    every = set(words[words != UNCOUNTED].tolist())
    missed = set(words[wrong & (words != UNCOUNTED)].tolist())
    return float(len(every) - len(missed)), float(len(every))
