"""The chain's past, folded from events made by hand."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain.words import Progress, Role
from node.cid import DAG_PB, RAW, format_cid
from node.errors import ContentIdMalformed
from node.peer.history import (
    AdoptedGuideline,
    Disclosure,
    Finalisation,
    History,
    Penalty,
    Reveal,
    Vouch,
    extend,
    fold,
)
from node.ports import Event

ALICE, BOB, CAROL = "0x" + "aA" * 20, "0x" + "bB" * 20, "0x" + "0c" * 20
AGREED, OTHER = b"\x01" * 24, b"\x02" * 24
NAMES = ("base", "update", "record", "state", "guideline", "genesis")
DIGESTS = {name: bytes([place + 1]) * 32 for place, name in enumerate(NAMES)}


def said_cid(name, codec=RAW):
    return {"digest": DIGESTS[name], "codec": codec}


def cid(name, codec=RAW):
    return format_cid(codec, DIGESTS[name])


def opened(number=1):
    return "RoundOpened", {
        "round": number,
        "version": 1,
        "lineage": 1,
        "base": said_cid("base", DAG_PB),
        "drawKey": 7,
        "seatedTrainers": 3,
        "seatedValidators": 3,
        "drawnTrainers": 3,
        "drawnValidators": 3,
    }


def revealed(trainer, slot, number=1):
    arguments = {"round": number, "trainer": trainer, "slot": slot, "cid": said_cid("update"), "examples": 12}
    return "UpdateRevealed", arguments


def disclosed(validator, result_hash, credited=True, number=1):
    arguments = {"round": number, "validator": validator, "resultHash": result_hash, "credited": credited}
    return "ResultDisclosed", arguments


def finalised(number=1, ordinal=1):
    result = {
        "included": 0b11,
        "malformed": 0b10,
        "falseVouchers": 0b1,
        "record": said_cid("record"),
        "state": said_cid("state", DAG_PB),
        "ledgerRoot": b"\x09" * 32,
    }
    arguments = {"round": number, "ordinal": ordinal, "version": 1, "resultHash": AGREED, "result": result}
    return "RoundFinalised", arguments


def failed(number, result_hash=bytes(24)):
    return "RoundFailed", {"round": number, "endedIn": 5, "resultHash": result_hash}


LIFE = (
    (
        "GuidelineAdopted",
        {
            "version": 1,
            "lineage": 1,
            "guideline": said_cid("guideline"),
            "genesisState": said_cid("genesis"),
            "parameters": {},
        },
    ),
    ("MemberJoined", {"account": ALICE}),
    opened(),
    ("UpdateCommitted", {"round": 1, "trainer": ALICE, "hash": AGREED}),
    ("UpdateCommitted", {"round": 1, "trainer": BOB, "hash": OTHER}),
    revealed(BOB, 0),
    revealed(ALICE, 1),
    ("UpdatesVouched", {"round": 1, "validator": CAROL, "slot": 0, "bitmap": 0b11}),
    ("ResultAttested", {"round": 1, "validator": CAROL, "slot": 0, "hash": AGREED}),
    ("ResultAttested", {"round": 1, "validator": ALICE, "slot": 1, "hash": AGREED}),
    disclosed(CAROL, AGREED),
    disclosed(ALICE, OTHER),
    finalised(),
    ("SilenceReported", {"round": 1, "account": BOB, "role": 1}),
    ("MemberPenalised", {"account": BOB, "penalty": 0, "burned": 0, "faultPoints": 1}),
    opened(2),
    failed(2),
)


def events(told, per_block=1):
    numbers = count()
    found = []
    for name, arguments in told:
        place = next(numbers)
        block = place // per_block
        found.append(Event(block, place % per_block, 1000 + block, "RoundManager", name, arguments))
    return tuple(found)


def test_one_round_from_opening_to_the_end():
    history = fold(events(LIFE))
    past = history.rounds[1]
    assert (past.version, past.lineage, past.base) == (1, 1, cid("base", DAG_PB))
    assert (past.drawn_trainers, past.drawn_validators, past.opened_at) == (3, 3, 1002)
    assert past.commits == (ALICE, BOB)
    assert past.reveals == (Reveal(0, BOB, cid("update"), 12), Reveal(1, ALICE, cid("update"), 12))
    assert past.vouches == (Vouch(0, CAROL, 0b11),)
    assert past.attesters == (CAROL, ALICE)
    assert past.disclosures == (Disclosure(CAROL, AGREED, True), Disclosure(ALICE, OTHER, True))
    assert past.silences == ((BOB, 1),)
    assert past.finalisation == Finalisation(
        1, AGREED, 0b11, 0b10, 0b1, cid("record"), cid("state", DAG_PB), b"\x09" * 32
    )
    assert history.block == len(LIFE) - 1


def test_how_far_a_member_got():
    past = fold(events(LIFE)).rounds[1]
    assert past.progress(ALICE, Role.TRAINER) is past.progress(BOB, Role.TRAINER) is Progress.REVEALED
    assert past.progress(CAROL, Role.TRAINER) is past.progress(BOB, Role.VALIDATOR) is Progress.NONE
    assert past.progress(CAROL, Role.VALIDATOR) is Progress.DISCLOSED


@pytest.mark.parametrize(
    ("seen", "expected"),
    [(3, Progress.NONE), (4, Progress.COMMITTED), (6, Progress.COMMITTED), (7, Progress.REVEALED)],
)
def test_a_trainers_progress_event_by_event(seen, expected):
    assert fold(events(LIFE[:seen])).rounds[1].progress(ALICE, Role.TRAINER) is expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [(7, Progress.NONE), (8, Progress.VOUCHED), (9, Progress.ATTESTED), (11, Progress.DISCLOSED)],
)
def test_a_validators_progress_event_by_event(seen, expected):
    assert fold(events(LIFE[:seen])).rounds[1].progress(CAROL, Role.VALIDATOR) is expected


def test_guidelines_and_penalties():
    history = fold(events(LIFE))
    assert history.guidelines == {1: AdoptedGuideline(1, 1, cid("guideline"), cid("genesis"))}
    assert history.penalties == (Penalty(14, BOB, 0, 0, 1),)


def test_a_failed_round_has_no_agreed_hash_unless_one_was_agreed():
    history = fold(events((opened(), failed(1), opened(2), failed(2, AGREED))))
    assert (history.rounds[1].failed_in, history.rounds[1].agreed_hash) == (5, b"")
    assert history.rounds[2].agreed_hash == AGREED
    assert history.rounds[2].finalisation is None


def test_credited_are_those_who_disclosed_the_agreed_result_in_time_by_address():
    life = (
        opened(),
        disclosed(BOB, AGREED),
        disclosed(ALICE, AGREED),
        disclosed(CAROL, AGREED, credited=False),
        finalised(),
    )
    assert fold(events(life)).rounds[1].credited_validators() == (ALICE, BOB)
    assert fold(events(LIFE)).rounds[1].credited_validators() == (CAROL,)


def test_nobody_is_credited_while_nothing_is_agreed():
    assert fold(events((opened(), disclosed(BOB, b"")))).rounds[1].credited_validators() == ()


def test_the_last_finalised_round_skips_failed_and_later_ones():
    life = (opened(), finalised(), opened(2), failed(2), opened(3), opened(4), finalised(4, 2))
    history = fold(events(life))
    assert history.last_finalised_before(1) is None
    assert history.last_finalised_before(2).round == 1
    assert history.last_finalised_before(4).round == 1
    assert history.last_finalised_before(5).round == 4


@given(st.integers(0, len(LIFE)), st.integers(1, 5))
def test_pieces_cut_at_block_borders_come_to_the_same(cut, per_block):
    whole = events(LIFE, per_block)
    border = cut // per_block * per_block
    assert extend(fold(whole[:border]), whole[border:]) == fold(whole)


@given(st.integers(0, len(LIFE)), st.integers(0, len(LIFE)))
def test_blocks_told_twice_count_once(seen, again):
    whole = events(LIFE)
    assert extend(fold(whole[: max(seen, again)]), whole[min(seen, again) :]) == fold(whole)


def test_extending_leaves_the_old_value_alone():
    whole = events(LIFE)
    before = fold(whole[:3])
    after = extend(before, whole[3:])
    assert before.rounds[1].commits == () and after.rounds[1].commits
    assert extend(after, ()) == after
    assert fold(()) == History()


def test_content_ids_of_another_codec_are_refused():
    name, arguments = opened()
    with pytest.raises(ContentIdMalformed, match="codec"):
        fold(events(((name, {**arguments, "base": {"digest": bytes(32), "codec": 1}}),)))
