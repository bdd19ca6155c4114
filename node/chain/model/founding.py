"""The world right after deployment: what the seven constructors fix and emit."""

from collections.abc import Mapping

from eth_utils.crypto import keccak

from node.chain.commitments import Domain
from node.chain.deploy import DeployPlan
from node.chain.deployment import founders_root
from node.chain.model.calls import emit, require_valid
from node.chain.model.guidelines import adopt
from node.chain.model.state import Content, Setup, World
from node.cid import to_contract
from node.types import NOBODY, Address

__all__ = ["founded"]

GOVERNOR, TIMELOCK = "FederationGovernor", "TimelockController"


def founded(plan: DeployPlan, addresses: Mapping[str, Address], chain_id: int, deployer: Address) -> World:
    """The federation of a plan at these addresses, with the events of its deployment in the log.

    Raises `Reverted` for a guideline that the registry refuses.
    """
    domain = Domain(chain_id, addresses["RoundManager"])
    world = World(
        Setup(
            addresses=dict(addresses),
            founders_root=founders_root(plan.founders),
            token_name=plan.name,
            token_symbol=plan.symbol,
            voting=plan.voting,
            update_domain=domain.of_updates,
            result_domain=domain.of_results,
        )
    )
    genesis = Content(*to_contract(plan.genesis))
    require_valid(genesis)
    world = adopt(world, Content(*to_contract(plan.guideline)), genesis, plan.parameters)
    return _with_governor(_with_timelock(world, deployer))


def _with_timelock(world: World, deployer: Address) -> World:
    """The timelock administers itself, the governor proposes and cancels, anybody may execute."""
    at = world.setup.addresses
    grants = (
        (bytes(32), at[TIMELOCK]),
        (keccak(text="PROPOSER_ROLE"), at[GOVERNOR]),
        (keccak(text="CANCELLER_ROLE"), at[GOVERNOR]),
        (keccak(text="EXECUTOR_ROLE"), NOBODY),
    )
    for role, account in grants:
        world = emit(world, TIMELOCK, "RoleGranted", role=role, account=account, sender=deployer)
    delay = world.setup.voting.timelock_delay
    return emit(world, TIMELOCK, "MinDelayChange", oldDuration=0, newDuration=delay)


def _with_governor(world: World) -> World:
    voting, timelock = world.setup.voting, world.setup.addresses[TIMELOCK]
    world = emit(world, GOVERNOR, "VotingDelaySet", oldVotingDelay=0, newVotingDelay=voting.voting_delay)
    world = emit(world, GOVERNOR, "VotingPeriodSet", oldVotingPeriod=0, newVotingPeriod=voting.voting_period)
    world = emit(
        world, GOVERNOR, "ProposalThresholdSet", oldProposalThreshold=0, newProposalThreshold=voting.proposal_threshold
    )
    world = emit(
        world, GOVERNOR, "QuorumNumeratorUpdated", oldQuorumNumerator=0, newQuorumNumerator=voting.quorum_percent
    )
    world = emit(
        world,
        GOVERNOR,
        "LateQuorumVoteExtensionSet",
        oldVoteExtension=0,
        newVoteExtension=voting.late_quorum_extension,
    )
    return emit(world, GOVERNOR, "TimelockChange", oldTimelock=NOBODY, newTimelock=timelock)
