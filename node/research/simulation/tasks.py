"""What peers of a simulation learn: one port, and the task of a run by its name."""

from typing import Protocol

from node.guideline import Guideline
from node.peer.founding import SealedGuideline
from node.peer.trainer import Learn
from node.ports import ContentStore, Metrics
from node.research.simulation.settings import Settings

__all__ = ["SimulatedTask", "open_task"]


class SimulatedTask(Protocol):
    """The task of one run, with everything that is drawn for it."""

    def pin(self, store: ContentStore) -> SealedGuideline:
        """Put the genesis and the guideline into the store; the same every time."""

    def learner(self, place: int) -> Learn:
        """How the peer in this place trains when it is honest; with an attack on data, also when it is not."""

    def examples(self, place: int) -> int:
        """How many examples the peer in this place has."""

    def measure(self, state: bytes, guideline: Guideline) -> Metrics:
        """The metrics of a state."""

    def close(self) -> None:
        """End what runs beside."""


def open_task(settings: Settings) -> SimulatedTask:
    """The task that the settings name. Raises what making it raises."""
    if settings.task == "synthetic":
        from node.research.simulation.synthetic import SyntheticTask

        return SyntheticTask(settings)
    from node.research.simulation.code_task import CodeTask

    return CodeTask(settings)
