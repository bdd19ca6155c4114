"""What the model refuses to do, and what it takes as an argument. What it does is compared in `test_differential`."""

from typing import Any

import pytest
from eth_utils.crypto import keccak

from node.chain.abi import encode_call
from node.chain.artifacts import CONTRACTS, artifact
from node.chain.federation import Federation
from node.chain.in_memory import InMemoryChain
from node.chain.model.interface import TRANSACTIONS
from node.chain.model.views import VIEWS
from node.errors import NotModelled, TransactionRefused
from tests.federations import BOTH, VOTING, addresses, plan_for

ONE, OTHER = addresses(2)


@pytest.fixture
def chain() -> InMemoryChain:
    return InMemoryChain(plan_for(2), ONE, [ONE, OTHER])


def in_the_abi() -> set[tuple[str, str]]:
    return {
        (contract, entry["name"])
        for contract in CONTRACTS
        for entry in artifact(contract).abi
        if entry["type"] == "function"
    }


def test_everything_that_is_modelled_is_in_the_contracts() -> None:
    assert set(TRANSACTIONS) | set(VIEWS) <= in_the_abi()
    assert not set(TRANSACTIONS) & set(VIEWS)


@pytest.mark.parametrize("contract", CONTRACTS[:5])
def test_of_our_own_contracts_only_allowances_and_signatures_are_left_out(contract: str) -> None:
    missing = {name for owner, name in in_the_abi() - set(TRANSACTIONS) - set(VIEWS) if owner == contract}
    allowed = {"allowance", "approve", "transferFrom", "delegateBySig", "nonces", "eip712Domain"}
    assert missing <= (allowed if contract == "ContributionToken" else set())


def test_what_is_not_modelled_is_said_and_not_pretended(chain: InMemoryChain) -> None:
    with pytest.raises(NotModelled, match=r"ContributionToken\.approve cannot be sent .* use the real contracts"):
        chain.transact(ONE, "ContributionToken", "approve", [OTHER, 1])
    with pytest.raises(NotModelled, match=r"cannot be asked ContributionToken\.nonces"):
        chain.call("ContributionToken", "nonces", [OTHER])
    with pytest.raises(NotModelled, match=r"cannot be asked FederationGovernor\.propose"):
        chain.call("FederationGovernor", "propose", [[OTHER], [0], [b""], ""])  # its answer would be an id


def test_an_unknown_function_is_a_programming_error(chain: InMemoryChain) -> None:
    with pytest.raises(KeyError, match="RoundManager has no function close with 0 arguments"):
        chain.transact(ONE, "RoundManager", "close", [])
    with pytest.raises(KeyError, match="no function round with 1 arguments"):
        chain.call("RoundManager", "round", [1])


@pytest.mark.parametrize(
    ("function", "arguments", "kind"),
    [
        ("vouch", [1 << 32, 0], "uint32"),
        ("vouch", [-1, 0], "uint32"),
        ("vouch", [True, 0], "uint32"),
        ("vouch", ["1", 0], "uint32"),
        ("commit", [1, b"x" * 25], "bytes24"),
        ("commit", [1, "x"], "bytes24"),
        ("settle", ["0x12"], "address"),
        ("reveal", [1, (b"x" * 33, 0x55), 1, b""], "bytes32"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_as_the_abi_coder_refuses_it(
    chain: InMemoryChain, function: str, arguments: list[Any], kind: str
) -> None:
    with pytest.raises(ValueError, match=f"does not fit {kind}"):
        chain.transact(ONE, "RoundManager", function, arguments)


def test_an_address_has_one_spelling(chain: InMemoryChain) -> None:
    assert chain.call("ContributionToken", "delegates", [ONE.lower()]) == "0x" + "00" * 20
    chain.transact(ONE, "ContributionToken", "delegate", [OTHER.lower()])
    assert chain.call("ContributionToken", "delegates", [ONE.lower()]) == OTHER


def test_a_role_that_there_is_not_reverts_without_a_reason(chain: InMemoryChain) -> None:
    with pytest.raises(TransactionRefused, match="execution reverted") as refused:
        chain.call("RoundManager", "seatedCount", [2])
    assert refused.value.name == "Unknown"


def test_a_transaction_that_is_called_changes_nothing(chain: InMemoryChain) -> None:
    before = chain.world
    assert chain.call("ContributionToken", "delegate", [OTHER]) == ()
    assert chain.world is before


def test_a_vote_on_how_to_vote_is_not_executed(chain: InMemoryChain) -> None:
    for place, one in enumerate((ONE, OTHER)):
        Federation(chain.connect(one), chain.deployment, one).join_founder(BOTH, bytes([place]) * 32)
    governor = chain.deployment.addresses["FederationGovernor"]
    call = encode_call("FederationGovernor", "setVotingDelay", [5])
    operation = ([governor], [0], [call])
    chain.transact(ONE, "FederationGovernor", "propose", [*operation, "hurry"])
    number = chain.call("FederationGovernor", "hashProposal", [*operation, keccak(text="hurry")])
    chain.advance(VOTING.voting_delay + 1)
    chain.transact(ONE, "FederationGovernor", "castVote", [number, 1])
    chain.advance(VOTING.voting_period + 1)
    chain.transact(ONE, "FederationGovernor", "queue", [*operation, keccak(text="hurry")])
    chain.advance(VOTING.timelock_delay + 1)
    with pytest.raises(NotModelled, match=r"does not execute FederationGovernor\.setVotingDelay"):
        chain.transact(ONE, "FederationGovernor", "execute", [*operation, keccak(text="hurry")])


def test_a_description_that_names_the_only_proposer_is_not_modelled(chain: InMemoryChain) -> None:
    with pytest.raises(NotModelled, match="only proposer"):
        chain.transact(ONE, "FederationGovernor", "propose", [[OTHER], [0], [b""], f"mine #proposer={ONE}"])
