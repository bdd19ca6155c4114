"""Defect detection: tell functions with a defect from those without. Headline metric: accuracy, a fraction of one.

A classifier of sequences with two labels, whatever its family: RoBERTa's reads the first token's state, T5's the one of
the decoder's last end token, GPT-2's and Llama's the one of the last token that is no padding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from node.errors import DataError
from node.learning.data.pieces import decode_piece, is_piece
from node.learning.tasks.batching import PADDING, encode, padded, shuffled, special_tokens
from node.ports import Head, Metrics

__all__ = ["DefectDetection", "Labelled", "class_logits", "encode_codes"]

MEASURED_AT_ONCE = 32  # functions; bounds the states held in memory


@dataclass(frozen=True)
class Labelled:
    """Functions, int64 (n, length), `PADDING` behind; whether each has a defect (1) or not (0), int64 (n,).

    `pieces`, int64 (n,): the number of the piece that each is of, the two of a pair being of one.
    """

    tokens: Tensor
    labels: Tensor
    pieces: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, places: Tensor) -> "Labelled":
        return Labelled(self.tokens[places], self.labels[places], self.pieces[places])


class DefectDetection:
    """Functions with a label, as in Devign; or functions before and after their fix, which are two samples.

    CodeXGLUE's defect detection (Lu et al. 2021, arXiv 2102.04664, section 3.2). A function and its fix are one piece,
    so that no split and no partition parts them: whoever has seen one of the two knows what the other lacks.
    """

    name = "defect-detection"
    head: Head = "classifier"

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """What `data.codexglue.defects` read: one piece a line of each text."""
        return (line for text in texts for line in text.split("\n") if line.strip())

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> Labelled:
        """A sample for each labelled function, two for each pair. Raises `DataError` when there is none."""
        numbered = enumerate(self.pieces(texts))
        functions = [(code, label, number) for number, piece in numbered for code, label in _functions(piece)]
        if not functions:
            raise DataError(f"data: {len(texts)} texts hold no function with a label; add more code")
        codes, labels, pieces = zip(*functions, strict=True)
        return Labelled(encode_codes(codes, tokenizer, length), torch.tensor(labels), torch.tensor(pieces))

    def batches(self, samples: Labelled, size: int, seed: int) -> Iterator[Labelled]:
        """Endless batches: one seeded shuffle of the pieces after the other, no function twice within one.

        A function and its fix come together, so that what they have in common teaches nothing and what sets them apart
        is not lost in it: see docs/tasks.md for what that is worth.
        """
        return shuffled(samples, size, seed, samples.pieces)

    def loss(self, model: Any, batch: Labelled) -> Tensor:
        """Mean cross-entropy per function, in nats."""
        return functional.cross_entropy(class_logits(model, batch.tokens), batch.labels)

    def evaluate(self, model: Any, samples: Labelled) -> Metrics:
        """`accuracy`, and beside it `frequent_accuracy`, that of always telling the more frequent label of these.

        And how many `functions` there were.
        """
        model.eval()
        with torch.no_grad():
            logits = [class_logits(model, part) for part in torch.split(samples.tokens, MEASURED_AT_ONCE)]
        right = (torch.cat(logits).argmax(-1) == samples.labels).to(torch.float64).tolist()
        n, defects = len(right), int(samples.labels.sum())
        values = {
            "accuracy": sum(right) / n,
            "frequent_accuracy": max(defects, n - defects) / n,
            "functions": float(n),
        }
        return Metrics(values, tuple((one, 1.0) for one in right))


def encode_codes(codes: Sequence[str], tokenizer: Any, length: int) -> Tensor:
    """Tokens of each function, int64 (n, length), cut so that the tokenizer's special tokens before and behind it stay.

    Special tokens that the code itself spells are left out: T5 wants as many end tokens in each row. Where the
    tokenizer puts none around a text, the one that stands for a class begins it and an end token closes it.
    """
    first, last = special_tokens(tokenizer)
    if not first and not last:
        end = tokenizer.sep_token_id if tokenizer.eos_token_id is None else tokenizer.eos_token_id
        first, last = ([] if one is None else [one] for one in (tokenizer.cls_token_id, end))
    room = max(length - len(first) - len(last), 0)
    marks = _marks(tokenizer)
    rows = [[token for token in ids if token not in marks] for ids in encode(codes, tokenizer)]
    return padded([[*first, *row[:room], *last] for row in rows], length)


def class_logits(model: Any, tokens: Tensor) -> Tensor:
    """Logits of the labels, float32 (n, labels), of token ids (n, length), `PADDING` behind; a row is never empty."""
    here = tokens != PADDING
    width = max(int(here.sum(1).max()), 1)
    here, tokens = here[:, :width], tokens[:, :width]
    ids = tokens.masked_fill(~here, model.config.pad_token_id)
    logits: Tensor = model(input_ids=ids, attention_mask=here.to(torch.int64)).logits
    return logits


def _functions(piece: str) -> Iterator[tuple[str, int]]:
    """Code and label of what a piece holds."""
    if not is_piece(piece):
        raise DataError(f"data: {piece[:30]!r} is no piece of defect detection; make pieces with its readers")
    fields = decode_piece(piece, (), ("buggy", "fixed", "code", "defect", "project"))
    if set(fields) == {"buggy", "fixed"}:
        yield from ((fields["buggy"], 1), (fields["fixed"], 0))
    elif {"code", "defect"} == set(fields) - {"project"} and fields["defect"] in ("0", "1"):
        yield fields["code"], int(fields["defect"])
    else:
        raise DataError(
            "data: a piece is neither `buggy` and `fixed` nor `code` and `defect` of 0 or 1; use the readers"
        )


def _marks(tokenizer: Any) -> set[int | None]:
    """Ids that tell a model where a text begins and ends, or that it is over."""
    named = ("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id", "pad_token_id")
    return {getattr(tokenizer, name) for name in named}
