"""GuidelineRegistry: versions of the guideline, and the bounds of what the contracts enforce of one."""

from dataclasses import replace

from node.chain.model.calls import Reverted, emit, plain, require_valid
from node.chain.model.state import Content, Guideline, Guidelines, World
from node.chain.views import Parameters

__all__ = ["adopt", "fall_back", "guideline_of", "parameters", "parameters_of"]

REGISTRY = "GuidelineRegistry"
MAX_TRAINERS = 256  # bits of a reveal bitmap
MAX_VALIDATORS = 32  # bits of `Result.falseVouchers`
MAX_PHASE = 30 * 24 * 3600  # seconds
MAX_AMOUNT = (1 << 96) - 1
MAX_UINT8 = (1 << 8) - 1
MAX_UINT32 = (1 << 32) - 1


def guideline_of(world: World, version: int) -> Guideline:
    """Document, lineage and genesis state of a version."""
    return _version(world, version)[0]


def parameters_of(world: World, version: int) -> Parameters:
    """Enforced parameters of a version."""
    return _version(world, version)[1]


def parameters(world: World) -> Parameters:
    """Enforced parameters of the current version."""
    return parameters_of(world, world.guidelines.current)


def adopt(world: World, document: Content, genesis: Content, terms: Parameters) -> World:
    """Make a new version current; a genesis state starts a new lineage."""
    require_valid(document)
    _require_counts(terms)
    _require_times(terms)
    _require_amounts(terms)

    registry = world.guidelines
    if any(genesis.digest):
        require_valid(genesis)
        # Not current + 1: after a fallback that number may be taken.
        registry = replace(registry, lineages=registry.lineages + 1)
        adopted = Guideline(document, registry.lineages, genesis)
    else:
        adopted = replace(guideline_of(world, registry.current), guideline=document)
    version = len(registry.versions) + 1
    versions = (*registry.versions, (adopted, terms))
    world = replace(world, guidelines=Guidelines(version, registry.lineages, versions))

    return emit(
        world,
        REGISTRY,
        "GuidelineAdopted",
        version=version,
        lineage=adopted.lineage,
        guideline=document,
        genesisState=plain(adopted.genesis_state),
        parameters=terms.to_contract(),
    )


def fall_back(world: World, version: int) -> World:
    """Make an earlier version current again."""
    before = world.guidelines.current
    world = replace(world, guidelines=replace(world.guidelines, current=version))
    return emit(world, REGISTRY, "GuidelineFellBack", **{"from": before, "to": version})


def _version(world: World, version: int) -> tuple[Guideline, Parameters]:
    if not 1 <= version <= len(world.guidelines.versions):
        raise Reverted("GuidelineRegistryUnknownVersion", version)
    return world.guidelines.versions[version - 1]


def _require_counts(p: Parameters) -> None:
    _require_within("trainers", p.trainers, 1, MAX_TRAINERS)
    _require_within("validators", p.validators, 1, MAX_VALIDATORS)
    _require_within("minUpdates", p.min_updates, 1, p.trainers)
    _require_within("minTrainers", p.min_trainers, p.min_updates, p.trainers)
    _require_within("minValidators", p.min_validators, 1, p.validators)
    _require_within("faultPointLimit", p.fault_point_limit, 1, MAX_UINT8)


def _require_times(p: Parameters) -> None:
    _require_within("commitSeconds", p.commit_seconds, 1, MAX_PHASE)
    _require_within("revealSeconds", p.reveal_seconds, 1, MAX_PHASE)
    _require_within("vouchSeconds", p.vouch_seconds, 1, MAX_PHASE)
    _require_within("attestSeconds", p.attest_seconds, 1, MAX_PHASE)
    _require_within("discloseSeconds", p.disclose_seconds, 1, MAX_PHASE)

    whole = p.commit_seconds + p.reveal_seconds + p.vouch_seconds + p.attest_seconds + p.disclose_seconds
    _require_within("unbondDelay", p.unbond_delay, 2 * whole, MAX_UINT32)


def _require_amounts(p: Parameters) -> None:
    _require_within("budget", p.budget, 0, MAX_AMOUNT)
    _require_within("minimumBond", p.minimum_bond, 0, MAX_AMOUNT)
    _require_within("softPenalty", p.soft_penalty, 0, p.minimum_bond // 20)
    _require_within("hardPenalty", p.hard_penalty, p.soft_penalty, p.minimum_bond)
    _require_within("airdrop", p.airdrop, p.minimum_bond + p.soft_penalty, MAX_AMOUNT)


def _require_within(parameter: str, value: int, minimum: int, maximum: int) -> None:
    if not minimum <= value <= maximum:
        raise Reverted("GuidelineRegistryOutOfBounds", parameter, value, minimum, maximum)
