"""Results: what finalised rounds leave behind for later ones.

The state to go on from, the rollback that replaces it, the guideline version that works, and proofs for releases.
"""

from dataclasses import replace

from node.chain.model.calls import emit, hash_words, plain, require_valid
from node.chain.model.guidelines import fall_back, guideline_of
from node.chain.model.rewards import keep_root
from node.chain.model.state import Content, Finalised, Result, World

__all__ = ["content_hash", "count_failure", "encoded", "keep_result", "next_base", "set_base", "version_to_run"]

MANAGER = "RoundManager"
FAILURES_TO_FALL_BACK = 3
MAX_FAILURES = 255


def encoded(result: Result) -> bytes:
    """abi.encode(result): eight words."""
    numbers = (result.included, result.malformed, result.false_vouchers)
    contents = (part for content in (result.record, result.state) for part in content)
    words = (*numbers, *contents, result.ledger_root)
    return b"".join(word if isinstance(word, bytes) else word.to_bytes(32) for word in words)


def content_hash(state: Content, record: Content) -> bytes:
    """What a release must prove: 28 bytes."""
    return hash_words(*state, *record)[:28]


def set_base(world: World, state: Content) -> World:
    """Make the next round start from `state`. Release registry only."""
    require_valid(state)
    lineage = guideline_of(world, world.guidelines.current).lineage
    world = replace(world, results=replace(world.results, rollback=(state, lineage), rollback_in_use=False))
    return emit(world, MANAGER, "BaseSet", state=state, lineage=lineage)


def version_to_run(world: World) -> tuple[World, int]:
    """The current version, or the last one that finalised a round if the current one has had its chances."""
    results, version = world.results, world.guidelines.current
    if version != world.round.version:
        return replace(world, results=replace(results, failures=0)), version
    works = results.version not in (0, version)
    if results.failures < FAILURES_TO_FALL_BACK or not works:
        return world, version
    world = replace(world, results=replace(results, failures=0))
    return fall_back(world, results.version), results.version


def next_base(world: World, version: int) -> tuple[World, Content]:
    """What the round that opens starts from: a rollback's state or the last result, of its lineage, or the genesis."""
    results, guideline = world.results, guideline_of(world, version)
    if results.rollback is not None and results.rollback[1] == guideline.lineage:
        return replace(world, results=replace(results, rollback_in_use=True)), results.rollback[0]
    if results.lineage == guideline.lineage:
        return world, results.state
    return world, guideline.genesis_state


def count_failure(world: World) -> World:
    """Called once for each failed round."""
    failures = min(world.results.failures + 1, MAX_FAILURES)
    return replace(world, results=replace(world.results, failures=failures))


def keep_result(world: World, result_hash: bytes, result: Result) -> World:
    """Remember the result of the current round, which finalises."""
    current, before = world.round, world.results
    finalised = Finalised(content_hash(result.state, result.record), current.version)
    results = replace(
        before,
        ordinal=before.ordinal + 1,
        round=current.number,
        lineage=current.lineage,
        version=current.version,
        state=result.state,
        record=result.record,
        failures=0,
        rollback=None if before.rollback_in_use else before.rollback,
        rollback_in_use=False,
        finalised={**before.finalised, current.number: finalised},
    )
    world = keep_root(replace(world, results=results), results.ordinal, result.ledger_root, current.terms.budget)
    return emit(
        world,
        MANAGER,
        "RoundFinalised",
        round=current.number,
        ordinal=results.ordinal,
        version=current.version,
        resultHash=result_hash,
        result={
            "included": result.included,
            "malformed": result.malformed,
            "falseVouchers": result.false_vouchers,
            "record": plain(result.record),
            "state": plain(result.state),
            "ledgerRoot": result.ledger_root,
        },
    )
