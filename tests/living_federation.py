"""A small federation that lives: a few peers made of the node's own parts on an in-process chain, learning by rote.

What they learn is made up (no torch); everything else is what a real node does, unless a test casts a friend who
misbehaves. For tests that need a past to look at, or one to spoil.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import numpy as np
from eth_account.signers.local import LocalAccount

from aggregator.delta import LayoutEntry, StateHeader, encode_state
from node.chain.deployment import Deployment, Founder
from node.chain.federation import Federation
from node.chain.in_process import InProcessChain, eth_tester_chain
from node.chain.transactions import OnSigned
from node.chain.words import Role
from node.config import Config
from node.guideline import (
    Architecture,
    DataProtocol,
    Guideline,
    Phases,
    Tokens,
    UpdateProtocol,
    VersionControl,
    Voting,
    seal,
)
from node.peer.compose import Connections
from node.peer.founding import SealedGuideline, found
from node.peer.history import History, RoundHistory, fold
from node.peer.journal import Journal
from node.peer.keys import Keys
from node.peer.observe import Observer
from node.peer.peer import Peer
from node.peer.protocol import Action, Claim
from node.peer.trainer import Learned, LearningTask, Trainer
from node.peer.validator import Validator
from node.ports import ContentStore, Event
from node.research.ensemble import Ensemble, Participant
from node.store.local import LocalStore
from node.types import NOBODY, Address, TokenWei
from tests.federations import TOKEN, account, addresses

__all__ = ["GUIDELINE", "HONEST", "Friend", "LivingFederation", "living_federation", "pin"]

LENGTH = 24
PEERS = 3
GUIDELINE = Guideline(
    name="three friends",
    data=DataProtocol(task="code-completion"),
    architecture=Architecture(model="made-up", weights_sha256="0" * 64, rank=1, alpha=1, targets=("x",)),
    update=UpdateProtocol(
        rule="mean",
        faults=0,
        min_updates=2,
        min_trainers=3,
        min_validators=3,
        local_steps=1,
        batch_size=1,
        block_length=8,
        learning_rate=Decimal("0.001"),
        phases=Phases(commit=60, reveal=60, vouch=60, attest=60, disclose=60),
        tokens=Tokens(),
    ),
    version_control=VersionControl(
        voting=Voting(delay=10, period=100, quorum_percent=20, late_quorum_extension=5, timelock=20)
    ),
)


@dataclass(frozen=True)
class Friend:
    """One peer and how it misbehaves: what it makes of its update file, how it validates, what it never does."""

    forge: Callable[[bytes], bytes] = lambda data: data
    validator: type[Validator] = Validator
    willing: Callable[[Action], bool] = lambda action: True


HONEST = Friend()


@dataclass
class LivingFederation:
    """The peers with the keys of accounts 0, 1, 2, …; of three peers, account 5 has gas money and is nobody."""

    chain: InProcessChain
    deployment: Deployment
    store: LocalStore
    keys: tuple[Keys, ...]
    sealed: SealedGuideline
    work: Path
    ensemble: Ensemble = field(init=False)

    def federation(self, place: int | None = 0) -> Federation:
        """The federation as account `place` sees it; None: read only."""
        signer = None if place is None else account(place)
        chain = self.chain.connect(self.deployment.addresses, self.deployment.deploy_block, signer)
        return Federation(chain, self.deployment, NOBODY if place is None else chain.account)

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(self.federation(None).chain.events(self.deployment.deploy_block))

    @property
    def history(self) -> History:
        return fold(self.events)

    @property
    def connections(self) -> Connections:
        """What a command line needs to speak to this chain, whichever federation on it the config names."""

        def federation(config: Config, signer: LocalAccount | None, on_signed: OnSigned | None = None) -> Federation:
            named = Deployment.load(config.federation)
            chain = self.chain.connect(named.addresses, named.deploy_block, signer, on_signed)
            return Federation(chain, named, NOBODY if signer is None else chain.account)

        return Connections(federation, lambda _config, signer: self.chain.transactor(signer))

    def peer(self, place: int) -> Peer:
        return self.ensemble.participants[place].peer

    def address(self, place: int) -> Address:
        return self.keys[place].address

    def standing(self) -> list[tuple[int, int]]:
        """Everybody's bond in token wei, and fault points."""
        members = [self.federation().member(one.address) for one in self.keys]
        return [(one.bond, one.fault_points) for one in members]

    def run_rounds(self, count: int) -> None:
        for _ in range(count):
            self.ensemble.open_round()
            self.ensemble.finish_round()

    def run_round(self) -> RoundHistory:
        """One more round, aftermath included, as the chain tells it."""
        number = self.ensemble.open_round()
        self.ensemble.finish_round()
        return self.history.rounds[number]

    def welcome(self, place: int) -> int:
        """Have account `place`, admitted by a vote, join next; what it knows is the chain and the store."""
        key = Keys.of(bytes(account(place).key))
        self.federation(place).join(Role, key.encryption_public())
        self.keys = (*self.keys, key)
        peer = _peer(self, place, HONEST, self.store)
        self.ensemble.participants = [*self.ensemble.participants, _participant(place, peer, HONEST)]
        return len(self.keys) - 1

    def restart(self, place: int) -> Peer:
        """Put a fresh process in the peer's place: of the old one only the work directory and the store are left."""
        participant = self.ensemble.participants[place]
        participant.peer.journal.close()
        participant.peer = _peer(self, place, HONEST, participant.peer.store)
        return participant.peer


def pin(guideline: Guideline, store: ContentStore) -> SealedGuideline:
    """The guideline with a genesis of zeros and no real model behind it."""
    frozen = store.put(b"frozen tensors")
    header = StateHeader(1, 0, guideline.architecture.step_exponent, LENGTH, frozen, (LayoutEntry("x", 4, 6),))
    genesis = store.put(encode_state(header, np.zeros(LENGTH, np.int32)))
    sealed = seal(guideline, genesis, frozen)
    return SealedGuideline(sealed, store.put(sealed.canonical()), genesis)


@contextmanager
def living_federation(
    rounds: int = 0,
    friends: Sequence[Friend] = (HONEST,) * PEERS,
    guideline: Guideline = GUIDELINE,
    stores: Sequence[ContentStore] = (),
) -> Iterator[LivingFederation]:
    """Found it, let the friends join and run `rounds` rounds.

    All share one local store unless each has one of `stores`, the first of which then gets the founding contents.
    """
    keys = tuple(Keys.of(bytes(account(place).key)) for place in range(len(friends)))
    with tempfile.TemporaryDirectory() as work, ExitStack() as stack:
        store = LocalStore(Path(work) / "store")
        for one in (*stores[:1], store):
            sealed = pin(guideline, one)
        chain = eth_tester_chain(addresses(len(friends) + 5))
        founders = [Founder(one.address, TokenWei(1000 * TOKEN)) for one in keys]
        deployment = found(sealed, founders, chain.transactor(account(0)))
        town = LivingFederation(chain, deployment, store, keys, sealed, Path(work))
        participants: list[Participant] = []
        for place, friend in enumerate(friends):
            town.federation(place).join_founder(Role, keys[place].encryption_public())
            peer = _peer(town, place, friend, stores[place] if stores else store)
            participants.append(_participant(place, peer, friend))
        town.ensemble = Ensemble(participants, chain)
        stack.callback(_close, town.ensemble)
        town.run_rounds(rounds)
        yield town


def _close(ensemble: Ensemble) -> None:
    for one in ensemble.participants:
        one.peer.journal.close()


def _participant(place: int, peer: Peer, friend: Friend) -> Participant:
    """Only the first claims by itself, so that a test can."""
    return Participant(
        str(place), peer, lambda action: friend.willing(action) and (place == 0 or not isinstance(action, Claim))
    )


class _Forger(Trainer):
    """Reveals what `forge` makes of its update file."""

    forge: Callable[[bytes], bytes]

    def _encode(self, *arguments):  # type: ignore[no-untyped-def]
        data, residual = super()._encode(*arguments)
        return self.forge(data), residual


def _peer(town: LivingFederation, place: int, friend: Friend, store: ContentStore) -> Peer:
    federation, work = town.federation(place), town.work / str(place)
    manager = town.deployment.addresses["RoundManager"]
    journal = Journal(work / "journal.db", town.deployment.chain_id, manager, federation.account)
    validator = friend.validator(store, journal)
    observer = Observer(federation.account, federation, store, journal, validator)
    trainer = _Forger(federation.account, store, journal, work, lambda task: _learn(task, place))
    trainer.forge = friend.forge
    return Peer(federation, store, journal, observer, trainer, validator)


def _learn(task: LearningTask, place: int) -> "Future[Learned]":
    """A common direction and this peer's own noise, at once."""
    noise = np.random.default_rng([task.seed, place]).normal(0, 1e-4, LENGTH)
    done: Future[Learned] = Future()
    done.set_result(Learned((1e-3 + noise).astype(np.float32), 10 + place))
    return done
