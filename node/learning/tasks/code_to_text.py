"""Code to text: write the sentence that says what a function does. Headline metric: smoothed BLEU-4, a fraction of one.

CodeXGLUE's code summarisation (Lu et al. 2021, arXiv 2102.04664, section 3.9).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from node.errors import DataError
from node.learning.data.functions import documented_functions
from node.learning.data.pieces import decode_piece, is_piece
from node.learning.metrics import mean_fraction, most_frequent, smoothed_bleus
from node.learning.tasks.batching import shuffled
from node.learning.tasks.generation import target_loss, write
from node.learning.tasks.sequences import Examples, Sequences, encode_examples
from node.ports import Head, Metrics

__all__ = ["CodeToText"]

TEXT_SHARE = 2  # a text has half of the code's tokens, as in CodeXGLUE's pipeline


class CodeToText:
    """Function to the first paragraph of its docstring, with a model that reads the one and writes the other.

    The function keeps its name, and loses its docstring.
    """

    name = "code-to-text"
    head: Head = "seq2seq"

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """Each documented function of Python source; what `data.codexglue` read stays as it is."""
        for text in texts:
            yield from [text] if is_piece(text) else (function.text for function in documented_functions(text))

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> Examples:
        """A pair of code, at most `length` tokens, and text, at most half as many. Raises `DataError` for none."""
        pairs = [pair for text in texts for pair in _pairs(text)]
        if not pairs:
            raise DataError(f"data: {len(texts)} texts hold no documented function; add more code")
        return encode_examples(pairs, tokenizer, (length, max(length // TEXT_SHARE, 1)))

    def batches(self, samples: Examples, size: int, seed: int) -> Iterator[Sequences]:
        """Endless batches: one seeded shuffle after the other, no pair twice within one."""
        return shuffled(samples, size, seed)

    def loss(self, model: Any, batch: Sequences) -> Tensor:
        """Mean cross-entropy per token of the text, in nats."""
        return target_loss(model, batch)

    def evaluate(self, model: Any, samples: Examples) -> Metrics:
        """`bleu`: the mean of CodeXGLUE's smoothed BLEU-4 over all texts, of what the model writes greedily.

        Beside it what no model is needed for: `copy_bleu` of the code itself, `frequent_bleu` of the most frequent text
        of those held out; and how many `texts` there were.
        """
        wanted = samples.targets
        scores = smoothed_bleus([one for (one,) in write(model, samples)], wanted)
        values = {
            "bleu": mean_fraction(scores),
            "copy_bleu": mean_fraction(smoothed_bleus(samples.sources, wanted)),
            "frequent_bleu": mean_fraction(smoothed_bleus([most_frequent(wanted)] * len(wanted), wanted)),
            "texts": float(len(wanted)),
        }
        return Metrics(values, tuple((score / 100, 1.0) for score in scores))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    if is_piece(text):
        piece = decode_piece(text, ("code", "docstring"))
        yield piece["code"], piece["docstring"]
    else:
        yield from ((function.rest, function.query) for function in documented_functions(text))
