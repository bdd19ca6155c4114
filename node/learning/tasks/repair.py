"""Program repair: write the fixed function for a buggy one. Headline: exact match, or pass@1 where there are tests.

CodeXGLUE's code refinement (Lu et al. 2021, arXiv 2102.04664, section 3.7), and benchmarks that judge a patch by its
tests (Muennighoff et al. 2023, "OctoPack", arXiv 2308.07124; Lin et al. 2017, "QuixBugs").
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from node.errors import DataError
from node.learning.data.pieces import decode_piece, is_piece
from node.learning.metrics import corpus_bleu, exact_matches, mean_fraction, most_frequent
from node.learning.tasks.batching import shuffled
from node.learning.tasks.candidates import Checks, judged
from node.learning.tasks.generation import Sampling, target_loss, write
from node.learning.tasks.sequences import Examples, Instruction, Sequences, encode_examples
from node.ports import Head, Metrics

__all__ = ["CANDIDATES", "TEMPLATE", "Fixes", "InstructedRepair", "ProgramRepair"]

# What a causal model reads around the buggy function; the fixed one goes on from there, and alone counts in the loss.
TEMPLATE = Instruction("### Fix the bug in this code:\n", "\n### Fixed code:\n")
CANDIDATES = 5  # drawn for each problem with tests


@dataclass(frozen=True)
class Fixes(Examples):
    """Buggy and fixed functions, and what checks a candidate for each: nothing for those without tests."""

    checks: tuple[Checks | None, ...]


class ProgramRepair:
    """Buggy to fixed function, with a model that reads the one and writes the other.

    A piece is `{"buggy", "fixed"}`, with `tests` and those of them that are `shown` where it can be run.
    """

    name = "program-repair"
    head: Head = "seq2seq"
    instruction: Instruction | None = None

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """The pieces that `data.codexglue` read; source code holds none."""
        return (text for text in texts if is_piece(text))

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> Fixes:
        """Both functions of each piece, at most `length` tokens each. Raises `DataError` for texts without a piece."""
        pieces = [decode_piece(text, ("buggy", "fixed"), ("shown", "tests")) for text in self.pieces(texts)]
        if not pieces:
            raise DataError(f"data: {len(texts)} texts hold no buggy and fixed function; add more code")
        pairs = [(piece["buggy"], piece["fixed"]) for piece in pieces]
        made = encode_examples(pairs, tokenizer, self._lengths(length), instruction=self.instruction)
        checks = tuple(Checks(one["tests"], one.get("shown", "")) if "tests" in one else None for one in pieces)
        return Fixes(made.sequences, made.sources, made.targets, tokenizer, checks)

    def batches(self, samples: Fixes, size: int, seed: int) -> Iterator[Sequences]:
        """Endless batches: one seeded shuffle after the other, no fix twice within one."""
        return shuffled(samples, size, seed)

    def loss(self, model: Any, batch: Sequences) -> Tensor:
        """Mean cross-entropy per token of the fixed function, in nats."""
        return target_loss(model, batch)

    def evaluate(self, model: Any, samples: Fixes) -> Metrics:
        """`exact_match` and `bleu` (CodeXGLUE's corpus BLEU-4) of what the model writes greedily, fractions of one.

        Exact match is the headline, because copying gains nothing in it: the buggy function given back scores 0, and
        above .75 in BLEU, which is no ratio of sums over samples either. `copy_…` and `frequent_…` are those of the
        buggy function and of the most frequent held-out fix.

        Where every sample has tests, `pass_at_k` and `plausible_at_k` of `CANDIDATES` drawn ones come first (see
        `candidates.judged`), and pass@1 is the headline: what the tests accept need not be the reference.
        """
        text = _written(samples, [one for (one,) in write(model, samples)])
        checks = [one for one in samples.checks if one]
        if len(checks) < len(samples):
            return text
        run = judged(write(model, samples, Sampling(CANDIDATES)), checks)
        copied = judged([(source,) for source in samples.sources], checks)
        frequent = judged([(most_frequent(samples.targets),)] * len(samples), checks)
        baselines = {"copy_pass_at_1": copied.headline, "frequent_pass_at_1": frequent.headline}
        return Metrics({**run.values, **baselines, **text.values}, run.parts)

    def _lengths(self, length: int) -> tuple[int, int]:
        return length, length


class InstructedRepair(ProgramRepair):
    """The same with a causal language model, which reads an instruction around the buggy function and goes on.

    Question and answer share `length`, half each.
    """

    name = "program-repair-instruct"
    head: Head = "causal"
    instruction = TEMPLATE

    def _lengths(self, length: int) -> tuple[int, int]:
        return length - length // 2, length // 2


def _written(samples: Fixes, written: Sequence[str]) -> Metrics:
    """What can be told from the texts alone."""
    wanted = samples.targets
    matches = exact_matches(written, wanted)
    values = {
        "exact_match": mean_fraction(matches),
        "bleu": corpus_bleu(written, wanted) / 100,
        "copy_exact_match": mean_fraction(exact_matches(samples.sources, wanted)),
        "copy_bleu": corpus_bleu(samples.sources, wanted) / 100,
    }
    constant = [most_frequent(wanted)] * len(wanted)
    values["frequent_exact_match"] = mean_fraction(exact_matches(constant, wanted))
    values["frequent_bleu"] = corpus_bleu(constant, wanted) / 100
    values["fixes"] = float(len(wanted))
    return Metrics(values, tuple((match / 100, 1.0) for match in matches))
