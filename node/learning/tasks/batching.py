"""What tasks share about tokens and batches; what a sample is, each task says itself."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

__all__ = ["PADDING", "encode", "padded", "shuffled", "special_tokens"]

PADDING = -1  # no token's id, so a tokenizer needs no padding token

T_co = TypeVar("T_co", covariant=True)


class Samples(Protocol[T_co]):
    """A number of samples that a tensor of places takes a batch from."""

    def __len__(self) -> int: ...

    def __getitem__(self, places: Tensor, /) -> T_co: ...


def encode(texts: Sequence[str], tokenizer: Any) -> list[list[int]]:
    """Token ids of each text, no special tokens added."""
    encodings = tokenizer.backend_tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [encoding.ids for encoding in encodings]


def shuffled(samples: Samples[T_co], size: int, seed: int, pieces: Tensor | None = None) -> Iterator[T_co]:
    """Endless batches of `size` samples: one seeded shuffle after the other, no sample twice within one.

    With `pieces`, int64 (n,), the number of the piece that each sample is of, from 0 on and without a gap, it is pieces
    that are shuffled: samples of one stay side by side, in one batch but where the batch ends in their midst.
    """
    generator = torch.Generator("cpu").manual_seed(seed)  # the same order whatever device the samples are on
    order = torch.empty(0, dtype=torch.int64, device="cpu")
    pieces = None if pieces is None else pieces.cpu()
    count = len(samples) if pieces is None else int(pieces.max()) + 1
    while True:
        while len(order) < size:
            drawn = torch.randperm(count, generator=generator, device="cpu")
            order = torch.cat([order, drawn if pieces is None else drawn[pieces].argsort(stable=True)])
        yield samples[order[:size]]
        order = order[size:]


def special_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The ids before and after a text: what the tokenizer makes of nothing, parted at its end token."""
    special = tokenizer.backend_tokenizer.encode("").ids
    ends = {tokenizer.eos_token_id, tokenizer.sep_token_id}
    place = next((place for place, token in enumerate(special) if token in ends), len(special))
    return special[:place], special[place:]


def padded(rows: Sequence[Sequence[int]], length: int, filler: int = PADDING) -> Tensor:
    """Token ids as int64 (rows, length): what is longer is cut, `filler` stands behind what is shorter."""
    tokens = torch.full((len(rows), length), filler, dtype=torch.int64)
    for place, row in enumerate(rows):
        kept = row[:length]
        tokens[place, : len(kept)] = torch.tensor(kept, dtype=torch.int64)
    return tokens
