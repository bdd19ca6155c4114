"""Proposals and votes: OpenZeppelin's Governor with typed values, and the calls that a proposal may make."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_utils.crypto import keccak

from node.chain.abi import encode_call
from node.chain.deployment import Deployment
from node.chain.views import Parameters, ProposalView
from node.chain.words import ProposalState
from node.cid import to_contract
from node.errors import ConfigError
from node.ports import Chain, Receipt
from node.types import Address, Cid, UnixSeconds

__all__ = ["Call", "Governance", "Support"]

_GOVERNOR = "FederationGovernor"
_NO_CONTENT = (bytes(32), 0)


class Support(IntEnum):
    """`VoteType` of OpenZeppelin's GovernorCountingSimple."""

    AGAINST = 0
    FOR = 1
    ABSTAIN = 2


@dataclass(frozen=True)
class Call:
    """What a proposal does once executed."""

    contract: str
    function: str
    arguments: tuple[object, ...]

    @classmethod
    def admit(cls, account: Address) -> "Call":
        """Let an account join."""
        return cls("Membership", "admit", (account,))

    @classmethod
    def expel(cls, account: Address) -> "Call":
        """Vote a member out."""
        return cls("Membership", "expel", (account,))

    @classmethod
    def publish(cls, candidate: int) -> "Call":
        """Release a candidate."""
        return cls("ReleaseRegistry", "publish", (candidate,))

    @classmethod
    def rollback(cls, release: int) -> "Call":
        """Release an older release again."""
        return cls("ReleaseRegistry", "rollback", (release,))

    @classmethod
    def adopt(cls, guideline: Cid, genesis: Cid | None, parameters: Parameters) -> "Call":
        """Make a new guideline version current; a genesis state starts a new lineage."""
        state = to_contract(genesis) if genesis else _NO_CONTENT
        return cls("GuidelineRegistry", "adopt", (to_contract(guideline), state, parameters.to_contract()))


class Governance:
    """The federation's governor, spoken to by the account that `chain` signs for."""

    def __init__(self, chain: Chain, deployment: Deployment) -> None:
        self._chain = chain
        self._deployment = deployment

    def propose(self, call: Call, description: str) -> int:
        """Propose one call; gives the proposal's id. The same call with the same description has the same id."""
        target = self._deployment.addresses[call.contract]
        data = encode_call(call.contract, call.function, call.arguments)
        receipt = self._chain.transact(_GOVERNOR, "propose", [target], [0], [data], description)
        return next(int(one.arguments["proposalId"]) for one in receipt.events if one.name == "ProposalCreated")

    def vote(self, proposal: int, support: Support) -> Receipt:
        """Cast all of the account's votes."""
        return self._chain.transact(_GOVERNOR, "castVote", proposal, int(support))

    def queue(self, proposal: int) -> Receipt:
        """Put a proposal that has succeeded into the timelock."""
        return self._chain.transact(_GOVERNOR, "queue", *self._operation(proposal))

    def execute(self, proposal: int) -> Receipt:
        """Execute a queued proposal whose delay is over."""
        return self._chain.transact(_GOVERNOR, "execute", *self._operation(proposal))

    def state(self, proposal: int) -> ProposalState:
        """Where a proposal stands. Raises `TransactionRefused` for an unknown id."""
        return ProposalState(self._chain.call(_GOVERNOR, "state", proposal))

    def delegate(self, account: Address) -> Receipt:
        """Let another account cast this account's votes."""
        return self._chain.transact("ContributionToken", "delegate", account)

    def votes(self, account: Address) -> int:
        """Voting units that an account casts, delegated ones included."""
        return int(self._chain.call("ContributionToken", "getVotes", account))

    def proposals(self) -> tuple[ProposalView, ...]:
        """Every proposal, in order."""
        return tuple(self._view(said) for said in self._created())

    def proposal(self, proposal: int) -> ProposalView:
        """One proposal. Raises `ConfigError` for an unknown id."""
        return self._view(self._said(proposal))

    def _view(self, said: Mapping[str, Any]) -> ProposalView:
        number = said["proposalId"]
        against, in_favour, abstain = self._chain.call(_GOVERNOR, "proposalVotes", number)
        return ProposalView(
            id=number,
            proposer=said["proposer"],
            description=said["description"],
            targets=said["targets"],
            calls=said["calldatas"],
            state=self.state(number),
            voting_from=UnixSeconds(said["voteStart"]),
            # An extension for a late quorum is not in the event.
            voting_until=UnixSeconds(self._chain.call(_GOVERNOR, "proposalDeadline", number)),
            eta=UnixSeconds(self._chain.call(_GOVERNOR, "proposalEta", number)),
            against=against,
            in_favour=in_favour,
            abstain=abstain,
        )

    def _operation(self, proposal: int) -> tuple[list[Address], list[int], list[bytes], bytes]:
        """What queue and execute take: the governor keeps only its hash."""
        said = self._said(proposal)
        description = keccak(text=said["description"])
        return list(said["targets"]), list(said["values"]), list(said["calldatas"]), description

    def _said(self, proposal: int) -> Mapping[str, Any]:
        for said in self._created():
            if said["proposalId"] == proposal:
                return said
        raise ConfigError(f"there is no proposal {proposal}; see `fednode proposals`")

    def _created(self) -> list[Mapping[str, Any]]:
        events = self._chain.events(self._deployment.deploy_block)
        return [one.arguments for one in events if one.name == "ProposalCreated"]
