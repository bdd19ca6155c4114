"""The guideline of a simulated federation: a template with the run's rule, optimiser, faults and numbers of members.

Phases are so long that none ends by the clock while somebody still acts.
"""

from decimal import Decimal

from pydantic import ValidationError

from aggregator.errors import TooFewUpdates
from node.errors import ConfigError
from node.guideline import (
    SLACK,
    Architecture,
    DataProtocol,
    Guideline,
    Phases,
    Preaggregation,
    ServerOptimiser,
    UpdateProtocol,
    describe_validation,
)
from node.research.simulation.settings import Choice, Settings

__all__ = ["SYNTHETIC", "faults_of", "guideline_for"]

PHASE_SECONDS = 24 * 3600  # an EVM in process needs a second for each transaction
SYNTHETIC = Guideline(
    name="synthetic",
    description="Synthetic updates: there is no model and no data behind this federation.",
    data=DataProtocol(task="code-completion"),
    architecture=Architecture(model="synthetic", weights_sha256="0" * 64, rank=1, alpha=1, targets=("synthetic",)),
    update=UpdateProtocol(
        rule="mean",
        faults=0,
        min_updates=1,
        min_trainers=3,
        min_validators=1,
        local_steps=1,
        batch_size=1,
        block_length=8,
        learning_rate=Decimal("0.001"),
        phases=Phases(commit=1, reveal=1, vouch=1, attest=1, disclose=1),
    ),
)


def guideline_for(settings: Settings, template: Guideline = SYNTHETIC) -> Guideline:
    """The template with what the settings say. Raises `ConfigError` when no such federation could run."""
    rule, optimiser = Choice.of(settings.rule, "--rule"), Choice.of(settings.optimiser, "--optimiser")
    needs = _needs(settings)
    try:
        changed = {
            "rule": rule.name,
            "parameters": rule.integers,
            "preaggregations": tuple(map(_preaggregation, settings.preaggregations)),
            "optimiser": ServerOptimiser(name=optimiser.name, parameters=dict(optimiser.parameters)),
            "faults": faults_of(settings),
            "min_updates": needs,
            "min_trainers": needs + SLACK,
            "min_validators": settings.validators,
            "trainers": settings.peers,
            "validators": settings.validators,
            "phases": Phases(**dict.fromkeys(Phases.model_fields, PHASE_SECONDS)),
        }
        update = UpdateProtocol.model_validate({**dict(template.update), **changed})
        return Guideline.model_validate({**dict(template), "update": update})
    except ValidationError as error:
        raise ConfigError(describe_validation(error, "simulate")) from error


def faults_of(settings: Settings) -> int:
    """The f of the guideline: what was asked for, else as many as attack, as far as the rule allows with two to spare.

    Raises `ConfigError` when there are too few peers for the rule at all.
    """
    if settings.faults is not None:
        return settings.faults
    try:
        return min(settings.byzantine, settings.make_rule().largest_faults(settings.peers - SLACK))
    except TooFewUpdates as error:
        raise ConfigError(f"--peers: {settings.peers} peers are too few with {SLACK} to spare: {error}") from error


def _needs(settings: Settings) -> int:
    needs = settings.make_rule().needs(faults_of(settings))
    if needs + SLACK > settings.peers:
        raise ConfigError(
            f"--peers: {settings.rule} with {faults_of(settings)} faults needs {needs} updates and {SLACK} spare "
            f"trainers, so at least {needs + SLACK} peers, not {settings.peers}"
        )
    return needs


def _preaggregation(text: str) -> Preaggregation:
    choice = Choice.of(text, "--preaggregation")
    return Preaggregation(name=choice.name, parameters=choice.integers)
