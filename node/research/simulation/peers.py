"""What is particular to the peers of a simulation: they share what they read, show what they send, and sync nothing.

Everything else of them is the node's own.
"""

from dataclasses import dataclass, field

from aggregator.delta import decode_update
from node.chain.words import Role
from node.peer.claims import Claimable
from node.peer.conclude import Conclusion, expected_header
from node.peer.history import History, RoundHistory, extend
from node.peer.inputs import load_state
from node.peer.journal import Journal
from node.peer.observe import Observer
from node.peer.trainer import Learned, Trainer
from node.peer.validator import Validator
from node.ports import Chain, ContentStore
from node.research.simulation.scene import Scene, Values
from node.types import Address, RoundId

__all__ = ["Chronicle", "OpenTrainer", "SharingObserver", "SharingValidator"]


@dataclass
class Chronicle:
    """The past as everybody who reads the same chain knows it: folded once for all peers of the process."""

    chain: Chain
    history: History = field(default_factory=History)
    lots: dict[tuple[RoundId, Role], tuple[Address, ...]] = field(default_factory=dict)
    conclusions: dict[RoundId, tuple[object, Conclusion]] = field(default_factory=dict)

    def read(self) -> History:
        """The past up to the latest block."""
        news = self.chain.events(self.history.block + 1)
        if news:
            self.history = extend(self.history, news)
        return self.history


@dataclass
class SharingObserver(Observer):
    """Reads the past from a chronicle, and never claims: what everybody has earned is in the ledger."""

    chronicle: Chronicle = field(kw_only=True)

    def read_history(self) -> History:
        """The past up to the latest block."""
        return self.chronicle.read()

    def drawn(self, round_id: RoundId, role: Role) -> tuple[Address, ...]:
        """Who is drawn in the current round, asked once a round for all peers."""
        lots = self.chronicle.lots
        if (round_id, role) not in lots:
            for old in [known for known in lots if known[0] != round_id]:
                del lots[old]
            lots[round_id, role] = super().drawn(round_id, role)
        return lots[round_id, role]

    def claimable(self) -> Claimable | None:
        """Nothing."""
        return None


class SharingValidator(Validator):
    """Concludes a round once for all validators that see the same: a conclusion is a pure function of what they see."""

    def __init__(self, store: ContentStore, journal: Journal, chronicle: Chronicle) -> None:
        super().__init__(store, journal)
        self._chronicle = chronicle

    def conclude(self, history: History, round_id: RoundId) -> Conclusion:
        """What every validator here believes the round comes to."""
        past, known = history.rounds[round_id], self._chronicle.conclusions
        seen = (past.base, past.reveals, past.vouches)
        if round_id not in known or known[round_id][0] != seen:
            known.clear()
            known[round_id] = (seen, super().conclude(history, round_id))
        return known[round_id][1]


class OpenTrainer(Trainer):
    """Shows its update to a scene as soon as it has decided on it; its files do not survive a power cut."""

    durable = False
    scene: Scene | None = None
    place = 0

    def show(self, history: History, round_id: RoundId) -> None:
        """Show the journalled update of a round, if there is one."""
        if self.scene is not None and self.scene.looks and self._journal.update(round_id) is not None:
            self.scene.show(round_id, self.place, self._values(history.rounds[round_id]))

    def _remember(self, history: History, past: RoundHistory, learned: Learned) -> None:
        super()._remember(history, past, learned)
        self.show(history, past.round)

    def _values(self, past: RoundHistory) -> Values:
        header, _ = load_state(self._store, past.base)
        expected = expected_header(self._account, past.version, past.lineage, past.base, header)
        return decode_update(self.update_bytes(past.round), expected)
