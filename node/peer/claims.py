"""What an account can claim: the proof against the newest claimable ledger, and the amount not yet minted.

Reads chain and store; sends nothing.
"""

from dataclasses import dataclass

from eth_utils.crypto import keccak

from aggregator.errors import AggregatorError
from aggregator.ledger import Ledger, merkle_proof
from node.chain.federation import Federation
from node.errors import ContentCorrupted
from node.peer.history import Finalisation, History
from node.peer.inputs import LEDGER_LIMIT, load_record
from node.ports import ContentStore
from node.types import Address, Cid, RoundId

__all__ = ["Claimable", "claimable_ordinal", "look_up_claim"]


@dataclass(frozen=True)
class Claimable:
    """Proof of `cumulative` token wei earned under the ledger of `ordinal`; `amount` of them are not yet claimed."""

    ordinal: int
    cumulative: int
    amount: int
    proof: tuple[bytes, ...]


def claimable_ordinal(history: History) -> int:
    """The finalised round, by ordinal, whose ledger can be claimed from: the last but one; 0 when there is none."""
    last = history.last_finalised_before(RoundId(1 << 40))
    return last.finalisation.ordinal - 1 if last and last.finalisation else 0


def look_up_claim(
    history: History, federation: Federation, store: ContentStore, account: Address, ordinal: int
) -> Claimable | None:
    """What the account can claim from the ledger of the `ordinal`-th finalised round; None when there is nothing.

    Raises the chain's and the store's errors, `ContentCorrupted` for a ledger that is none.
    """
    finalisation = _finalisation(history, ordinal)
    if finalisation is None:
        return None
    ledger = _ledger(store, finalisation)
    cumulative = ledger.amount(account.lower())
    amount = cumulative - federation.earned(account)
    if amount <= 0:
        return None
    return Claimable(ordinal, cumulative, amount, merkle_proof(ledger, account.lower(), keccak))


def _finalisation(history: History, ordinal: int) -> Finalisation | None:
    rounds = (one.finalisation for one in history.rounds.values() if one.finalisation)
    return next((one for one in rounds if one.ordinal == ordinal), None)


def _ledger(store: ContentStore, finalisation: Finalisation) -> Ledger:
    cid = Cid(load_record(store, finalisation.record).ledger)
    try:
        return Ledger.from_bytes(store.get(cid, LEDGER_LIMIT))
    except AggregatorError as error:
        raise ContentCorrupted(f"{cid} is not a ledger: {error}; the federation's content is broken") from error
