"""Deploying a federation: seven contracts that name each other for good, and nobody who owns them afterwards.

Every cross reference is a constructor argument, so the addresses of contracts still to come are predicted from the
deployer's nonce; the wiring is read back before anybody is told of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from node.chain.abi import decode_result, encode_call, encode_constructor
from node.chain.artifacts import CONTRACTS
from node.chain.deployment import Deployment, Founder, founders_root
from node.chain.transactions import Transactor
from node.chain.views import Parameters
from node.cid import to_contract
from node.errors import ChainError, ConfigError, WrongChain
from node.guideline import Guideline
from node.types import NOBODY, Address, Cid, TokenWei

__all__ = ["DEPLOY_GAS", "DeployPlan", "VotingSettings", "deploy", "enforced", "predict_address", "verify_wiring"]

TOKEN = 10**18  # token wei
DEPLOY_GAS = 24_000_000  # for all contracts: 18.5 million, and the margin of the last estimate

Read = Callable[..., Any]


@dataclass(frozen=True)
class VotingSettings:
    """How the federation votes: times in seconds, the threshold in voting units (square roots of token wei).

    `late_quorum_extension` is how long voting goes on at least once the quorum is reached; `timelock_delay` lies
    between a vote and what it decides.
    """

    voting_delay: int = 24 * 3600
    voting_period: int = 7 * 24 * 3600
    proposal_threshold: int = 0
    quorum_percent: int = 30
    late_quorum_extension: int = 2 * 24 * 3600
    timelock_delay: int = 2 * 24 * 3600

    def to_contract(self) -> tuple[int, ...]:
        """The governor's struct; the delay is the timelock's own."""
        return (
            self.voting_delay,
            self.voting_period,
            self.proposal_threshold,
            self.quorum_percent,
            self.late_quorum_extension,
        )


@dataclass(frozen=True)
class DeployPlan:
    """What a founder decides: the first guideline and what the contracts enforce of it, the founders, how to vote."""

    guideline: Cid
    genesis: Cid
    parameters: Parameters
    founders: tuple[Founder, ...]
    voting: VotingSettings = VotingSettings()
    name: str = "fednode contribution"  # of the token
    symbol: str = "FED"


def deploy(transactor: Transactor, plan: DeployPlan) -> Deployment:
    """Deploy a federation from an account that is used for nothing else meanwhile.

    Raises `ConfigError` for a founder listed twice, the chain's errors, and `ChainError` when another transaction of
    the account came between.
    """
    if len({founder.account for founder in plan.founders}) < len(plan.founders):
        raise ConfigError("founders: an account is listed twice; list it once with its whole grant")
    nonce = transactor.nonce()
    addresses = {name: predict_address(transactor.address, nonce + place) for place, name in enumerate(CONTRACTS)}
    arguments = _constructor_arguments(plan, addresses)
    blocks = [_create(transactor, name, arguments[name], addresses[name]) for name in CONTRACTS]
    deployment = Deployment(transactor.chain_id, blocks[0], addresses, plan.founders)
    verify_wiring(_reader(transactor, addresses), deployment, transactor.address)
    return deployment


def predict_address(deployer: Address, nonce: int) -> Address:
    """The address of the contract that `deployer` creates with its `nonce`-th transaction (yellow paper, section 7)."""
    from eth_typing import HexAddress, HexStr
    from web3.types import Nonce
    from web3.utils.address import get_create_address

    return Address(str(get_create_address(HexAddress(HexStr(deployer)), Nonce(nonce))))


def verify_wiring(read: Read, deployment: Deployment, deployer: Address = NOBODY) -> None:
    """Check that the contracts name each other and nobody else; `read(contract, function, *arguments)` as `Chain.call`.

    Raises `WrongChain` naming the first reference that is wrong.
    """
    at = deployment.addresses
    for contract, function, target in _REFERENCES:
        found = read(contract, function)
        if found != at[target]:
            raise WrongChain(f"{contract} at {at[contract]} names {found} as its {target}, not {at[target]}")
    if read("Membership", "foundersRoot") != founders_root(deployment.founders):
        raise WrongChain(f"Membership at {at['Membership']} has other founders than the federation file")
    _verify_timelock(read, at, deployer)


def enforced(guideline: Guideline) -> Parameters:
    """The part of a guideline that the contracts enforce."""
    update = guideline.update
    phases, tokens = update.phases, update.tokens
    return Parameters(
        trainers=update.trainers,
        validators=update.validators,
        min_trainers=update.min_trainers,
        min_validators=update.min_validators,
        min_updates=update.min_updates,
        fault_point_limit=tokens.fault_point_limit,
        commit_seconds=phases.commit,
        reveal_seconds=phases.reveal,
        vouch_seconds=phases.vouch,
        attest_seconds=phases.attest,
        disclose_seconds=phases.disclose,
        budget=TokenWei(tokens.budget * TOKEN),
        minimum_bond=TokenWei(tokens.minimum_bond * TOKEN),
        airdrop=TokenWei(tokens.airdrop * TOKEN),
        hard_penalty=TokenWei(tokens.hard_penalty * TOKEN),
        soft_penalty=TokenWei(tokens.soft_penalty * TOKEN),
        unbond_delay=tokens.unbond_delay,
    )


_REFERENCES = (
    ("ContributionToken", "roundManager", "RoundManager"),
    ("ContributionToken", "membership", "Membership"),
    ("Membership", "token", "ContributionToken"),
    ("Membership", "guidelines", "GuidelineRegistry"),
    ("Membership", "roundManager", "RoundManager"),
    ("Membership", "timelock", "TimelockController"),
    ("GuidelineRegistry", "timelock", "TimelockController"),
    ("GuidelineRegistry", "roundManager", "RoundManager"),
    ("RoundManager", "token", "ContributionToken"),
    ("RoundManager", "membership", "Membership"),
    ("RoundManager", "guidelines", "GuidelineRegistry"),
    ("RoundManager", "releases", "ReleaseRegistry"),
    ("ReleaseRegistry", "timelock", "TimelockController"),
    ("ReleaseRegistry", "roundManager", "RoundManager"),
    ("ReleaseRegistry", "membership", "Membership"),
    ("ReleaseRegistry", "guidelines", "GuidelineRegistry"),
    ("FederationGovernor", "token", "ContributionToken"),
    ("FederationGovernor", "timelock", "TimelockController"),
)


def _constructor_arguments(plan: DeployPlan, at: Mapping[str, Address]) -> dict[str, tuple[object, ...]]:
    token, member, guides = at["ContributionToken"], at["Membership"], at["GuidelineRegistry"]
    rounds, releases, timelock = at["RoundManager"], at["ReleaseRegistry"], at["TimelockController"]
    guideline, genesis = to_contract(plan.guideline), to_contract(plan.genesis)
    governor = at["FederationGovernor"]
    return {
        "ContributionToken": (plan.name, plan.symbol, rounds, member),
        "Membership": (token, guides, rounds, timelock, founders_root(plan.founders)),
        "GuidelineRegistry": (timelock, rounds, guideline, genesis, plan.parameters.to_contract()),
        "RoundManager": (token, member, guides, releases),
        "ReleaseRegistry": (timelock, rounds, member, guides),
        # Anybody may execute what was voted and has waited; nobody administers.
        "TimelockController": (plan.voting.timelock_delay, [governor], [NOBODY], NOBODY),
        "FederationGovernor": (token, timelock, guides, member, releases, plan.voting.to_contract()),
    }


def _create(transactor: Transactor, name: str, arguments: tuple[object, ...], expected: Address) -> int:
    """Deploy one contract where it was predicted; gives its block."""
    receipt = transactor.send(None, encode_constructor(name, arguments), f"deploy {name}")
    if receipt["contractAddress"] != expected:
        raise ChainError(
            f"{name} came to {receipt['contractAddress']}, not {expected}: another transaction of {transactor.address} "
            "came between; deploy again while the account does nothing else"
        )
    return int(receipt["blockNumber"])


def _reader(transactor: Transactor, addresses: Mapping[str, Address]) -> Read:
    def read(contract: str, function: str, *arguments: object) -> Any:
        answer = transactor.view(addresses[contract], encode_call(contract, function, arguments))
        return decode_result(contract, function, len(arguments), answer)

    return read


def _verify_timelock(read: Read, at: Mapping[str, Address], deployer: Address) -> None:
    """The governor is the only proposer that matters: admins are the timelock itself and nobody."""
    proposer, admin = read("TimelockController", "PROPOSER_ROLE"), read("TimelockController", "DEFAULT_ADMIN_ROLE")
    if not read("TimelockController", "hasRole", proposer, at["FederationGovernor"]):
        raise WrongChain(f"TimelockController at {at['TimelockController']} takes no proposals from the governor")
    if not read("TimelockController", "hasRole", admin, at["TimelockController"]):
        raise WrongChain(f"TimelockController at {at['TimelockController']} does not administer itself")
    for role in (proposer, admin):
        if read("TimelockController", "hasRole", role, deployer):
            raise WrongChain(f"{deployer} still has power over the timelock; do not use this federation")
