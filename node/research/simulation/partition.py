"""Who holds what of the made-up samples of a synthetic task: repositories of equal size, dealt out by a partition."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from node.research.simulation.settings import Settings

__all__ = ["Holdings", "deal"]

REPOSITORIES = 10
SAMPLES = 100  # of each peer on average


@dataclass(frozen=True)
class Holdings:
    """How many samples of each repository every peer holds."""

    by_peer: tuple[Mapping[int, int], ...]

    def size(self, place: int) -> int:
        """How many samples a peer holds."""
        return sum(self.by_peer[place].values())

    def relative_size(self, place: int) -> float:
        """The same, compared with the average peer."""
        return self.size(place) * len(self.by_peer) / sum(map(self.size, range(len(self.by_peer))))

    def excess(self, place: int) -> Mapping[int, float]:
        """By repository, the share of a peer's samples less that of everybody's; where there is a difference."""
        everywhere = sum((Counter(one) for one in self.by_peer), Counter[int]())
        shares = {one: self.by_peer[place].get(one, 0) / self.size(place) for one in sorted(everywhere)}
        found = {one: share - everywhere[one] / everywhere.total() for one, share in shares.items()}
        return {one: excess for one, excess in found.items() if excess}


def deal(settings: Settings) -> Holdings:
    """Deal as the partition says. Raises `DataError` when it cannot."""
    one_each = settings.partition.startswith("by_repository")
    repositories = max(REPOSITORIES, settings.peers) if one_each else REPOSITORIES
    samples = SAMPLES * settings.peers
    labels = [sample * repositories // samples for sample in range(samples)]
    parts = settings.make_partition()([str(label) for label in labels], settings.peers, settings.seed)
    return Holdings(tuple(Counter(labels[place] for place in part) for part in parts))
