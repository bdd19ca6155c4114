from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from node.chain.artifacts import CONTRACTS
from node.chain.deploy import deploy, enforced, predict_address, verify_wiring
from node.chain.deployment import Deployment
from node.chain.transactions import Transactor
from node.chain.views import Parameters
from node.errors import ChainError, ConfigError, TransactionRefused, WrongChain
from node.guideline import load_guideline
from node.types import Address
from tests.federations import TOKEN, Backend, Small, account, addresses, content, plan_for, small_federation

DEMO = Path(__file__).parents[3] / "guideline.toml"


@pytest.fixture(scope="module")
def small(backend: Backend) -> Small:
    return small_federation(backend)


def test_addresses_are_predicted_as_the_protocol_says() -> None:
    # Known pair: the deployer of CryptoKitties' sale auction tests and its first contracts.
    deployer = Address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert predict_address(deployer, 0) == "0xcd234A471b72ba2F1Ccf0A70FCABA648a5eeCD8d"
    assert predict_address(deployer, 1) == "0x343c43A37D37dfF08AE8C4A11544c718AbB4fCF8"


def test_the_federation_names_what_was_planned(small: Small) -> None:
    member = small.members[0]
    assert list(small.deployment.addresses) == list(CONTRACTS)
    guideline = member.guideline()
    assert (guideline.version, guideline.cid, guideline.genesis) == (1, content("guideline"), content("genesis"))
    assert guideline.parameters == plan_for(3).parameters
    verify_wiring(member.chain.call, small.deployment, member.account)


def test_the_deployer_has_no_power(small: Small) -> None:
    chain = small.members[0].chain
    timelock = small.deployment.addresses["TimelockController"]
    for name in ("DEFAULT_ADMIN_ROLE", "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"):
        role = chain.call("TimelockController", name)
        assert not chain.call("TimelockController", "hasRole", role, addresses(1)[0]), name
    assert chain.call("TimelockController", "hasRole", chain.call("TimelockController", "DEFAULT_ADMIN_ROLE"), timelock)


@pytest.mark.parametrize("target", ["RoundManager", "TimelockController", "ContributionToken", "ReleaseRegistry"])
def test_a_federation_file_with_a_foreign_contract_is_noticed(small: Small, target: str) -> None:
    forged = dict(small.deployment.addresses) | {target: small.deployment.addresses["GuidelineRegistry"]}
    call = small.members[0].chain.call

    with pytest.raises(WrongChain, match=target):
        verify_wiring(call, replace(small.deployment, addresses=forged))


def test_a_federation_file_with_other_founders_is_noticed(small: Small) -> None:
    forged = replace(small.deployment, founders=small.deployment.founders[:2])
    with pytest.raises(WrongChain, match="founders"):
        verify_wiring(small.members[0].chain.call, forged)


def test_a_founder_listed_twice_is_refused(backend: Backend) -> None:
    plan = plan_for(2)
    with pytest.raises(ConfigError, match="twice"):
        deploy(backend.transactor(account(0)), replace(plan, founders=plan.founders * 2))


def test_a_transaction_in_between_is_noticed(backend: Backend) -> None:
    class Interrupted:
        """A transactor whose account does something else after the second contract."""

        def __init__(self, real: Transactor) -> None:
            self._real = real
            self._sent = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def send(self, to: Address | None, data: bytes, label: str) -> Any:
            self._sent += 1
            if self._sent == 3:
                self._real.send(addresses(2)[1], b"", "other")
            return self._real.send(to, data, label)

    interrupted: Any = Interrupted(backend.transactor(account(3)))
    with pytest.raises(ChainError, match="came between"):
        deploy(interrupted, plan_for(2))


def test_the_file_is_enough_to_take_part(small: Small) -> None:
    read = Deployment.from_bytes(small.deployment.to_bytes())
    assert read == small.deployment
    chain = small.backend.connect(read, None)
    assert chain.call("ContributionToken", "totalSupply") == 3 * 1000 * TOKEN


def test_what_the_contracts_enforce_comes_from_the_guideline(backend: Backend) -> None:
    guideline = load_guideline(DEMO)
    parameters = enforced(guideline)

    assert parameters.min_updates == guideline.update.min_updates
    assert parameters.commit_seconds == guideline.update.phases.commit
    assert parameters.minimum_bond == guideline.update.tokens.minimum_bond * TOKEN
    # The registry has bounds of its own; a guideline that passes ours passes them.
    plan = replace(plan_for(3), parameters=parameters)
    deployment = deploy(backend.transactor(account(4)), plan)
    chain = backend.connect(deployment, None)
    assert Parameters.of(chain.call("GuidelineRegistry", "parameters")) == parameters


@pytest.mark.parametrize(
    ("field", "value"), [("trainers", 257), ("validators", 33), ("soft_penalty", 6 * TOKEN), ("unbond_delay", 1)]
)
def test_parameters_beyond_the_registrys_bounds_are_named(backend: Backend, field: str, value: int) -> None:
    changed: Any = {field: value}
    plan = replace(plan_for(3), parameters=replace(plan_for(3).parameters, **changed))
    with pytest.raises(TransactionRefused, match="GuidelineRegistryOutOfBounds"):
        deploy(backend.transactor(account(5)), plan)


@pytest.mark.parametrize(
    ("role", "holder", "answer", "complaint"),
    [
        ("PROPOSER_ROLE", "FederationGovernor", False, "no proposals from the governor"),
        ("DEFAULT_ADMIN_ROLE", "TimelockController", False, "does not administer itself"),
        ("PROPOSER_ROLE", None, True, "still has power"),
        ("DEFAULT_ADMIN_ROLE", None, True, "still has power"),
    ],
)
def test_a_timelock_in_other_hands_is_noticed(
    small: Small, role: str, holder: str | None, answer: bool, complaint: str
) -> None:
    chain, deployer = small.members[0].chain, addresses(1)[0]
    asked = (chain.call("TimelockController", role), small.deployment.addresses[holder] if holder else deployer)

    def read(contract: str, function: str, *arguments: object) -> Any:
        return answer if arguments == asked else chain.call(contract, function, *arguments)

    with pytest.raises(WrongChain, match=complaint):
        verify_wiring(read, small.deployment, deployer)
