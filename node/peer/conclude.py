"""The conclusion of a round: from fixed inputs to state, record and ledger bytes, the same on every machine.

The validator discloses it and the auditor repeats it; both call `conclude`. No chain, no store, no clock: the inputs
are complete once VOUCH has closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from eth_utils.crypto import keccak
from numpy.typing import NDArray

import aggregator
from aggregator.contribution import contributions_of_updates
from aggregator.coordinate import capped_weights
from aggregator.delta import StateHeader, UpdateHeader, decode_state, decode_update, direction, encode_state
from aggregator.errors import Malformed
from aggregator.ledger import Ledger, credit, merkle_root
from aggregator.optimiser import Moments
from aggregator.optimiser_state import OptimiserHeader, encode_optimiser_state
from aggregator.record import PreaggregationRecord, RoundRecord, UpdateRecord, ValidatorCredit
from node.cid import cid_of
from node.guideline import Guideline, optimiser_of, rule_of
from node.peer.history import Reveal, Vouch
from node.peer.inclusion import bitmap_of, false_vouchers, included_slots, two_thirds, vouch_count
from node.peer.seed import round_seed
from node.types import Address, Cid, GuidelineVersion, RoundId, Slot

__all__ = ["TOKEN", "Conclusion", "Previous", "RoundInputs", "conclude", "expected_header"]

TOKEN = 10**18  # token wei
Values = NDArray[np.int16]


@dataclass(frozen=True)
class Previous:
    """What the last finalised round hands on: record, ledger, and the aggregate where the lineage is the same.

    `step` is the direction in which its optimiser moved the state, None when that is the aggregate. `moments` are the
    optimiser's, None where it starts afresh.
    """

    record: Cid
    ledger: Ledger
    aggregate: Values | None
    step: Values | None = None
    moments: Moments | None = None


@dataclass(frozen=True)
class RoundInputs:
    """Everything a round's conclusion depends on.

    `base` are the bytes of the base state, `updates` the bytes of every included update by slot, `credited` the
    validators who disclosed the previous round's agreed result in time, in address order.
    """

    round: RoundId
    guideline: Guideline
    guideline_cid: Cid
    version: GuidelineVersion
    lineage: int
    base_cid: Cid
    base: bytes
    reveals: tuple[Reveal, ...]
    vouches: tuple[Vouch, ...]
    drawn_validators: int
    updates: Mapping[Slot, bytes]
    credited: tuple[Address, ...]
    previous: Previous | None


@dataclass(frozen=True)
class Conclusion:
    """What every honest validator discloses: bitmaps, and the bytes behind the content ids.

    `optimiser_state` is empty with an optimiser that keeps nothing.
    """

    included: int
    malformed: int
    false_vouchers: int
    state: bytes
    optimiser_state: bytes
    record: bytes
    ledger: bytes
    ledger_root: bytes
    report: RoundRecord

    @property
    def state_cid(self) -> Cid:
        """Content id of the new state."""
        return Cid(self.report.state)

    @property
    def record_cid(self) -> Cid:
        """Content id of the round record."""
        return cid_of(self.record)

    @property
    def contents(self) -> tuple[bytes, ...]:
        """Everything that the result names, the record last."""
        return tuple(one for one in (self.state, self.optimiser_state, self.ledger, self.record) if one)


@dataclass(frozen=True)
class _Decoded:
    """The included updates after decoding, by slot: values of the well-formed, reasons of the malformed."""

    values: Mapping[Slot, Values]
    malformed: Mapping[Slot, str]


def conclude(inputs: RoundInputs) -> Conclusion:
    """Decode, aggregate, reward and record one round; exact, and a pure function of `inputs`.

    Raises `aggregator.errors.Malformed` when the base state cannot be read and `StateOverflow` when it would wrap.
    """
    header, base = decode_state(inputs.base)
    included = included_slots(inputs.vouches, len(inputs.reveals), inputs.drawn_validators)
    decoded = _decode(inputs, header, included)
    rows = sorted((one for one in inputs.reveals if one.slot in decoded.values), key=lambda one: one.trainer.lower())
    finished = len(rows) >= inputs.guideline.update.min_updates
    outcome = _aggregated(inputs, rows, decoded, header, base) if finished else _unfinished(inputs, rows)
    return _conclusion(inputs, included, decoded, outcome)


@dataclass(frozen=True)
class _Outcome:
    """What aggregation gave, or the unchanged base of a round with too few well-formed updates."""

    finished: bool
    faults: int
    state: bytes
    optimiser_state: bytes
    selected: Mapping[Slot, bool]
    reasons: Mapping[Slot, str]
    contributions: Mapping[Slot, int]
    validators: tuple[ValidatorCredit, ...]
    ledger: Ledger
    squared_norm: int | None


def expected_header(
    trainer: Address, version: GuidelineVersion, lineage: int, base: Cid, state: StateHeader
) -> UpdateHeader:
    """The one header under which an update of this trainer and round is well-formed."""
    return UpdateHeader(
        trainer=trainer.lower(),
        guideline=version,
        lineage=lineage,
        base=base,
        step_exponent=state.step_exponent,
        length=state.length,
    )


def _decode(inputs: RoundInputs, state: StateHeader, included: int) -> _Decoded:
    values: dict[Slot, Values] = {}
    malformed: dict[Slot, str] = {}
    for reveal in inputs.reveals:
        if not included >> reveal.slot & 1:
            continue
        expected = expected_header(reveal.trainer, inputs.version, inputs.lineage, inputs.base_cid, state)
        try:
            values[reveal.slot] = decode_update(inputs.updates[reveal.slot], expected)
        except Malformed as error:
            malformed[reveal.slot] = error.reason
    return _Decoded(values, malformed)


def _aggregated(
    inputs: RoundInputs, rows: list[Reveal], decoded: _Decoded, header: StateHeader, base: NDArray[np.int32]
) -> _Outcome:
    update = inputs.guideline.update
    rule = rule_of(update)
    faults = aggregator.effective_faults(rule, update.faults, len(rows))
    values = [decoded.values[one.slot] for one in rows]
    centre = inputs.previous.aggregate if inputs.previous else None
    cap = update.examples_cap
    weights = capped_weights([one.examples for one in rows], cap) if cap else None
    seed = round_seed(inputs.round, inputs.reveals)
    context = aggregator.Context(faults=faults, weights=weights, seed=seed, previous=centre)
    result = aggregator.aggregate_with_reasons(values, rule, context)
    state, optimiser_state = _advanced(inputs, header, base, result.delta)
    validators = _validator_credits(inputs)
    paid = update.tokens.budget * TOKEN - sum(one.amount for one in validators)
    last = (inputs.previous.aggregate, inputs.previous.step) if inputs.previous else ()
    whole_way = direction(np.zeros_like(base), base)
    shares = contributions_of_updates(values, result.selected, paid, whole_way, *last)
    slots = [one.slot for one in rows]
    return _Outcome(
        finished=True,
        faults=faults,
        state=state,
        optimiser_state=optimiser_state,
        selected=dict(zip(slots, result.selected, strict=True)),
        reasons=dict(zip(slots, result.reasons, strict=True)),
        contributions=dict(zip(slots, shares, strict=True)),
        validators=validators,
        ledger=_credited(inputs, rows, shares, validators),
        squared_norm=sum(int(part @ part) for part in _int64_chunks(result.delta)),
    )


def _advanced(
    inputs: RoundInputs, header: StateHeader, base: NDArray[np.int32], aggregate: Values
) -> tuple[bytes, bytes]:
    """The files of the new state and of the optimiser's, the latter empty when it keeps nothing."""
    optimiser, exponent = optimiser_of(inputs.guideline.update), header.step_exponent
    before = inputs.previous.moments if inputs.previous else None
    moments = optimiser.start(header.length, exponent) if before is None else before
    values, moments = aggregator.advance(optimiser, base, aggregate, moments, exponent)
    state = encode_state(replace(header, lineage=inputs.lineage, round=inputs.round), values)
    if not moments:
        return state, b""
    says = OptimiserHeader(inputs.lineage, inputs.round, optimiser.name, exponent, header.length)
    return state, encode_optimiser_state(says, aggregate, moments)


def _unfinished(inputs: RoundInputs, rows: list[Reveal]) -> _Outcome:
    needed = inputs.guideline.update.min_updates
    reason = f"not used: {len(rows)} well-formed updates, the guideline asks for {needed}"
    return _Outcome(
        finished=False,
        faults=0,
        state=inputs.base,
        optimiser_state=b"",
        selected={},
        reasons={one.slot: reason for one in rows},
        contributions={},
        validators=(),
        ledger=_old_ledger(inputs),
        squared_norm=None,
    )


def _int64_chunks(delta: Values, size: int = 1 << 20) -> list[NDArray[np.int64]]:
    return [delta[start : start + size].astype(np.int64) for start in range(0, len(delta), size)]


def _old_ledger(inputs: RoundInputs) -> Ledger:
    return inputs.previous.ledger if inputs.previous else Ledger()


def _validator_credits(inputs: RoundInputs) -> tuple[ValidatorCredit, ...]:
    """Validators share their percentage equally; what does not divide goes to the trainers."""
    tokens = inputs.guideline.update.tokens
    if not inputs.credited:
        return ()
    each = tokens.budget * TOKEN * tokens.validator_percent // 100 // len(inputs.credited)
    return tuple(ValidatorCredit(one.lower(), each) for one in inputs.credited)


def _credited(
    inputs: RoundInputs, rows: list[Reveal], shares: tuple[int, ...], validators: tuple[ValidatorCredit, ...]
) -> Ledger:
    earned = {one.trainer.lower(): share for one, share in zip(rows, shares, strict=True)}
    ledger = credit(_old_ledger(inputs), earned)
    return credit(ledger, {one.validator: one.amount for one in validators})


def _conclusion(inputs: RoundInputs, included: int, decoded: _Decoded, outcome: _Outcome) -> Conclusion:
    ledger = outcome.ledger.to_bytes()
    root = merkle_root(outcome.ledger, keccak)
    update = inputs.guideline.update
    report = RoundRecord(
        round=inputs.round,
        status="finalised" if outcome.finished else "failed",
        guideline=inputs.guideline_cid,
        guideline_version=inputs.version,
        lineage=inputs.lineage,
        base=inputs.base_cid,
        rule=update.rule,
        parameters=dict(update.parameters),
        preaggregations=tuple(PreaggregationRecord(one.name, dict(one.parameters)) for one in update.preaggregations),
        optimiser=update.optimiser.name,
        optimiser_parameters=dict(optimiser_of(update).parameters),
        optimiser_state=cid_of(outcome.optimiser_state) if outcome.optimiser_state else "",
        faults=outcome.faults,
        budget=update.tokens.budget * TOKEN,
        updates=tuple(_update_record(inputs, one, included, decoded, outcome) for one in inputs.reveals),
        validators=outcome.validators,
        state=cid_of(outcome.state),
        ledger=cid_of(ledger),
        ledger_root="0x" + root.hex(),
        previous_record=inputs.previous.record if inputs.previous else "",
        squared_norm=outcome.squared_norm,
    )
    return Conclusion(
        included=included,
        malformed=bitmap_of(decoded.malformed),
        false_vouchers=false_vouchers(inputs.vouches, len(inputs.reveals), inputs.drawn_validators),
        state=outcome.state,
        optimiser_state=outcome.optimiser_state,
        record=report.to_bytes(),
        ledger=ledger,
        ledger_root=root,
        report=report,
    )


def _update_record(
    inputs: RoundInputs, reveal: Reveal, included: int, decoded: _Decoded, outcome: _Outcome
) -> UpdateRecord:
    slot = reveal.slot
    return UpdateRecord(
        trainer=reveal.trainer.lower(),
        slot=slot,
        cid=reveal.cid,
        examples=reveal.examples,
        included=bool(included >> slot & 1),
        well_formed=slot in decoded.values,
        selected=outcome.selected.get(slot, False),
        reason=_reason(inputs, slot, decoded, outcome),
        contribution=outcome.contributions.get(slot, 0),
    )


def _reason(inputs: RoundInputs, slot: Slot, decoded: _Decoded, outcome: _Outcome) -> str:
    if slot in decoded.malformed:
        return f"malformed: {decoded.malformed[slot]}"
    if slot in decoded.values:
        return outcome.reasons[slot]
    count, needed = vouch_count(inputs.vouches, slot), two_thirds(inputs.drawn_validators)
    return f"not included: {count} of {inputs.drawn_validators} drawn validators vouched for it, {needed} are needed"
