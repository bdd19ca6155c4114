"""Code search: find the function that a docstring describes. Headline metric: mean reciprocal rank (MRR).

A bi-encoder: one model turns docstrings and functions into vectors, and the cosine of two says how well they match.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from node.errors import DataError
from node.learning.data.functions import DocumentedFunction, documented_functions
from node.learning.data.pieces import decode_piece, is_piece
from node.learning.metrics import reciprocal_ranks
from node.learning.models import encoder_of
from node.learning.tasks.batching import PADDING, encode, padded, shuffled
from node.ports import Head, Metrics

__all__ = ["FOUND_WITHIN", "CodeSearch", "Pairs", "embed", "encode_pairs", "matching_loss", "unique_functions"]

QUERY_SHARE = 4  # a query has a quarter of the code's tokens
TEMPERATURE = 0.1
MEASURED_AT_ONCE = 64  # texts
FOUND_WITHIN = 10  # ranks that `recall_at_10` counts


@dataclass(frozen=True)
class Pairs:
    """Docstrings, int64 (n, length / 4), and the functions they describe, (n, length); `PADDING` fills up."""

    queries: Tensor
    codes: Tensor

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, places: Tensor) -> "Pairs":
        return Pairs(self.queries[places], self.codes[places])


class CodeSearch:
    """Docstring to function among all held-out functions, as CodeXGLUE's search does it (Lu et al. 2021).

    The function's name is masked in its code (arXiv 2102.04664, section 3.4). Any transformer serves as encoder: its
    last hidden states, averaged over the text.
    """

    name = "code-search"
    head: Head = "encoder"

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """One text for each documented function of Python source; what `data.codexglue` read stays as it is."""
        return (function.text for text in texts for function in _functions(text))

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> Pairs:
        """A pair for each documented function or piece, the first of those with the same docstring.

        Raises `DataError` when there is none.
        """
        functions = unique_functions(texts)
        return encode_pairs([one.query for one in functions], [one.code for one in functions], tokenizer, length)

    def batches(self, samples: Pairs, size: int, seed: int) -> Iterator[Pairs]:
        """Endless batches: one seeded shuffle after the other, no pair twice within one."""
        return shuffled(samples, size, seed)

    def loss(self, model: Any, batch: Pairs) -> Tensor:
        """Each docstring against all functions of the batch and the other way round: see `matching_loss`."""
        return matching_loss(embed(model, batch.queries), embed(model, batch.codes))

    def evaluate(self, model: Any, samples: Pairs) -> Metrics:
        """`mrr` with all functions as candidates, `recall_at_10` (a fraction), and how many `queries` there were."""
        model.eval()
        with torch.no_grad():
            scores = embed(model, samples.queries) @ embed(model, samples.codes).T
        found = reciprocal_ranks(scores.cpu().numpy())
        within = sum(1 / one <= FOUND_WITHIN for one in found)
        n = len(found)
        values = {"mrr": sum(found) / n, "recall_at_10": within / n, "queries": float(n)}
        return Metrics(values, tuple((one, 1.0) for one in found))


def unique_functions(texts: Sequence[str]) -> list[DocumentedFunction]:
    """Documented functions of all texts, the first of those with the same docstring. Raises `DataError` for none."""
    functions: dict[str, DocumentedFunction] = {}
    for text in texts:
        for function in _functions(text):
            functions.setdefault(function.query, function)
    if not functions:
        raise DataError(f"data: {len(texts)} texts hold no documented function; add more code")
    return list(functions.values())


def _functions(text: str) -> Iterator[DocumentedFunction]:
    """Those of Python source, or the one that a piece of `code` and `docstring` is."""
    if is_piece(text):
        piece = decode_piece(text, ("code", "docstring"))
        yield DocumentedFunction(text, piece["docstring"], piece["code"], piece["code"])
    else:
        yield from documented_functions(text)


def encode_pairs(queries: Sequence[str], codes: Sequence[str], tokenizer: Any, length: int) -> Pairs:
    """Tokens of as many docstrings as functions, cut to a quarter of `length` and to `length`."""
    query_length = max(length // QUERY_SHARE, 1)
    return Pairs(padded(encode(queries, tokenizer), query_length), padded(encode(codes, tokenizer), length))


def embed(model: Any, tokens: Tensor) -> Tensor:
    """Unit vectors, float32 (n, width), of token ids (n, length): the mean of the last hidden states."""
    return torch.cat([_embed(model, part) for part in torch.split(tokens, MEASURED_AT_ONCE)])


def matching_loss(queries: Tensor, codes: Tensor) -> Tensor:
    """InfoNCE in both directions, in nats; row i of `queries` belongs to row i of `codes`.

    van den Oord et al. 2018, "Representation Learning with Contrastive Predictive Coding" (arXiv 1807.03748): the other
    rows of the batch are the wrong answers.
    """
    scores = queries @ codes.T / TEMPERATURE
    right = torch.arange(len(scores))
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2


def _embed(model: Any, tokens: Tensor) -> Tensor:
    here = tokens != PADDING
    width = max(int(here.sum(1).max()), 1)
    here, tokens = here[:, :width], tokens[:, :width].clamp(min=0)
    hidden = encoder_of(model)(input_ids=tokens, attention_mask=here.to(torch.int64)).last_hidden_state
    weights = here.unsqueeze(-1).to(hidden.dtype)
    return functional.normalize((hidden * weights).sum(1) / weights.sum(1).clamp(min=1), dim=-1)
