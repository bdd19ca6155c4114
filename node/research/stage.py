"""Setting the demo's stage: a fresh in-process chain, a local store, and a cast of founding members ready to step.

Everything on stage is the node's own code; what is special is that one process owns all the keys.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregator.attacks import attack
from node.chain.deployment import Deployment
from node.chain.federation import Federation
from node.chain.in_process import InProcessChain, eth_tester_chain
from node.chain.words import Role
from node.guideline import Guideline
from node.learning.data import DataSource
from node.learning.jobs import Progress
from node.learning.worker import PoolTrainer
from node.peer.founding import SealedGuideline, found, pin_guideline
from node.peer.keys import Kdf, Keys, create_keystore
from node.peer.learn import learner
from node.peer.peer import Peer
from node.peer.protocol import Action
from node.peer.trainer import Learn
from node.peer.validator import Validator
from node.research.adversaries import VALIDATOR_DUTIES, LyingValidator, poisoned, refuses
from node.research.assembly import Parts, assemble, enrol, founders_of
from node.research.ensemble import Ensemble, Participant
from node.research.metering import GasMeter, MeteredChain
from node.store.local import LocalStore
from node.types import Address

__all__ = ["Character", "Stage", "make_peer", "set_stage"]


@dataclass(frozen=True)
class Character:
    """One member of the cast: whose code it trains on, and how it misbehaves, if at all.

    `attack` names one of `aggregator.attacks.ATTACKS`; `validates` is `honest`, `lies` or `silent`; `absent_in` are the
    rounds (from 1) in which it does nothing.
    """

    package: str
    attack: str | None = None
    validates: str = "honest"
    absent_in: tuple[int, ...] = ()

    @property
    def honest(self) -> bool:
        """Whether it poisons nothing."""
        return self.attack is None


@dataclass(frozen=True)
class Stage:
    """Everything the demo acts on."""

    cast: tuple[Character, ...]
    accounts: tuple[Address, ...]
    chain: InProcessChain
    deployment: Deployment
    store: LocalStore
    sealed: SealedGuideline
    ensemble: Ensemble
    meter: GasMeter

    def federation(self, place: int = 0) -> Federation:
        """The federation as the member in this place of the cast speaks to it."""
        return self.ensemble.participants[place].peer.federation

    def name_of(self, account: Address) -> str:
        """The package behind an account."""
        names = {one.lower(): character.package for one, character in zip(self.accounts, self.cast, strict=True)}
        return names.get(account.lower(), account)


@contextlib.contextmanager
def set_stage(
    cast: Sequence[Character],
    guideline: Guideline,
    work: Path,
    trainer: PoolTrainer,
    progress: Callable[[str], Progress],
) -> Iterator[Stage]:
    """Deploy a federation on a fresh chain and seat the cast, with everything on disk under `work`.

    Journals are closed in the end. Raises what founding and joining raise.
    """
    password = secrets.token_urlsafe()
    store = LocalStore(work / "store")
    keys = [_keys(work / "peers" / character.package, password) for character in cast]
    chain = eth_tester_chain(one.address for one in keys)
    sealed = pin_guideline(guideline, store)
    deployment = found(sealed, founders_of(one.address for one in keys), chain.transactor(keys[0].account()))
    meter = GasMeter()
    with contextlib.ExitStack() as stack:
        participants = []
        for character, key in zip(cast, keys, strict=True):
            federation = _join(chain, deployment, key, meter)
            learn = learner(trainer, DataSource(package=character.package), progress(character.package))
            peer = make_peer(federation, store, work / "peers" / character.package, character, learn)
            stack.callback(peer.journal.close)
            participants.append(Participant(character.package, peer, _willing(character)))
        yield Stage(
            cast=tuple(cast),
            accounts=tuple(one.address for one in keys),
            chain=chain,
            deployment=deployment,
            store=store,
            sealed=sealed,
            ensemble=Ensemble(participants, chain),
            meter=meter,
        )


def make_peer(federation: Federation, store: LocalStore, work: Path, character: Character, learn: Learn) -> Peer:
    """A node for this character: the ordinary parts, with the misbehaving ones exchanged."""
    if character.attack is not None:
        learn = poisoned(learn, attack(character.attack))
    validator = LyingValidator if character.validates == "lies" else Validator
    return assemble(federation, store, work, learn, Parts(validator=validator))


def _keys(directory: Path, password: str) -> Keys:
    directory.mkdir(parents=True, exist_ok=True)
    return create_keystore(directory / "key.json", password, kdf=Kdf.LIGHT)


def _join(chain: InProcessChain, deployment: Deployment, key: Keys, meter: GasMeter) -> Federation:
    """Join as a founder and bond enough to survive a few penalties."""
    connection = chain.connect(deployment.addresses, deployment.deploy_block, key.account())
    federation = Federation(MeteredChain(connection, meter), deployment, key.address)
    enrol(federation, Role, key.encryption_public())
    return federation


def _willing(character: Character) -> Callable[[Action], bool]:
    return refuses(VALIDATOR_DUTIES) if character.validates == "silent" else lambda action: True
