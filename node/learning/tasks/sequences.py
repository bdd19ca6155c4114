"""Samples of the tasks that write text: source tokens, target tokens, and the texts that they stand for.

How a model learns from them and writes its own targets is `generation`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from node.learning.tasks.batching import encode, padded, special_tokens

__all__ = ["IGNORED", "Examples", "Instruction", "Sequences", "encode_examples", "end_token"]

IGNORED = -100  # no token's id; also what PyTorch's cross-entropy leaves out


@dataclass(frozen=True)
class Sequences:
    """Token ids, int64: sources (n, s) and targets (n, t) with an end token; `IGNORED` fills up on the right."""

    sources: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, places: Tensor) -> "Sequences":
        return Sequences(self.sources[places], self.targets[places])


@dataclass(frozen=True)
class Examples:
    """Sequences, the whole texts that they were cut from, and the tokenizer that reads a model's answers.

    Taking a batch leaves the texts behind: learning needs none.
    """

    sequences: Sequences
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    tokenizer: Any = field(repr=False)

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, places: Tensor) -> Sequences:
        return self.sequences[places]


@dataclass(frozen=True)
class Instruction:
    """What stands around a source that a causal language model shall answer."""

    before: str = ""
    after: str = ""


def encode_examples(
    pairs: Sequence[tuple[str, str]],
    tokenizer: Any,
    lengths: tuple[int, int],
    keep: Literal["start", "end"] = "start",
    instruction: Instruction | None = None,
) -> Examples:
    """Tokens of (source, target) texts, cut to `lengths`; of a source that is too long, the start or the end is kept.

    A source gets the special tokens that the tokenizer puts around a text; with an instruction, which is never cut,
    only those before it, as the answer goes on where it ends. An end token closes a target that was not cut.
    """
    first, last = special_tokens(tokenizer)
    if instruction:
        before, after = encode([instruction.before, instruction.after], tokenizer)
        first, last = [*first, *before], after
    room = max(lengths[0] - len(first) - len(last), 0)
    sources, targets = ([pair[side] for pair in pairs] for side in (0, 1))
    kept = [ids[:room] if keep == "start" else ids[max(len(ids) - room, 0) :] for ids in encode(sources, tokenizer)]
    end = end_token(tokenizer)
    sequences = Sequences(
        padded([[*first, *ids, *last] or [end] for ids in kept], lengths[0], IGNORED),
        padded([[*ids, end] for ids in encode(targets, tokenizer)], lengths[1], IGNORED),
    )
    return Examples(sequences, tuple(sources), tuple(targets), tokenizer)


def end_token(tokenizer: Any) -> int:
    """The token that ends a text."""
    end = tokenizer.eos_token_id
    return int(tokenizer.sep_token_id if end is None else end)
