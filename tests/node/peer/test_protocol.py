"""`next_action` by table and by property: never raises, never acts twice, never in a wrong phase, obligations first."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.chain.words import Phase, Progress, Role
from node.peer.protocol import (
    Attest,
    Claim,
    Commit,
    Disclose,
    Fetch,
    Finalise,
    Open,
    ReportSilence,
    Resume,
    Reveal,
    Settle,
    Situation,
    Train,
    Vouch,
    Wait,
    next_action,
)

ALICE, BOB = "0x" + "a" * 40, "0x" + "b" * 40
NOW, PHASE_SECONDS = 1000, 90
ENDED = (Phase.NONE, Phase.FINALISED, Phase.FAILED)

QUIET = Situation(
    round=5,
    phase=Phase.COMMIT,
    ends_at=NOW + PHASE_SECONDS,
    now=NOW,
    phase_seconds=PHASE_SECONDS,
    agreed=False,
    suspended=False,
    can_open=True,
    trainer=None,
    validator=None,
    undisclosed=None,
    update_ready=False,
    result_ready=False,
    revealed=3,
    held=0,
    my_turn=True,
    silent=(),
    unsettled=(),
    claimable=0,
)


def decide(phase, **changes):
    return next_action(replace(QUIET, phase=phase, **changes))


@pytest.mark.parametrize(
    ("phase", "progress", "update_ready", "expected"),
    [
        (Phase.COMMIT, Progress.NONE, False, Train(5)),
        (Phase.COMMIT, Progress.NONE, True, Commit(5)),
        (Phase.COMMIT, Progress.COMMITTED, True, Wait),
        (Phase.COMMIT, None, False, Wait),
        (Phase.REVEAL, Progress.COMMITTED, True, Reveal(5)),
        (Phase.REVEAL, Progress.COMMITTED, False, Wait),  # the journal was lost: there is nothing to open
        (Phase.REVEAL, Progress.NONE, True, Wait),  # too late to commit
        (Phase.REVEAL, Progress.REVEALED, True, Wait),
        (Phase.VOUCH, Progress.COMMITTED, True, Wait),  # too late to reveal
        (Phase.ATTEST, Progress.COMMITTED, True, Wait),
    ],
)
def test_a_trainer(phase, progress, update_ready, expected):
    action = decide(phase, trainer=progress, update_ready=update_ready)
    assert isinstance(action, Wait) if expected is Wait else action == expected


@pytest.mark.parametrize(
    ("phase", "progress", "held", "left", "expected"),
    [
        (Phase.COMMIT, Progress.NONE, 0, 90, Wait),
        (Phase.REVEAL, Progress.NONE, 0, 90, Wait),
        (Phase.VOUCH, Progress.NONE, 0, 90, Fetch(5)),
        (Phase.VOUCH, Progress.NONE, 2, 30, Fetch(5)),
        (Phase.VOUCH, Progress.NONE, 2, 29, Vouch(5)),  # late: with what there is
        (Phase.VOUCH, Progress.NONE, 0, 29, Vouch(5)),
        (Phase.VOUCH, Progress.NONE, 3, 90, Vouch(5)),
        (Phase.VOUCH, Progress.VOUCHED, 3, 90, Wait),
        (Phase.VOUCH, None, 0, 90, Wait),
        (Phase.ATTEST, Progress.VOUCHED, 3, 90, Attest(5)),
        (Phase.ATTEST, Progress.NONE, 0, 90, Attest(5)),  # vouching was missed, attesting need not be
        (Phase.ATTEST, Progress.ATTESTED, 3, 90, Wait),
        (Phase.ATTEST, None, 3, 90, Wait),
        (Phase.DISCLOSE, Progress.VOUCHED, 3, 90, Wait),
        (Phase.DISCLOSE, Progress.DISCLOSED, 3, 90, Wait),
    ],
)
def test_a_validator(phase, progress, held, left, expected):
    action = decide(phase, validator=progress, held=held, ends_at=NOW + left)
    assert isinstance(action, Wait) if expected is Wait else action == expected


def test_an_attested_result_is_disclosed_whatever_else_there_is_to_do():
    busy = {"silent": ((ALICE, Role.TRAINER),), "unsettled": (BOB,), "claimable": 7}
    for phase in (Phase.DISCLOSE, Phase.FINALISED, Phase.FAILED):
        assert decide(phase, undisclosed=5, **busy) == Disclose(5)
    assert decide(Phase.COMMIT, undisclosed=4, trainer=Progress.NONE) == Disclose(4)
    assert decide(Phase.ATTEST, undisclosed=4, validator=Progress.NONE) == Disclose(4)


def test_a_result_is_not_disclosed_while_others_still_attest():
    assert isinstance(decide(Phase.ATTEST, undisclosed=5, validator=Progress.ATTESTED), Wait)


def test_finalise_needs_agreement_the_result_and_the_turn():
    ready = {"agreed": True, "result_ready": True}
    assert decide(Phase.DISCLOSE, **ready) == Finalise(5)
    assert isinstance(decide(Phase.DISCLOSE, **{**ready, "agreed": False}), Wait)
    assert isinstance(decide(Phase.DISCLOSE, **{**ready, "result_ready": False}), Wait)
    assert isinstance(decide(Phase.DISCLOSE, **ready, my_turn=False), Wait)


@pytest.mark.parametrize("phase", ENDED)
def test_between_rounds_faults_come_before_pay_and_pay_before_the_next_round(phase):
    silent, unsettled = {"silent": ((ALICE, Role.VALIDATOR),)}, {"unsettled": (BOB,)}
    assert decide(phase, **silent, **unsettled, claimable=7) == ReportSilence(5, ALICE, Role.VALIDATOR)
    assert decide(phase, **unsettled, claimable=7) == Settle(BOB)
    assert decide(phase, claimable=7) == Claim()
    assert decide(phase) == Open()
    assert isinstance(decide(phase, can_open=False), Wait)


def test_who_is_suspended_comes_back_before_anything_else():
    assert decide(Phase.FAILED, suspended=True, undisclosed=5, claimable=7) == Resume()


def test_when_it_is_not_ones_turn_only_own_business_is_done():
    assert isinstance(decide(Phase.FINALISED, my_turn=False, silent=((ALICE, Role.TRAINER),), unsettled=(BOB,)), Wait)
    assert decide(Phase.FINALISED, my_turn=False, claimable=7) == Claim()
    assert decide(Phase.COMMIT, my_turn=False, trainer=Progress.NONE) == Train(5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"phase": Phase.VOUCH}, "waiting for VOUCH of round 5 to end"),
        ({"phase": Phase.FAILED, "my_turn": False}, "the round has ended; waiting for the next one"),
        ({"phase": Phase.NONE, "can_open": False}, "too few members are seated"),
    ],
)
def test_waiting_says_what_for(changes, reason):
    assert next_action(replace(QUIET, **changes)) == Wait(reason)


SITUATIONS = st.builds(
    Situation,
    round=st.integers(0, 3),
    phase=st.sampled_from(Phase),
    ends_at=st.integers(0, 2000),
    now=st.integers(0, 2000),
    phase_seconds=st.integers(0, 1000),
    agreed=st.booleans(),
    suspended=st.booleans(),
    can_open=st.booleans(),
    trainer=st.none() | st.sampled_from(Progress),
    validator=st.none() | st.sampled_from(Progress),
    undisclosed=st.none() | st.integers(1, 3),
    update_ready=st.booleans(),
    result_ready=st.booleans(),
    revealed=st.integers(0, 3),
    held=st.integers(0, 3),
    my_turn=st.booleans(),
    silent=st.lists(st.tuples(st.sampled_from([ALICE, BOB]), st.sampled_from(Role)), max_size=2).map(tuple),
    unsettled=st.lists(st.sampled_from([ALICE, BOB]), max_size=2).map(tuple),
    claimable=st.integers(0, 1),
)

# What the contracts ask for before they accept the action, as a condition on the situation.
ALLOWED = {
    Train: lambda seen: seen.phase is Phase.COMMIT and seen.trainer is Progress.NONE and not seen.update_ready,
    Commit: lambda seen: seen.phase is Phase.COMMIT and seen.trainer is Progress.NONE and seen.update_ready,
    Reveal: lambda seen: seen.phase is Phase.REVEAL and seen.trainer is Progress.COMMITTED and seen.update_ready,
    Fetch: lambda seen: seen.phase is Phase.VOUCH and seen.validator is Progress.NONE and seen.held < seen.revealed,
    Vouch: lambda seen: seen.phase is Phase.VOUCH and seen.validator is Progress.NONE,
    Attest: lambda seen: seen.phase is Phase.ATTEST and seen.validator in (Progress.NONE, Progress.VOUCHED),
    Disclose: lambda seen: seen.undisclosed is not None,
    Finalise: lambda seen: seen.phase is Phase.DISCLOSE and seen.agreed and seen.result_ready,
    ReportSilence: lambda seen: seen.phase in ENDED and seen.silent,
    Settle: lambda seen: seen.phase in ENDED and seen.unsettled,
    Open: lambda seen: seen.phase in ENDED and seen.can_open,
    Claim: lambda seen: seen.claimable,
    Resume: lambda seen: seen.suspended,
    Wait: lambda _: True,
}


@settings(max_examples=400)
@given(SITUATIONS)
def test_never_raises_and_never_acts_in_a_wrong_phase_or_twice(seen):
    action = next_action(seen)
    assert ALLOWED[type(action)](seen)
    assert getattr(action, "round", seen.round) in (seen.round, seen.undisclosed)


@settings(max_examples=400)
@given(SITUATIONS)
def test_never_serves_or_collects_while_something_is_owed(seen):
    owes = [
        kind for kind in (Train, Commit, Reveal, Fetch, Vouch, Attest) if ALLOWED[kind](seen) and not seen.suspended
    ]
    action = next_action(seen)
    if owes:
        assert isinstance(action, Disclose | Train | Commit | Reveal | Fetch | Vouch | Attest)


@settings(max_examples=200)
@given(SITUATIONS.filter(lambda seen: not seen.my_turn))
def test_never_does_what_anyone_may_do_out_of_turn(seen):
    assert not isinstance(next_action(seen), Finalise | ReportSilence | Settle | Open)


@settings(max_examples=200)
@given(SITUATIONS.filter(lambda seen: seen.now >= seen.ends_at))
def test_never_fetches_when_time_is_up(seen):
    assert not isinstance(next_action(seen), Fetch)


def done(seen, action):
    """The situation after the action went through and before the phase changed."""
    return {
        Train: lambda: replace(seen, update_ready=True),
        Commit: lambda: replace(seen, trainer=Progress.COMMITTED),
        Reveal: lambda: replace(seen, trainer=Progress.REVEALED),
        Fetch: lambda: replace(seen, held=seen.revealed),
        Vouch: lambda: replace(seen, validator=Progress.VOUCHED),
        Attest: lambda: replace(seen, validator=Progress.ATTESTED),
        Disclose: lambda: replace(seen, undisclosed=None, validator=Progress.DISCLOSED),
        Finalise: lambda: replace(seen, phase=Phase.FINALISED, agreed=False),
        ReportSilence: lambda: replace(seen, silent=seen.silent[1:]),
        Settle: lambda: replace(seen, unsettled=seen.unsettled[1:]),
        Claim: lambda: replace(seen, claimable=0),
        Resume: lambda: replace(seen, suspended=False),
    }[type(action)]()


@settings(max_examples=200)
@given(SITUATIONS)
def test_comes_to_rest_without_doing_anything_twice(seen):
    actions = []
    while not isinstance(action := next_action(seen), Wait | Open):
        actions.append(action)
        assert len(actions) <= 12
        seen = done(seen, action)
    once = [action for action in actions if not isinstance(action, ReportSilence | Settle)]
    assert len(once) == len(set(once))
