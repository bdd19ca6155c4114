"""The round record: the agreed, replayable explanation of one round, as canonical JSON.

Only the value and its bytes. Who fills it in, and where its CID is attested, is the business of the validator.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, TypeAlias

from aggregator.canonical import Json, dumps, loads
from aggregator.errors import REASON_LIMIT, BadParameter, Malformed, shown
from aggregator.fields import Fields

__all__ = ["PreaggregationRecord", "RoundRecord", "UpdateRecord", "ValidatorCredit"]

Status: TypeAlias = Literal["finalised", "failed"]
Parameters: TypeAlias = Mapping[str, int | str]

_STATUSES: dict[str, Status] = {"finalised": "finalised", "failed": "failed"}
FORMAT = 1
RECORD_LIMIT = 1 << 20  # bytes
UPDATE_LIMIT = 256
VALIDATOR_LIMIT = 32
PARAMETER_LIMIT = 32
PREAGGREGATION_LIMIT = 16
CID_LIMIT = 128  # characters
NAME_LIMIT = 64  # characters
ROOT_LIMIT = 66  # characters: 0x and 32 bytes


@dataclass(frozen=True)
class UpdateRecord:
    """One revealed update: who sent it, its three states, the reason in words and its contribution in token wei."""

    trainer: str  # address, lower case
    slot: int  # order of reveal
    cid: str
    examples: int
    included: bool
    well_formed: bool
    selected: bool
    reason: str  # at most 240 characters
    contribution: int


@dataclass(frozen=True)
class PreaggregationRecord:
    """One of what stood in front of the rule, in the order of application; parameters as in the guideline."""

    name: str
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True)
class ValidatorCredit:
    """What a validator of the round before is credited for disclosing its final result, in token wei."""

    validator: str  # address, lower case
    amount: int


@dataclass(frozen=True)
class RoundRecord:
    """Everything a replay of a round needs to name, and everything it must come to again.

    `faults` is the round's effective f. `budget` is in token wei. CIDs that do not exist (yet) are "":
    `previous_record` in the first round, `optimiser_state` with an optimiser that keeps nothing or in a failed round.
    The `state` of a failed round is its base. `ledger_root` is 0x and 64 hex digits. `optimiser_parameters` are
    decimals as strings, defaults included.
    """

    round: int
    status: Status
    guideline: str  # CID
    guideline_version: int
    lineage: int
    base: str  # CID of the state the round starts from
    rule: str
    faults: int
    budget: int
    updates: tuple[UpdateRecord, ...]
    validators: tuple[ValidatorCredit, ...]
    state: str
    ledger: str
    ledger_root: str
    previous_record: str = ""  # CID
    optimiser_state: str = ""
    parameters: Parameters = field(default_factory=dict)  # of the rule
    preaggregations: tuple[PreaggregationRecord, ...] = ()
    optimiser: str = "plain"
    optimiser_parameters: Parameters = field(default_factory=dict)
    squared_norm: int | None = None  # of the aggregate, in squared steps

    def to_bytes(self) -> bytes:
        """Write canonical JSON: amounts as decimal strings, everything else as it is.

        Raises `BadParameter` for a record that `from_bytes` would refuse.
        """
        members: dict[str, Json] = {"format": FORMAT, **asdict(self)}
        members["budget"] = str(self.budget)
        members["squared_norm"] = "" if self.squared_norm is None else str(self.squared_norm)
        members["updates"] = [{**asdict(one), "contribution": str(one.contribution)} for one in self.updates]
        members["validators"] = [{**asdict(one), "amount": str(one.amount)} for one in self.validators]
        members["preaggregations"] = [asdict(one) for one in self.preaggregations]
        data = dumps(members)
        try:
            self.from_bytes(data)
        except Malformed as error:
            raise BadParameter(f"round record cannot be written: {error.reason}") from None
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> "RoundRecord":
        """Read what `to_bytes` wrote; raises `Malformed` for anything else."""
        fields = Fields(loads(data, RECORD_LIMIT), ("format", *cls.__dataclass_fields__), "round record")
        fields.exactly("format", FORMAT)
        return cls(
            round=fields.integer("round"),
            status=_status(fields.text("status", NAME_LIMIT)),
            guideline=fields.text("guideline", CID_LIMIT),
            guideline_version=fields.integer("guideline_version"),
            lineage=fields.integer("lineage"),
            base=fields.text("base", CID_LIMIT),
            rule=fields.text("rule", NAME_LIMIT),
            faults=fields.integer("faults", 0, UPDATE_LIMIT),
            budget=fields.amount("budget"),
            updates=tuple(_update(item) for item in fields.items("updates", UPDATE_LIMIT)),
            validators=tuple(_validator(item) for item in fields.items("validators", VALIDATOR_LIMIT)),
            state=fields.text("state", CID_LIMIT),
            ledger=fields.text("ledger", CID_LIMIT),
            ledger_root=fields.text("ledger_root", ROOT_LIMIT),
            previous_record=fields.text("previous_record", CID_LIMIT),
            optimiser_state=fields.text("optimiser_state", CID_LIMIT),
            parameters=_parameters(fields, "parameters", "rule parameters"),
            preaggregations=tuple(map(_preaggregation, fields.items("preaggregations", PREAGGREGATION_LIMIT))),
            optimiser=fields.text("optimiser", NAME_LIMIT),
            optimiser_parameters=_parameters(fields, "optimiser_parameters", "optimiser parameters"),
            squared_norm=fields.amount("squared_norm") if fields.text("squared_norm", 78) else None,
        )


def _status(text: str) -> Status:
    if text in _STATUSES:
        return _STATUSES[text]
    raise Malformed(f"round record key 'status' is {shown(text)}, expected 'finalised' or 'failed'")


def _update(item: Json) -> UpdateRecord:
    fields = Fields(item, UpdateRecord.__dataclass_fields__, "update record")
    return UpdateRecord(
        trainer=fields.address("trainer"),
        slot=fields.integer("slot", 0, UPDATE_LIMIT - 1),
        cid=fields.text("cid", CID_LIMIT),
        examples=fields.integer("examples"),
        included=fields.flag("included"),
        well_formed=fields.flag("well_formed"),
        selected=fields.flag("selected"),
        reason=fields.text("reason", REASON_LIMIT),
        contribution=fields.amount("contribution"),
    )


def _validator(item: Json) -> ValidatorCredit:
    fields = Fields(item, ValidatorCredit.__dataclass_fields__, "validator credit")
    return ValidatorCredit(validator=fields.address("validator"), amount=fields.amount("amount"))


def _preaggregation(item: Json) -> PreaggregationRecord:
    fields = Fields(item, PreaggregationRecord.__dataclass_fields__, "preaggregation record")
    parameters = _parameters(fields, "parameters", "preaggregation parameters")
    return PreaggregationRecord(fields.text("name", NAME_LIMIT), parameters)


def _parameters(owner: Fields, key: str, where: str) -> dict[str, int | str]:
    members = owner.members(key, PARAMETER_LIMIT)
    fields = Fields(members, members, where)
    return {
        name: fields.text(name, NAME_LIMIT) if isinstance(value, str) else fields.integer(name)
        for name, value in members.items()
    }
