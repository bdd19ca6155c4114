"""Small federations for tests: deterministic accounts, contents and parameters, on whatever chain a test brings."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from eth_account import Account
from eth_account.signers.local import LocalAccount

from node.chain.commitments import Result
from node.chain.deploy import DeployPlan, VotingSettings
from node.chain.deployment import Deployment, Founder
from node.chain.federation import Federation
from node.chain.views import Parameters
from node.chain.words import Role
from node.cid import cid_of
from node.ports import Chain
from node.types import Address, Cid, RoundId, TokenWei

__all__ = [
    "BOTH",
    "PARAMETERS",
    "PHASE_SECONDS",
    "TOKEN",
    "Backend",
    "Connection",
    "Small",
    "account",
    "addresses",
    "content",
    "plan_for",
    "salt",
    "small_federation",
]

BOTH = (Role.TRAINER, Role.VALIDATOR)
TOKEN = 10**18
PHASE_SECONDS = 1000
PARAMETERS = Parameters(
    trainers=256,
    validators=32,
    min_trainers=3,
    min_validators=3,
    min_updates=2,
    fault_point_limit=5,
    commit_seconds=PHASE_SECONDS,
    reveal_seconds=PHASE_SECONDS,
    vouch_seconds=PHASE_SECONDS,
    attest_seconds=PHASE_SECONDS,
    disclose_seconds=PHASE_SECONDS,
    budget=TokenWei(900 * TOKEN),
    minimum_bond=TokenWei(100 * TOKEN),
    airdrop=TokenWei(120 * TOKEN),
    hard_penalty=TokenWei(50 * TOKEN),
    soft_penalty=TokenWei(2 * TOKEN),
    unbond_delay=20 * PHASE_SECONDS,
)
VOTING = VotingSettings(
    voting_delay=10, voting_period=200, quorum_percent=20, late_quorum_extension=5, timelock_delay=50
)


class Connection(Chain, Protocol):
    """A chain port that says which account it signs for."""

    @property
    def account(self) -> Address: ...


class Backend(Protocol):
    """A chain under test: what differs between an in-process EVM, a node and the model of the contracts."""

    name: str

    def deploy(self, plan: DeployPlan) -> Deployment: ...

    def nonce(self, account: LocalAccount) -> int: ...

    def connect(self, deployment: Deployment, account: LocalAccount | None, **options: Any) -> Connection: ...

    def advance(self, seconds: int) -> None: ...


def account(number: int) -> LocalAccount:
    signer: LocalAccount = Account.from_key(sha256(f"account {number}".encode()).digest())
    return signer


def addresses(count: int) -> list[Address]:
    return [Address(str(account(number).address)) for number in range(count)]


def content(name: object) -> Cid:
    return cid_of(f"content {name}".encode())


def salt(name: object) -> bytes:
    return sha256(f"salt {name}".encode()).digest()


def plan_for(founders: int, parameters: Parameters = PARAMETERS) -> DeployPlan:
    return DeployPlan(
        guideline=content("guideline"),
        genesis=content("genesis"),
        parameters=parameters,
        founders=tuple(Founder(address, TokenWei(1000 * TOKEN)) for address in addresses(founders)),
        voting=VOTING,
    )


@dataclass
class Small:
    """A deployed federation whose founders, accounts 0, 1, …, have joined in both roles."""

    backend: Backend
    deployment: Deployment
    members: list[Federation]

    def commit_all(self, absent: int = 0) -> RoundId:
        """Open a round and let all but the last `absent` members commit."""
        self.members[0].open_round()
        number = self.members[0].round().number
        for place, member in enumerate(self.members[: len(self.members) - absent]):
            member.commit(number, content((number, place)), 10 + place, salt((number, place)))
        return number

    def reveal_and_vouch(self, number: RoundId) -> None:
        for place, member in enumerate(self.members):
            member.reveal(number, content((number, place)), 10 + place, salt((number, place)))
        for member in self.members:
            member.vouch(number, (1 << len(self.members)) - 1)

    def result(self, number: RoundId, root: bytes = b"\x07" * 32) -> Result:
        included = (1 << len(self.members)) - 1
        return Result(included, 0, 0, content(("record", number)), content(("state", number)), root)

    def run_round(self, root: bytes = b"\x07" * 32) -> RoundId:
        """A whole round in which everybody does what is asked."""
        number = self.commit_all()
        self.reveal_and_vouch(number)
        result = self.result(number, root)
        for place, member in enumerate(self.members):
            member.attest(number, result, salt(("result", number, place)))
        for place, member in enumerate(self.members):
            member.disclose(number, result, salt(("result", number, place)))
        self.members[0].finalise(number, result)
        return number


def small_federation(backend: Backend, founders: int = 3, parameters: Parameters = PARAMETERS) -> Small:
    deployment = backend.deploy(plan_for(founders, parameters))
    members = []
    for number in range(founders):
        chain = backend.connect(deployment, account(number))
        member = Federation(chain, deployment, chain.account)
        member.join_founder(BOTH, bytes([number + 1]) * 32)
        members.append(member)
    return Small(backend, deployment, members)
