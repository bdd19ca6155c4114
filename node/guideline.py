"""The guideline: the one document that governs a federation, authored as TOML, pinned as canonical JSON.

Four protocols: data, architecture, update, version control. A node takes everything about training and aggregation
from here and nothing from its own config. Numbers with a fraction are decimals, written as strings in the canonical
form, so that the document has one byte representation and one content id.
"""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

import aggregator
from aggregator import canonical
from aggregator.errors import AggregatorError, BadParameter, TooManyUpdates, UnknownRule
from node.algorithms import LocalAlgorithm, local_algorithm
from node.architecture import Architecture
from node.document import (
    Cid,
    CopyrightText,
    Fraction,
    Seconds,
    SpdxId,
    Strict,
    TokenAmount,
    as_value_error,
    tuples,
)
from node.errors import GuidelineError

__all__ = [
    "GUIDELINE_LIMIT",
    "Algorithm",
    "Architecture",
    "Benchmark",
    "DataProtocol",
    "Guideline",
    "Phases",
    "Preaggregation",
    "ServerOptimiser",
    "Tokens",
    "UpdateProtocol",
    "VersionControl",
    "Voting",
    "algorithm_of",
    "describe_validation",
    "guideline_of",
    "load_guideline",
    "optimiser_of",
    "parse_guideline",
    "rule_of",
    "seal",
]

GUIDELINE_LIMIT = 256 * 1024  # bytes
SLACK = 2  # trainers beyond what the rule needs, so that a round survives absences


class DataProtocol(Strict):
    """What a sample is and which samples count; docs/data.md describes every key.

    Lengths, exact copies and `cleared_only` hold whenever a node reads its code. The rest is what `fednode data check`
    clears files by.
    """

    task: Literal[
        "code-completion",
        "code-search",
        "code-to-text",
        "line-completion",
        "token-completion",
        "program-repair",
        "program-repair-instruct",
        "clone-detection",
        "defect-detection",
    ]
    languages: tuple[str, ...] = Field(default=("python",), min_length=1, max_length=32)
    min_characters: int = Field(default=64, ge=1)
    max_characters: int = Field(default=200_000, ge=1)
    deduplicate: bool = True
    near_duplicate_percent: int = Field(default=85, ge=50, le=100)
    allowed_licences: tuple[SpdxId, ...] = Field(default=(), max_length=256)
    denied_licences: tuple[SpdxId, ...] = Field(default=(), max_length=256)
    denied_copyrights: tuple[CopyrightText, ...] = Field(default=(), max_length=256)
    scan_secrets: bool = True
    mask_personal_data: bool = True
    cleared_only: bool = False
    held_out_percent: int = Field(default=20, ge=1, le=50)
    test_set_min_samples: int = Field(default=32, ge=1)


class Phases(Strict):
    """Longest time each phase may take; a phase ends early once everyone drawn has acted."""

    commit: Seconds
    reveal: Seconds
    vouch: Seconds
    attest: Seconds
    disclose: Seconds


class Tokens(Strict):
    """Whole contribution tokens: what a round pays, what a newcomer gets, what a fault costs."""

    budget: TokenAmount = 900
    validator_percent: int = Field(default=10, ge=0, le=50)
    airdrop: TokenAmount = 120
    minimum_bond: TokenAmount = 100
    hard_penalty: TokenAmount = 50
    soft_penalty: TokenAmount = 2
    fault_point_limit: int = Field(default=5, ge=1, le=255)
    unbond_delay: Annotated[int, Field(ge=1, le=365 * 24 * 3600)] = 14 * 24 * 3600


class Preaggregation(Strict):
    """One of what stands in front of the rule."""

    name: str
    parameters: dict[str, int] = Field(default_factory=dict, max_length=16)

    @model_validator(mode="after")
    def _exists(self) -> "Preaggregation":
        as_value_error(lambda: aggregator.preaggregation(self.name, **self.parameters))
        return self


class ServerOptimiser(Strict):
    """What makes the step of the state from the aggregate; parameters are decimals in the model's units."""

    name: str = "plain"
    parameters: dict[str, Fraction] = Field(default_factory=dict, max_length=16)

    @model_validator(mode="after")
    def _exists(self) -> "ServerOptimiser":
        as_value_error(lambda: aggregator.optimiser(self.name, **self.parameters))
        return self


class Algorithm(Strict):
    """How peers depart from plain local training; parameters are decimals, `tensors` names what stays at the peer."""

    name: str = "fedavg"
    parameters: dict[str, Fraction] = Field(default_factory=dict, max_length=16)
    tensors: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(default=(), max_length=32)

    @model_validator(mode="after")
    def _exists(self) -> "Algorithm":
        as_value_error(self.make)
        return self

    def make(self) -> LocalAlgorithm:
        """The algorithm. Raises `UnknownRule`, `BadParameter`."""
        if "tensors" in self.parameters:
            raise BadParameter(f"{self.name} has no parameter 'tensors': it is a key of its own")
        return local_algorithm(self.name, self.tensors, **self.parameters)


class UpdateProtocol(Strict):
    """How updates are trained, drawn, aggregated and paid; preaggregations are applied in their order.

    `examples_cap` is for the rule `mean`: 0 weighs all updates alike, k weighs them by their examples, none by more
    than k times the median count. A step's batch is computed in `accumulate` equal parts, which changes the memory it
    takes and no result beyond rounding (but for tasks whose samples are each other's negatives).
    """

    rule: str
    parameters: dict[str, int] = Field(default_factory=dict, max_length=16)
    preaggregations: tuple[Preaggregation, ...] = Field(default=(), max_length=4)
    optimiser: ServerOptimiser = ServerOptimiser()
    examples_cap: int = Field(default=0, ge=0, le=1000)
    faults: int = Field(ge=0, le=127)
    min_updates: int = Field(ge=1, le=256)
    min_trainers: int = Field(ge=1, le=256)
    min_validators: int = Field(ge=1, le=32)
    trainers: int = Field(default=256, ge=1, le=256)
    validators: int = Field(default=32, ge=1, le=32)
    algorithm: Algorithm = Algorithm()
    local_optimiser: Literal["adamw", "sgd"] = "adamw"
    local_steps: int = Field(ge=1, le=100_000)
    batch_size: int = Field(ge=1, le=4096)
    accumulate: int = Field(default=1, ge=1, le=4096)
    block_length: int = Field(ge=8, le=8192)
    learning_rate: Fraction = Field(gt=0, le=1000)
    max_gradient_norm: Fraction = Field(default=Decimal(1), gt=0, le=10_000)
    privacy: Literal["none"] = "none"
    phases: Phases
    tokens: Tokens = Tokens()


class Benchmark(Strict):
    """A pinned held-out set that releases are measured on."""

    name: str = Field(min_length=1, max_length=100)
    cid: Cid | None = None
    metric: str = Field(min_length=1, max_length=100)
    threshold: Fraction = Decimal(0)
    allowed_regression: Fraction = Decimal(0)


class Voting(Strict):
    """How the federation votes; quorum in percent of all voting units, the rest in seconds."""

    delay: int = Field(default=3600, ge=0, le=30 * 24 * 3600)
    period: Seconds = 3 * 24 * 3600
    quorum_percent: int = Field(default=20, ge=1, le=100)
    late_quorum_extension: int = Field(default=12 * 3600, ge=0, le=7 * 24 * 3600)
    timelock: int = Field(default=24 * 3600, ge=0, le=30 * 24 * 3600)


class VersionControl(Strict):
    """What a release must show, which states are kept, how it is voted on (set at founding, changed by vote)."""

    voting: Voting = Voting()
    benchmarks: tuple[Benchmark, ...] = Field(default=(), max_length=32)
    keep_states: int = Field(default=8, ge=2, le=1000)


class Guideline(Strict):
    """The whole document. `canonical()` is what is pinned and hashed."""

    name: str = Field(min_length=1, max_length=100)
    description: str = Field(default="", max_length=4000)
    data: DataProtocol
    architecture: Architecture
    update: UpdateProtocol
    version_control: VersionControl = VersionControl()

    @model_validator(mode="after")
    def _can_run(self) -> "Guideline":
        """The rule exists and has slack for its peer count, and the amounts keep a newcomer eligible."""
        if self.data.max_characters < self.data.min_characters:
            raise ValueError(
                f"data.max_characters {self.data.max_characters} is below min_characters {self.data.min_characters}"
            )
        _check_rule(self.update)
        _check_optimiser(self.update, self.architecture.step_exponent)
        _check_training(self.update)
        _check_tokens(self.update)
        return self

    def canonical(self) -> bytes:
        """The canonical JSON bytes (RFC 8785), the same for the same guideline everywhere."""
        return canonical.dumps(self.model_dump(mode="json"))


def seal(guideline: Guideline, genesis: str, frozen: str) -> Guideline:
    """The guideline with its genesis state and frozen tensors named."""
    architecture = guideline.architecture.model_copy(update={"genesis": genesis, "frozen": frozen})
    return guideline.model_copy(update={"architecture": architecture})


def rule_of(update: UpdateProtocol) -> aggregator.Rule:
    """The rule that a round is aggregated with, behind its preaggregations."""
    rule = aggregator.rule(update.rule, **update.parameters)
    return aggregator.composed(
        rule, *(aggregator.preaggregation(one.name, **one.parameters) for one in update.preaggregations)
    )


def optimiser_of(update: UpdateProtocol) -> aggregator.Optimiser:
    """The optimiser that a round's aggregate moves the state with."""
    return aggregator.optimiser(update.optimiser.name, **update.optimiser.parameters)


def algorithm_of(update: UpdateProtocol) -> LocalAlgorithm:
    """What a peer adds to plain local training."""
    return update.algorithm.make()


def load_guideline(path: Path) -> Guideline:
    """Read a guideline authored as TOML. Raises `GuidelineError` naming the file, the field and the value."""
    try:
        data = path.read_bytes()
        if len(data) > GUIDELINE_LIMIT:
            raise GuidelineError(f"{path}: {len(data)} bytes; a guideline has at most {GUIDELINE_LIMIT}")
        document = tomllib.loads(data.decode())
    except OSError as error:
        raise GuidelineError(f"{path}: cannot be read ({error.strerror}); give the path of a guideline file") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GuidelineError(f"{path}: not valid TOML: {error}") from error
    return guideline_of(document, str(path))


def parse_guideline(data: bytes) -> Guideline:
    """Read a pinned guideline. Raises `GuidelineError` when the bytes are not a canonical guideline document."""
    try:
        document = canonical.loads(data, GUIDELINE_LIMIT)
    except AggregatorError as error:
        raise GuidelineError(f"pinned guideline: {error}; the federation's guideline content is broken") from error
    return guideline_of(document, "pinned guideline")


def guideline_of(document: Any, source: str) -> Guideline:
    """The guideline that a parsed document is. Raises `GuidelineError` naming `source`, the field and the value."""
    try:
        return Guideline.model_validate(tuples(document))
    except ValidationError as error:
        raise GuidelineError(describe_validation(error, source)) from error
    except AggregatorError as error:
        field = "update.rule" if isinstance(error, UnknownRule) else "update.parameters"
        raise GuidelineError(f"{source}: {field}: {error}") from error


def describe_validation(error: ValidationError, source: str) -> str:
    """One line per problem: source, field, what is wrong, the value."""
    lines = []
    for problem in error.errors(include_url=False):
        field, message = ".".join(map(str, problem["loc"])), problem["msg"].removeprefix("Value error, ")
        got = f"{field}: {message} (got {str(problem['input'])[:80]!r})"
        lines.append(f"{source}: {got if field else message}")  # a check across fields names them itself
    return "\n".join(lines)


def _check_rule(update: UpdateProtocol) -> None:
    rule = rule_of(update)
    needs = rule.needs(update.faults)
    if update.examples_cap and update.rule != "mean":
        raise ValueError(
            f"update.examples_cap is {update.examples_cap}; rule {update.rule!r} takes no weights: leave it out"
        )
    if update.min_trainers < needs + SLACK:
        raise ValueError(
            f"update.min_trainers is {update.min_trainers}; rule {rule.name!r} with faults = {update.faults} needs "
            f"{needs} updates and {SLACK} spare trainers: raise min_trainers to {needs + SLACK} or lower faults"
        )
    if update.min_updates < rule.needs(0):
        raise ValueError(f"update.min_updates is {update.min_updates}; rule {rule.name!r} needs {rule.needs(0)} at all")
    if update.min_updates > update.min_trainers:
        raise ValueError(f"update.min_updates {update.min_updates} is above min_trainers {update.min_trainers}")
    if update.trainers < update.min_trainers:
        raise ValueError(f"update.trainers {update.trainers} is below min_trainers {update.min_trainers}")
    try:
        rule.largest_faults(update.trainers)
    except TooManyUpdates as error:
        raise ValueError(f"update.trainers is {update.trainers}: {error}") from error
    if update.validators < update.min_validators:
        raise ValueError(f"update.validators {update.validators} is below min_validators {update.min_validators}")


def _check_optimiser(update: UpdateProtocol, step_exponent: int) -> None:
    try:
        optimiser_of(update).start(1, step_exponent)
    except BadParameter as error:
        raise ValueError(f"update.optimiser: {error}") from error


def _check_training(update: UpdateProtocol) -> None:
    if update.batch_size % update.accumulate:
        raise ValueError(
            f"update.accumulate is {update.accumulate}, which does not divide batch_size {update.batch_size}: a "
            "batch is computed in equal parts"
        )
    if algorithm_of(update).plain_steps and update.local_optimiser != "sgd":
        raise ValueError(
            f"update.algorithm {update.algorithm.name!r} holds for plain gradient steps alone: set "
            "update.local_optimiser to 'sgd', with a learning rate to match"
        )
    if (update.algorithm.name == "feddyn") != (update.optimiser.name == "feddyn"):
        raise ValueError(
            f"update.algorithm is {update.algorithm.name!r} and update.optimiser {update.optimiser.name!r}: feddyn is "
            "made of both, give it to both or to neither"
        )


def _check_tokens(update: UpdateProtocol) -> None:
    tokens, longest = update.tokens, sum(update.phases.model_dump().values())
    if tokens.soft_penalty * 20 > tokens.minimum_bond:
        raise ValueError(f"update.tokens.soft_penalty {tokens.soft_penalty} is above a twentieth of minimum_bond")
    if not tokens.soft_penalty <= tokens.hard_penalty <= tokens.minimum_bond:
        raise ValueError(
            f"update.tokens.hard_penalty {tokens.hard_penalty} is not between soft_penalty {tokens.soft_penalty} and "
            f"minimum_bond {tokens.minimum_bond}"
        )
    if tokens.airdrop < tokens.minimum_bond + tokens.soft_penalty:
        raise ValueError(
            f"update.tokens.airdrop {tokens.airdrop} is below minimum_bond + soft_penalty: a newcomer must be eligible "
            "after one small penalty"
        )
    if tokens.unbond_delay < 2 * longest:
        raise ValueError(f"update.tokens.unbond_delay {tokens.unbond_delay} is below two rounds: {2 * longest} seconds")
