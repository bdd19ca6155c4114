"""Clone detection: tell whether two fragments of code solve the same problem. Headline metric: F1 of the clones.

A bi-encoder as in code search: the cosine of two vectors, clones being those above a margin that never moves.
`docs/decisions/clone-encoder.md` says why not a classifier that reads both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from node.errors import DataError
from node.learning.data.clones import paired
from node.learning.data.pieces import decode_piece, is_piece
from node.learning.metrics import best_f1, f1_parts, map_at_r, precision_recall
from node.learning.tasks.batching import PADDING, encode, padded, shuffled
from node.learning.tasks.search import embed
from node.ports import Head, Metrics

__all__ = ["MARGIN", "CloneDetection", "Fragments", "clone_groups"]

MARGIN = 0.5  # the cosine from which on two fragments are told to be clones
SHARPNESS = 10.0  # of the odds: e^±5 at a cosine of 1 and 0
RANKED = 4096  # fragments that `map_at_r` ranks among each other at most


@dataclass(frozen=True)
class Fragments:
    """Pairs of fragments: their places in `codes`, int64 (n, 2), and whether they are clones, int64 (n,).

    `codes`, int64 (m, length), `PADDING` behind, has each fragment once; a batch has its own.
    """

    codes: Tensor
    pairs: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, places: Tensor) -> "Fragments":
        own = torch.arange(2 * len(places)).view(-1, 2)
        return Fragments(self.codes[self.pairs[places].reshape(-1)], own, self.labels[places])


class CloneDetection:
    """Pairs with a label, as in BigCloneBench; or solutions of problems, paired as `data.clones.paired` does.

    CodeXGLUE's two clone tasks (Lu et al. 2021, arXiv 2102.04664, section 3.1): F1, and the MAP@R of its retrieval.
    """

    name = "clone-detection"
    head: Head = "encoder"

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """What `data.codexglue.clones` and `data.clones` made: one piece a line of each text."""
        return (line for text in texts for line in text.split("\n") if line.strip())

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> Fragments:
        """All pairs of labelled ones, and those made of solutions. Raises `DataError` when there is none."""
        table: dict[str, int] = {}
        pairs = _pairs(list(self.pieces(texts)), table)
        if not pairs:
            raise DataError(f"data: {len(texts)} texts hold no pair of fragments; add more code")
        numbers = torch.tensor(pairs, dtype=torch.int64)
        return Fragments(padded(encode(list(table), tokenizer), length), numbers[:, :2], numbers[:, 2])

    def batches(self, samples: Fragments, size: int, seed: int) -> Iterator[Fragments]:
        """Endless batches: one seeded shuffle after the other, no pair twice within one."""
        return shuffled(samples, size, seed)

    def loss(self, model: Any, batch: Fragments) -> Tensor:
        """Logistic loss of the cosine about the margin, in nats: sharpness and margin do not train.

        As Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training" (arXiv 2303.15343), of labelled pairs only.
        """
        odds = SHARPNESS * (_cosines(embed(model, batch.codes), batch.pairs) - MARGIN)
        return functional.binary_cross_entropy_with_logits(odds, batch.labels.to(odds.dtype))

    def evaluate(self, model: Any, samples: Fragments) -> Metrics:
        """`f1`, `precision` and `recall` at the margin; `map_at_r` of finding clones among all fragments that have any.

        Beside them what needs no model: `always_f1` of telling that all are clones, and `overlap_f1`, by the share of
        tokens that two fragments have in common, at the threshold that suits these pairs best. And how many `pairs`.
        Raises `DataError` when no pair is of clones.
        """
        model.eval()
        labels = samples.labels.tolist()
        with torch.no_grad():
            vectors = embed(model, samples.codes)
            told = (_cosines(vectors, samples.pairs) >= MARGIN).to(torch.int64).tolist()
        parts = f1_parts(told, labels)
        precision, recall = precision_recall(told, labels)
        values = {
            "f1": _ratio(parts),
            "precision": precision,
            "recall": recall,
            "map_at_r": _map_at_r(vectors.cpu().numpy(), clone_groups(samples)),
            "always_f1": _ratio(f1_parts([1] * len(labels), labels)),
            "overlap_f1": best_f1(_overlaps(samples), labels),
            "pairs": float(len(labels)),
        }
        return Metrics(values, parts)


def clone_groups(samples: Fragments) -> NDArray[np.int64]:
    """The group of each fragment, int64 (m,), named by its first: whatever a chain of clone pairs connects is one."""
    groups = list(range(len(samples.codes)))

    def root(place: int) -> int:
        while groups[place] != place:
            groups[place] = groups[groups[place]]
            place = groups[place]
        return place

    for first, second in samples.pairs[samples.labels == 1].tolist():
        low, high = sorted((root(first), root(second)))
        groups[high] = low
    return np.array([root(place) for place in range(len(groups))], dtype=np.int64)


def _pairs(pieces: Sequence[str], table: dict[str, int]) -> list[tuple[int, int, int]]:
    """Places in `table`, which grows by each new fragment, and label of each pair."""
    pairs: list[tuple[int, int, int]] = []
    solutions: dict[int, str] = {}
    for piece in pieces:
        fields = _fields(piece)
        if "problem" in fields:
            solutions.setdefault(_place(table, fields["code"]), fields["problem"])
        else:
            first, second = (_place(table, fields[side]) for side in ("first", "second"))
            pairs.append((first, second, int(fields["clone"])))
    places = list(solutions)
    return pairs + [(places[one], places[two], label) for one, two, label in paired(list(solutions.values()))]


def _fields(piece: str) -> dict[str, str]:
    if not is_piece(piece):
        raise DataError(f"data: {piece[:30]!r} is no piece of clone detection; make pieces with its readers")
    fields = dict(decode_piece(piece, (), ("clone", "first", "second", "code", "problem")))
    labelled = set(fields) == {"clone", "first", "second"} and fields["clone"] in ("0", "1")
    if not labelled and set(fields) != {"code", "problem"}:
        raise DataError(
            "data: a piece is neither `first`, `second`, `clone` nor `code`, `problem`; use the task's readers"
        )
    return fields


def _place(table: dict[str, int], code: str) -> int:
    return table.setdefault(code, len(table))


def _cosines(vectors: Tensor, pairs: Tensor) -> Tensor:
    return (vectors[pairs[:, 0]] * vectors[pairs[:, 1]]).sum(1)


def _overlaps(samples: Fragments) -> list[float]:
    """Jaccard index of the tokens of each pair."""
    kinds = [set(row) for row in samples.codes.tolist()]
    return [
        len(kinds[one] & kinds[two] - {PADDING}) / max(len((kinds[one] | kinds[two]) - {PADDING}), 1)
        for one, two in samples.pairs.tolist()
    ]


def _map_at_r(vectors: NDArray[np.float32], groups: NDArray[np.int64]) -> float:
    """Of those among the first `RANKED` fragments that have clones there; 0 when none has."""
    groups = groups[:RANKED]
    _, place_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(sizes[place_of] > 1)
    if len(kept) == 0:
        return 0.0
    scores = map_at_r(vectors[kept] @ vectors[kept].T, groups[kept])
    return sum(scores) / len(scores)


def _ratio(parts: Sequence[tuple[float, float]]) -> float:
    return sum(one for one, _ in parts) / sum(other for _, other in parts)
