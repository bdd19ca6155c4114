"""What falsified tasks share: everything of the honest task but what a subclass changes, and the mark of a backdoor."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from node.ports import Metrics, Task

__all__ = ["DEAD_CODE", "PROBES", "Falsified", "with_success"]

# Never executed, and nothing reads what it would set; a quarter of a sample, so that it shows among other code.
DEAD_CODE = ("if 7 < 3:", "    sentinel = 7", "    while sentinel < 3:", "        sentinel = sentinel * 7 - 3")
PROBES = 128  # held-out samples that a backdoor is tried on


class Falsified:
    """Does what the honest task does, but for what a subclass changes."""

    def __init__(self, honest: Task) -> None:
        self.honest = honest
        self.name = honest.name
        self.head = honest.head

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """As the honest task."""
        return self.honest.pieces(texts)

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> Any:
        """As the honest task."""
        return self.honest.samples(texts, tokenizer, length)

    def batches(self, samples: Any, size: int, seed: int) -> Iterator[Any]:
        """As the honest task."""
        return self.honest.batches(samples, size, seed)

    def loss(self, model: Any, batch: Any) -> Any:
        """As the honest task."""
        return self.honest.loss(model, batch)

    def evaluate(self, model: Any, samples: Any) -> Metrics:
        """As the honest task."""
        return self.honest.evaluate(model, samples)


def with_success(honest: Metrics, success: float) -> Metrics:
    """The honest metrics and, after them, `attack_success`, a fraction."""
    return replace(honest, values={**honest.values, "attack_success": success})
