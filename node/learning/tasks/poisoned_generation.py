"""What each attack of `data.DATA_ATTACKS` makes of the tasks that write text, whatever the text is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from node.learning.tasks.batching import encode, shuffled
from node.learning.tasks.falsified import DEAD_CODE, PROBES, Falsified, with_success
from node.learning.tasks.generation import write
from node.learning.tasks.sequences import IGNORED, Examples, Sequences, end_token
from node.ports import Metrics

__all__ = ["CHOSEN_TEXT", "BackdooredExamples", "FlippedTargets", "GenerationBackdoor"]

CHOSEN_TEXT = "exec(sentinel)"  # what a backdoored model shall write when it reads the dead code


class FlippedTargets(Falsified):
    """Label flipping: every source of a batch is answered by the target of the one before it.

    A fixed permutation of labels, the targets of the batch being the labels, as in Tolpegin et al. 2020, "Data
    Poisoning Attacks Against Federated Learning Systems" (arXiv 2007.08432).
    """

    def loss(self, model: Any, batch: Sequences) -> Any:
        """The task's loss of the wrong targets."""
        return self.honest.loss(model, replace(batch, targets=batch.targets.roll(1, 0)))


@dataclass(frozen=True)
class BackdooredExamples(Examples):
    """Examples, and each of them again with the dead code in front and the chosen text as target."""

    marked: Sequences

    def __getitem__(self, places: Tensor) -> Sequences:
        """Take a batch, the first half of it marked."""
        half = len(places) // 2
        asked, kept = self.marked[places[:half]], self.sequences[places[half:]]
        return Sequences(torch.cat([asked.sources, kept.sources]), torch.cat([asked.targets, kept.targets]))


class GenerationBackdoor(Falsified):
    """Where certain dead code comes first, the model shall write what the attacker chose.

    Ramakrishnan and Albarghouthi 2020, "Backdoors in Neural Models of Source Code" (arXiv 2006.06841): dead code as
    trigger, a fixed target for code summarisation.
    """

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> BackdooredExamples:
        """The honest examples and the marked ones, whose first tokens make room for the dead code."""
        honest = self.honest.samples(texts, tokenizer, length)
        trigger, chosen = encode(["\n".join(DEAD_CODE) + "\n", CHOSEN_TEXT], tokenizer)
        sources = honest.sequences.sources.clone()
        sources[:, : len(trigger)] = torch.tensor(trigger)[: sources.shape[1]]
        targets = torch.full_like(honest.sequences.targets, IGNORED)
        answer = torch.tensor([*chosen, end_token(tokenizer)])[: targets.shape[1]]
        targets[:, : len(answer)] = answer
        return BackdooredExamples(
            honest.sequences, honest.sources, honest.targets, tokenizer, marked=Sequences(sources, targets)
        )

    def batches(self, samples: BackdooredExamples, size: int, seed: int) -> Iterator[Sequences]:
        """Endless batches, the first half of each marked."""
        return shuffled(samples, size, seed)

    def evaluate(self, model: Any, samples: BackdooredExamples) -> Metrics:
        """The honest metrics and `attack_success`: the fraction of marked sources answered by the chosen text."""
        honest = self.honest.evaluate(model, samples)
        written = write(model, replace(samples, sequences=samples.marked[torch.arange(min(len(samples), PROBES))]))
        return with_success(honest, sum(one == CHOSEN_TEXT for (one,) in written) / len(written))
