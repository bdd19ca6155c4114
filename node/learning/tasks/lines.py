"""Line completion: write the rest of a line of code. Headline metric: edit similarity, a fraction of one.

CodeXGLUE's line-level code completion (Lu et al. 2021, arXiv 2102.04664, section 3.6).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from node.errors import DataError
from node.learning.data.codexglue.completions import plain_code
from node.learning.data.pieces import decode_piece, is_piece
from node.learning.metrics import edit_similarities, exact_matches, mean_fraction, most_frequent
from node.learning.tasks.batching import shuffled
from node.learning.tasks.generation import target_loss, write
from node.learning.tasks.sequences import Examples, Instruction, Sequences, encode_examples
from node.ports import Head, Metrics

__all__ = ["LineCompletion"]

LINE_SHARE = 4  # a line has a quarter of a sample's tokens


class LineCompletion:
    """From the code before a place to the rest of its line, with a causal language model."""

    name = "line-completion"
    head: Head = "causal"

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """The pieces that `data.codexglue` read; source code holds none."""
        return (text for text in texts if is_piece(text))

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> Examples:
        """The code before each place, the end of it that fits, and the rest of the line: `length` tokens together.

        Raises `DataError` for texts without a piece.
        """
        pieces = [decode_piece(text, ("gt", "input")) for text in self.pieces(texts)]
        if not pieces:
            raise DataError(f"data: {len(texts)} texts hold no line to complete; add more code")
        pairs = [(plain_code(piece["input"]), f" {plain_code(piece['gt'])}") for piece in pieces]
        room = max(length // LINE_SHARE, 1)
        return encode_examples(pairs, tokenizer, (length - room, room), keep="end", instruction=Instruction())

    def batches(self, samples: Examples, size: int, seed: int) -> Iterator[Sequences]:
        """Endless batches: one seeded shuffle after the other, no line twice within one."""
        return shuffled(samples, size, seed)

    def loss(self, model: Any, batch: Sequences) -> Tensor:
        """Mean cross-entropy per token of the lines' rests, in nats."""
        return target_loss(model, batch)

    def evaluate(self, model: Any, samples: Examples) -> Metrics:
        """`edit_similarity` and `exact_match` as CodeXGLUE computes them, as fractions, of the first line written.

        Both are means over lines. The former leads, because it tells small models apart that hardly complete a line in
        full. Beside them what no model is needed for: `copy_…` of the last whole line before the place, `frequent_…` of
        the most frequent rest of those held out; and how many `lines` there were.
        """
        wanted = [target.removeprefix(" ") for target in samples.targets]
        written = [one.partition("\n")[0].removeprefix(" ") for (one,) in write(model, samples)]
        guesses = {
            "": written,
            "copy_": [_line_before(source) for source in samples.sources],
            "frequent_": [most_frequent(wanted)] * len(wanted),
        }
        values: dict[str, float] = {}
        for prefix, guess in guesses.items():
            values[f"{prefix}edit_similarity"] = mean_fraction(edit_similarities(guess, wanted))
            values[f"{prefix}exact_match"] = mean_fraction(exact_matches(guess, wanted))
        values["lines"] = float(len(wanted))
        return Metrics(values, tuple((one / 100, 1.0) for one in edit_similarities(written, wanted)))


def _line_before(source: str) -> str:
    lines = source.split("\n")
    return lines[-2].strip() if len(lines) > 1 else ""
