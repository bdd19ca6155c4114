"""Putting one node together from its config: federation, store, journal, learning, and the loop that uses them.

The only place where adapters are chosen. What an operator must have in order before the loop may run is `readiness`'s.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from node.chain.connect import connect, open_rpc
from node.chain.deployment import Deployment
from node.chain.federation import Federation
from node.chain.transactions import OnSigned, Transactor
from node.chain.web3_chain import Web3Chain
from node.config import Config
from node.errors import ConfigError, JournalError
from node.files import locked
from node.learning.data import DataSource
from node.learning.jobs import Progress
from node.learning.worker import LocalTrainer
from node.peer.journal import Journal, SentTransaction
from node.peer.keys import Keys
from node.peer.learn import learner
from node.peer.observe import Observer
from node.peer.peer import Peer
from node.peer.trainer import Learn, Trainer
from node.peer.validator import Validator
from node.ports import ContentStore
from node.store.local import LocalStore
from node.types import NOBODY, Address, UnixSeconds

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

__all__ = ["STAGGER_SECONDS", "Connections", "data_source", "open_federation", "open_peer", "open_store"]

STAGGER_SECONDS = 3.0  # between members who would all do the same shared work
JOURNAL_FILE = "journal.db"
LOCK_FILE = "lock"

OpenFederation: TypeAlias = "Callable[[Config, LocalAccount | None, OnSigned | None], Federation]"
OpenTransactor: TypeAlias = "Callable[[Config, LocalAccount], Transactor]"


def open_federation(config: Config, account: "LocalAccount | None", on_signed: OnSigned | None = None) -> Federation:
    """Connect to the configured federation; `account` None reads only.

    Raises `ConfigError` for the federation's file or one that is for another chain, `ChainUnreachable`, `WrongChain`.
    """
    deployment = Deployment.load(config.federation)
    if deployment.chain_id != config.chain.id:
        raise ConfigError(
            f"{config.federation}: the federation is on chain {deployment.chain_id}, chain.id is {config.chain.id}; "
            "correct chain.id or name another federation file"
        )
    chain = connect(
        config.chain.url,
        config.chain.id,
        deployment.addresses,
        deploy_block=deployment.deploy_block,
        account=account,
        on_signed=on_signed,
    )
    return Federation(chain, deployment, Address(str(account.address)) if account else NOBODY)


def open_transactor(config: Config, account: "LocalAccount") -> Transactor:
    """The account on the configured chain. Raises `ChainUnreachable`, `WrongChain`."""
    return Transactor(open_rpc(config.chain.url, config.chain.id), account, config.chain.url)


@dataclass(frozen=True)
class Connections:
    """How chains are reached; exchanged where the chain is inside the process."""

    federation: OpenFederation = open_federation
    transactor: OpenTransactor = open_transactor


def open_store(config: Config) -> ContentStore:
    """The configured store. Raises `ConfigError` for an address that is none."""
    if config.store.kind == "local":
        return LocalStore(config.store_directory)
    from node.store.ipfs import IpfsStore  # brings the daemon's client along, which a local store does not need

    return IpfsStore(config.store.address)


def data_source(config: Config) -> DataSource:
    """Where the private code is."""
    data = config.data
    return DataSource(data.directories, data.package, clearance=data.clearance, built=data.built)


@contextmanager
def open_peer(
    config: Config, keys: Keys, opener: OpenFederation = open_federation, progress: Progress | None = None
) -> Iterator[Peer]:
    """The node of `keys`, with everything an earlier run left unfinished on the chain taken up first.

    Journal and training are closed on leaving. Raises what opening any part raises, `JournalError` for another node's
    work directory or while another process runs in it.
    """
    deployment = Deployment.load(config.federation)
    manager = deployment.addresses["RoundManager"]
    with _alone_in(config.work_directory):
        journal = Journal(config.work_directory / JOURNAL_FILE, deployment.chain_id, manager, keys.address)
        training = LocalTrainer(config.torch_threads)
        try:
            federation = opener(config, keys.account(), _remember_in(journal))
            _resume(federation, journal)
            yield _peer(config, federation, journal, learner(training, data_source(config), progress))
        finally:
            training.close()
            journal.close()


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Two processes would overwrite each other's update after one of them committed to it."""
    with ExitStack() as stack:
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            stack.enter_context(locked(directory / LOCK_FILE))
        except BlockingIOError:
            raise JournalError(f"{directory}: another fednode runs in this work directory; stop it first") from None
        except OSError as error:
            raise JournalError(
                f"{directory}: the work directory cannot be used ({error}); check the disk and the permissions"
            ) from error
        yield


def _peer(config: Config, federation: Federation, journal: Journal, learn: Learn) -> Peer:
    store, account = open_store(config), federation.account
    validator = Validator(store, journal)
    observer = Observer(account, federation, store, journal, validator, STAGGER_SECONDS)
    trains = "trainer" in config.roles
    trainer = Trainer(account, store, journal, config.work_directory, learn) if trains else None
    return Peer(federation, store, journal, observer, trainer, validator)


def _remember_in(journal: Journal) -> OnSigned:
    def remember(label: str, transaction: str, raw: bytes) -> None:
        journal.remember_transaction(SentTransaction(transaction, label, raw, UnixSeconds(int(time.time()))))

    return remember


def _resume(federation: Federation, journal: Journal) -> None:
    """Nothing new may be signed before what was signed is on the chain: the same nonce would be used twice."""
    if isinstance(federation.chain, Web3Chain):
        federation.chain.resume(one.raw for one in journal.transactions())
