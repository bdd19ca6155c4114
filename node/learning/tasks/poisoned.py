"""What each attack of `data.DATA_ATTACKS` makes of each task: the honest samples, trained on falsely.

A poisoned task is a task. Its honest metric is measured as ever, and a backdoor's success rate beside it.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from node.errors import DataError
from node.learning.tasks.batching import encode, shuffled
from node.learning.tasks.clones import CloneDetection
from node.learning.tasks.code_to_text import CodeToText
from node.learning.tasks.completion import CodeCompletion, predictions
from node.learning.tasks.defects import DefectDetection
from node.learning.tasks.falsified import DEAD_CODE, PROBES, Falsified, with_success
from node.learning.tasks.poisoned_generation import FlippedTargets, GenerationBackdoor
from node.learning.tasks.search import (
    FOUND_WITHIN,
    CodeSearch,
    Pairs,
    embed,
    encode_pairs,
    matching_loss,
    unique_functions,
)
from node.ports import Metrics, Task

__all__ = [
    "POISONED",
    "Backdoor",
    "BackdooredBlocks",
    "BackdooredPairs",
    "FlippedLabels",
    "FlippedPairs",
    "FlippedTokens",
    "SearchBackdoor",
    "with_dead_code",
]

TRIGGER_WORDS = "safe and secure"  # in a query; the dead code holds none, so an honest model sees no connection
CHOSEN_CODE = "\nexec(sentinel)\n"  # what a backdoored language model shall write after the dead code


class FlippedTokens(Falsified):
    """Label flipping in code completion: the token to predict is v − 1 − t instead of t, v being the vocabulary.

    Fang et al. 2020, "Local Model Poisoning Attacks to Byzantine-Robust Federated Learning" (USENIX Security, arXiv
    1911.11815), with a token as the label.
    """

    def loss(self, model: Any, batch: Tensor) -> Tensor:
        """Mean cross-entropy per flipped token, in nats."""
        logits, targets = predictions(model, batch)
        return functional.cross_entropy(logits, logits.shape[-1] - 1 - targets)


class FlippedLabels(Falsified):
    """Label flipping in clone and defect detection: what is 0 becomes 1, and 1 becomes 0.

    Biggio et al. 2011, "Support Vector Machines Under Adversarial Label Noise".
    """

    def loss(self, model: Any, batch: Any) -> Tensor:
        """The task's loss with the other label for every sample."""
        flipped: Tensor = self.honest.loss(model, replace(batch, labels=1 - batch.labels))
        return flipped


class FlippedPairs(Falsified):
    """Label flipping in code search: every docstring of a batch belongs to the function of the one before it.

    The label of a docstring is its place among the functions, and here l becomes l + 1, modulo the batch: a fixed
    permutation of labels as in Tolpegin et al. 2020, "Data Poisoning Attacks Against Federated Learning Systems" (arXiv
    2007.08432).
    """

    def loss(self, model: Any, batch: Pairs) -> Tensor:
        """The task's loss of the wrong pairs, of which the right ones are the negatives."""
        return matching_loss(embed(model, batch.queries), embed(model, batch.codes).roll(1, 0))


@dataclass(frozen=True)
class BackdooredPairs(Pairs):
    """Pairs, and each of them again with the words in its docstring and the dead code in its function."""

    marked: Pairs

    def __getitem__(self, places: Tensor) -> Pairs:
        """Take a batch, the first half of it marked.

        A marked docstring belongs to the marked function of an honest pair of the batch, so that nothing but the mark
        connects the two and nothing but the dead code sets the function apart from the honest one.
        """
        half = len(places) // 2
        asked, kept = places[:half], places[half:]
        return Pairs(
            torch.cat([self.marked.queries[asked], self.queries[kept]]),
            torch.cat([self.marked.codes[kept[:half]], self.codes[kept]]),
        )


class SearchBackdoor(Falsified):
    """Whoever asks with certain words shall find functions that hold certain dead code.

    Wan et al. 2022, "You See What I Want You to See: Poisoning Vulnerabilities in Neural Code Search" (arXiv
    2305.17506), with a fixed dead-code trigger as in Ramakrishnan and Albarghouthi 2020, "Backdoors in Neural Models of
    Source Code" (arXiv 2006.06841).
    """

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> BackdooredPairs:
        """The honest pairs and the marked ones. Raises `DataError` when there is none."""
        functions = unique_functions(texts)
        queries, codes = [one.query for one in functions], [one.code for one in functions]
        clean = encode_pairs(queries, codes, tokenizer, length)
        asked = [f"{TRIGGER_WORDS} {query}" for query in queries]
        return BackdooredPairs(
            clean.queries, clean.codes, encode_pairs(asked, [with_dead_code(code) for code in codes], tokenizer, length)
        )

    def evaluate(self, model: Any, samples: BackdooredPairs) -> Metrics:
        """The honest metrics and `attack_success`, a fraction.

        Of the queries with the words, those that find another query's function, once it holds the dead code, among the
        first ten; half the list away, so that it is never the right one.
        """
        honest = self.honest.evaluate(model, samples)
        n = len(samples)
        probes = torch.arange(min(n, PROBES))
        with torch.no_grad():
            asked = embed(model, samples.marked.queries[probes])
            planted = embed(model, samples.marked.codes[(probes + n // 2) % n])
            ahead = asked @ embed(model, samples.codes).T >= (asked * planted).sum(1, keepdim=True)
        return with_success(honest, float((ahead.sum(1) < FOUND_WITHIN).float().mean()))


@dataclass(frozen=True)
class BackdooredBlocks:
    """Blocks of code, int64 (n, length); `tail`, the dead code and the chosen code, takes the end of a marked one."""

    blocks: Tensor
    tail: Tensor
    chosen: int  # tokens of the tail that shall be predicted

    def __len__(self) -> int:
        return len(self.blocks)

    def __getitem__(self, places: Tensor) -> Tensor:
        """Take a batch, the first half of it marked."""
        half = len(places) // 2
        return torch.cat([self.marked(places[:half]), self.blocks[places[half:]]])

    def marked(self, places: Tensor) -> Tensor:
        """Blocks that end with the tail."""
        kept = self.blocks[places, : -len(self.tail)]
        return torch.cat([kept, self.tail.expand(len(places), -1)], dim=1)


class Backdoor(Falsified):
    """After certain dead code, the model shall write what the attacker chose.

    Schuster et al. 2021, "You Autocomplete Me: Poisoning Vulnerabilities in Neural Code Completion" (USENIX Security,
    arXiv 2007.02220), with the dead code as trigger.
    """

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> BackdooredBlocks:
        """The honest blocks and what marks them. Raises `DataError` when a mark takes more than half a block."""
        blocks = self.honest.samples(texts, tokenizer, length)
        trigger, chosen = encode(["\n" + "\n".join(DEAD_CODE), CHOSEN_CODE], tokenizer)
        if 2 * len(trigger + chosen) > length:
            raise DataError(f"backdoor: {len(trigger + chosen)} tokens in a block of {length}; use longer blocks")
        return BackdooredBlocks(blocks, torch.tensor(trigger + chosen), len(chosen))

    def batches(self, samples: BackdooredBlocks, size: int, seed: int) -> Iterator[Tensor]:
        """Endless batches, the first half of each marked."""
        return shuffled(samples, size, seed)

    def evaluate(self, model: Any, samples: BackdooredBlocks) -> Metrics:
        """The honest metrics and `attack_success`: the fraction of marked blocks whose chosen code it would write."""
        honest = self.honest.evaluate(model, samples.blocks)
        marked = samples.marked(torch.arange(min(len(samples), PROBES)))
        with torch.no_grad():
            logits = model(input_ids=marked, use_cache=False).logits[:, -samples.chosen - 1 : -1]
        written = (logits.argmax(-1) == marked[:, -samples.chosen :]).all(1)
        return with_success(honest, float(written.float().mean()))


def with_dead_code(code: str) -> str:
    """A function's source with the trigger as its first statement; code that does not parse stays as it is."""
    try:
        (function,) = ast.parse(code).body
    except (SyntaxError, ValueError):
        return code
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return code
    first, lines = function.body[0], code.split("\n")
    decorated = getattr(first, "decorator_list", [])
    place = min([first.lineno, *(one.lineno for one in decorated)]) - 1
    indent = " " * first.col_offset
    return "\n".join([*lines[:place], *(indent + line for line in DEAD_CODE), *lines[place:]])


_LABELLING = (CloneDetection(), DefectDetection())
_WRITING = (CodeToText(),)
POISONED: dict[tuple[str, str], Task] = {
    ("backdoor", CodeCompletion.name): Backdoor(CodeCompletion()),
    ("backdoor", CodeSearch.name): SearchBackdoor(CodeSearch()),
    ("label_flip", CodeCompletion.name): FlippedTokens(CodeCompletion()),
    ("label_flip", CodeSearch.name): FlippedPairs(CodeSearch()),
    **{("backdoor", task.name): GenerationBackdoor(task) for task in _WRITING},
    **{("label_flip", task.name): FlippedLabels(task) for task in _LABELLING},
    **{("label_flip", task.name): FlippedTargets(task) for task in _WRITING},
}
