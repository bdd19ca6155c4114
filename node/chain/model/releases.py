"""ReleaseRegistry: from candidate to release, by vote."""

from dataclasses import replace

from node.chain.model.calls import Message, Reverted, emit, require_valid
from node.chain.model.guidelines import guideline_of
from node.chain.model.membership import member_of
from node.chain.model.results import content_hash, set_base
from node.chain.model.state import Candidate, Content, Finalised, Release, Releases, World
from node.chain.words import MemberStatus

__all__ = ["candidate_of", "propose", "publish", "release_of", "rollback"]

REGISTRY = "ReleaseRegistry"


def propose(world: World, message: Message, number: int, state: Content, record: Content, notes: Content) -> World:
    """Propose the state of a finalised round. Active members only."""
    if member_of(world, message.sender).status is not MemberStatus.ACTIVE:
        raise Reverted("ReleaseRegistryUnauthorized", message.sender)
    finalised = world.results.finalised.get(number, Finalised())
    if finalised.version == 0 or finalised.content_hash != content_hash(state, record):
        raise Reverted("ReleaseRegistryNotFinalised", number, finalised.content_hash)
    require_valid(notes)

    lineage = guideline_of(world, finalised.version).lineage
    candidate = Candidate(number, finalised.version, lineage, message.sender, state, record, notes)
    candidates = (*world.releases.candidates, candidate)
    world = replace(world, releases=replace(world.releases, candidates=candidates))

    return emit(
        world,
        REGISTRY,
        "CandidateProposed",
        candidateId=len(candidates),
        round=number,
        proposer=message.sender,
        state=state,
        record=record,
        notes=notes,
    )


def publish(world: World, message: Message, candidate_id: int) -> World:
    """Release a candidate. By vote only."""
    candidate_of(world, candidate_id)
    released = world.releases.published.get(candidate_id)
    if released is not None:
        raise Reverted("ReleaseRegistryAlreadyPublished", candidate_id, released)
    world = _release(world, message, candidate_id, 0)
    published = {**world.releases.published, candidate_id: len(world.releases.releases)}
    return replace(world, releases=replace(world.releases, published=published))


def rollback(world: World, message: Message, release_id: int) -> World:
    """Release an older release again; the next round starts from its state if the lineage is still the same."""
    candidate_id = release_of(world, release_id).candidate_id
    world = _release(world, message, candidate_id, release_id)
    candidate = candidate_of(world, candidate_id)
    lineage = guideline_of(world, world.guidelines.current).lineage
    return set_base(world, candidate.state) if candidate.lineage == lineage else world


def candidate_of(world: World, candidate_id: int) -> Candidate:
    """A candidate by id."""
    if not 1 <= candidate_id <= len(world.releases.candidates):
        raise Reverted("ReleaseRegistryUnknownCandidate", candidate_id)
    return world.releases.candidates[candidate_id - 1]


def release_of(world: World, release_id: int) -> Release:
    """A release by id."""
    if not 1 <= release_id <= len(world.releases.releases):
        raise Reverted("ReleaseRegistryUnknownRelease", release_id)
    return world.releases.releases[release_id - 1]


def _release(world: World, message: Message, candidate_id: int, rollback_of: int) -> World:
    release = Release(candidate_id, message.now, rollback_of)
    before = world.releases
    world = replace(world, releases=Releases(before.candidates, (*before.releases, release), before.published))
    return emit(
        world,
        REGISTRY,
        "ReleasePublished",
        releaseId=len(world.releases.releases),
        candidateId=candidate_id,
        rollbackOf=rollback_of,
    )
