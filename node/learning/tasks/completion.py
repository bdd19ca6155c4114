"""Code completion: predict the next token of source code. Headline metric: token accuracy, a fraction of one."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from node.errors import DataError
from node.learning.tasks.batching import encode, shuffled
from node.ports import Head, Metrics

__all__ = ["CodeCompletion", "judged", "perplexity_of", "predictions"]

MEASURED_AT_ONCE = 16  # blocks; bounds the logits held in memory


class CodeCompletion:
    """Causal language modelling over blocks cut from the concatenated files."""

    name = "code-completion"
    head: Head = "causal"

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """The files themselves."""
        return iter(texts)

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> Tensor:
        """Pack texts, an end token after each, into int64 blocks of shape (n, length); the rest that fills none is cut.

        Raises `DataError` when the texts fill no block.
        """
        ids = [token for one in encode(texts, tokenizer) for token in (*one, tokenizer.eos_token_id)]
        count = len(ids) // length
        if count == 0:
            raise DataError(f"data: {len(ids)} tokens of code fill no block of {length}; add more code")
        return torch.tensor(ids[: count * length], dtype=torch.int64).view(count, length)

    def batches(self, samples: Tensor, size: int, seed: int) -> Iterator[Tensor]:
        """Endless batches of shape (size, length): one seeded shuffle after the other, no sample twice within one."""
        return shuffled(samples, size, seed)

    def loss(self, model: Any, batch: Tensor) -> Tensor:
        """Mean cross-entropy per predicted token, in nats."""
        logits, targets = predictions(model, batch)
        return functional.cross_entropy(logits, targets)

    def evaluate(self, model: Any, samples: Tensor) -> Metrics:
        """`accuracy` (fraction of next tokens ranked first), `perplexity`, and how many `tokens` were predicted."""
        right, loss = judged(model, samples)
        each = samples.shape[1] - 1
        tokens = each * len(samples)
        perplexity = perplexity_of(loss, tokens)
        values = {"accuracy": float(right.sum()) / tokens, "perplexity": perplexity, "tokens": float(tokens)}
        return Metrics(values, tuple((float(one), float(each)) for one in right.sum(1)))


def judged(model: Any, samples: Tensor) -> tuple[Tensor, float]:
    """Which next tokens the model ranks first, bool (n, length − 1), and their cross-entropy in all, in nats."""
    model.eval()
    right: list[Tensor] = []
    loss = 0.0
    with torch.no_grad():
        for blocks in torch.split(samples, MEASURED_AT_ONCE):
            logits, targets = predictions(model, blocks)
            right.append((logits.argmax(-1) == targets).view(len(blocks), -1))
            loss += float(functional.cross_entropy(logits, targets, reduction="sum"))
    return torch.cat(right), loss


def perplexity_of(loss: float, tokens: int) -> float:
    """The perplexity of a cross-entropy in all, in nats, over so many tokens; finite."""
    return math.exp(min(loss / tokens, 700.0))


def predictions(model: Any, blocks: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (n · (length − 1), vocabulary) and the tokens they predict, (n · (length − 1),)."""
    logits = model(input_ids=blocks, use_cache=False).logits[:, :-1]
    return logits.reshape(-1, logits.shape[-1]), blocks[:, 1:].reshape(-1)
