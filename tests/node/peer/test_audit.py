from dataclasses import replace

import pytest

from aggregator.delta import decode_state, encode_state
from node.errors import ArchiveMalformed, ConfigError, ContentNotFound, ReplayMismatch
from node.peer.audit import audit, history_of, replay, require_confirmed
from node.ports import Event
from node.store.memory import MemoryStore


def changed(history, round_id, **fields):
    """The history with another agreed result, as a false chain would tell it."""
    past = history.rounds[round_id]
    finalisation = replace(past.finalisation, **fields)
    return replace(history, rounds={**history.rounds, round_id: replace(past, finalisation=finalisation)})


def test_honest_rounds_are_confirmed(town):
    replays = list(audit(town.history, town.store))
    assert [(one.round, one.status, one.agreed, one.confirmed) for one in replays] == [
        (1, "finalised", True, True),
        (2, "finalised", True, True),
    ]
    require_confirmed(replays)


def test_only_the_round_asked_for_is_replayed(town):
    assert [one.round for one in audit(town.history, town.store, 2)] == [2]


def test_a_round_that_never_was_is_refused(town):
    with pytest.raises(ConfigError, match="no round 7; the last one is 2"):
        list(audit(town.history, town.store, 7))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("included", 0b11),
        ("malformed", 0b100),
        ("false_vouchers", 1),
        ("ledger_root", bytes(32)),
        ("result_hash", bytes(24)[:23] + b"\1"),
    ],
)
def test_a_false_result_differs_in_what_is_false(town, field, value):
    found = replay(changed(town.history, 2, **{field: value}), 2, town.store)
    assert not found.confirmed
    assert any(one.startswith(field.replace("result_hash", "result hash")) for one in found.differences)
    with pytest.raises(ReplayMismatch, match="round 2 differs"):
        require_confirmed([found])


def test_a_false_state_differs(town):
    past = town.history.rounds[2].finalisation
    header, values = decode_state(town.store.get(past.state, 1 << 20))
    false = town.store.put(encode_state(header, values + 1))
    found = replay(changed(town.history, 2, state=false), 2, town.store)
    assert found.differences == (f"state: the chain says {false}, the replay {past.state}",)


def test_a_base_that_nothing_led_to_differs(town):
    past = town.history.rounds[2]
    header, values = decode_state(town.store.get(past.base, 1 << 20))
    false = town.store.put(encode_state(header, values + 1))
    history = replace(town.history, rounds={**town.history.rounds, 2: replace(past, base=false)})
    assert replay(history, 2, town.store).differences[0].startswith(f"base: {false} is neither the genesis nor")


def test_a_false_record_is_taken_apart(town):
    from aggregator.record import RoundRecord

    past = town.history.rounds[2].finalisation
    record = RoundRecord.from_bytes(town.store.get(past.record, 1 << 20))
    first = replace(record.updates[0], contribution=5, reason="a friend")
    false = town.store.put(replace(record, updates=(first, *record.updates[1:]), faults=1).to_bytes())
    differences = replay(changed(town.history, 2, record=false), 2, town.store).differences
    assert [one.partition(":")[0] for one in differences] == [
        "record",
        "record.faults",
        "record.updates[0].reason",
        "record.updates[0].contribution",
    ]


def test_missing_content_is_a_difference_and_no_crash(town):
    found = replay(town.history, 1, MemoryStore())
    assert found.differences[0].startswith("cannot be executed again: ")


def test_a_missing_ledger_is_said(town):
    class Forgetful:
        def __getattr__(self, name):
            return getattr(town.store, name)

        def get(self, cid, limit):
            if cid == town.history.rounds[2].finalisation.state:
                raise ContentNotFound("gone")
            return town.store.get(cid, limit)

    assert replay(town.history, 2, Forgetful()).differences == ("cannot be checked: gone",)


def test_a_running_round_has_nothing_to_confirm(town):
    events = [one for one in town.events if one.name != "RoundFinalised"]
    found = replay(history_of(events), 2, town.store)
    assert (found.status, found.agreed, found.confirmed) == ("running", False, True)


@pytest.mark.parametrize("missing", ["RoundOpened", "GuidelineAdopted"])
def test_a_log_that_no_chain_told_is_refused(town, missing):
    with pytest.raises(ArchiveMalformed, match="get the archive again"):
        history_of([one for one in town.events if one.name != missing])


def test_an_event_without_its_arguments_is_refused():
    with pytest.raises(ArchiveMalformed, match="KeyError"):
        history_of([Event(1, 0, 0, "RoundManager", "RoundOpened", {})])
