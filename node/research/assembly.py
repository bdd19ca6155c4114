"""What every federation in one process is made of: founders who join and bond, and peers of the node's own parts.

Used by the demo's stage and by simulations. Which chain and which store, and how somebody misbehaves, is the caller's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from node.chain.deploy import TOKEN
from node.chain.deployment import Founder
from node.chain.federation import Federation
from node.chain.words import MemberStatus, Role
from node.peer.journal import Journal
from node.peer.observe import Observer
from node.peer.peer import Peer
from node.peer.trainer import Learn, Trainer
from node.peer.validator import Validator
from node.ports import ContentStore
from node.types import Address, TokenWei

__all__ = ["Parts", "assemble", "enrol", "founders_of"]

GRANT = TokenWei(1000 * TOKEN)  # to each founder
FOUNDER_BOND = TokenWei(300 * TOKEN)  # what a founder has at stake: enough for several penalties


@dataclass(frozen=True)
class Parts:
    """What a peer is made of where it is not the ordinary; not `durable` its journal need not survive a power cut."""

    validator: Callable[..., Validator] = Validator
    trainer: Callable[..., Trainer] = Trainer
    observer: Callable[..., Observer] = Observer
    durable: bool = True


def founders_of(accounts: Iterable[Address]) -> tuple[Founder, ...]:
    """Everybody is a founder, with the same grant."""
    return tuple(Founder(account, GRANT) for account in accounts)


def enrol(federation: Federation, roles: Iterable[Role], encryption_key: bytes) -> None:
    """Join as a founder and bond enough to survive a few penalties; whoever has done so already does nothing."""
    if federation.member(federation.account).status is MemberStatus.NONE:
        federation.join_founder(roles, encryption_key)
    missing = FOUNDER_BOND - federation.member(federation.account).bond
    if missing > 0:
        federation.bond(TokenWei(missing))


def assemble(federation: Federation, store: ContentStore, work: Path, learn: Learn, parts: Parts | None = None) -> Peer:
    """A node with its journal and files in `work`. The journal is the caller's to close."""
    parts, deployment = parts or Parts(), federation.deployment
    manager = deployment.addresses["RoundManager"]
    journal = Journal(work / "journal.db", deployment.chain_id, manager, federation.account, durable=parts.durable)
    validator = parts.validator(store, journal)
    observer = parts.observer(federation.account, federation, store, journal, validator)
    trainer = parts.trainer(federation.account, store, journal, work, learn)
    return Peer(federation, store, journal, observer, trainer, validator)
