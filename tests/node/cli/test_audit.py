import json

import pytest

from node.peer.archive import write_archive


@pytest.fixture
def archive(town, here):
    write_archive(here / "archive", town.deployment, town.events, town.store)
    return here / "archive"


def test_an_archive_is_audited_without_config_chain_or_key(done, archive):
    assert done("audit", "--archive", archive) == "round 1: finalised, confirmed\nround 2: finalised, confirmed\n"


def test_one_round_as_json(shown, archive):
    found = shown("audit", "--archive", archive, "--round", 2)
    assert found == {
        "confirmed": True,
        "rounds": [{"round": 2, "status": "finalised", "agreed": True, "differences": []}],
        "effects": [],
    }


def test_a_live_federation_is_audited_from_chain_and_store(done, node):
    node()
    assert done("audit", "--round", 1) == "round 1: finalised, confirmed\n"


def test_a_difference_is_said_and_exits_with_10(run, archive):
    log = archive / "chain.jsonl"
    lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    for event in lines:
        if event["name"] == "RoundFinalised" and event["arguments"]["round"] == "2":
            event["arguments"]["result"]["included"] = "3"
    log.write_text("".join(json.dumps(one, sort_keys=True, separators=(",", ":")) + "\n" for one in lines))
    result = run("audit", "--archive", archive)
    assert result.exit_code == 10
    assert "round 1: finalised, confirmed" in result.stdout
    assert "round 2: finalised, DIFFERS\n  included: the chain says 3, the replay 7" in result.stdout
    assert result.stderr.startswith("fednode: round 2 differs: included")
    assert not json.loads(run("audit", "--archive", archive, "--json").stdout)["confirmed"]


def test_a_round_that_never_was_is_refused(refused, archive):
    assert "there is no round 9" in refused(2, "audit", "--archive", archive, "--round", 9)


def test_a_round_without_a_result_has_nothing_to_confirm(done, archive):
    log = archive / "chain.jsonl"
    lines = [line for line in log.read_bytes().splitlines() if b'"RoundFinalised"' not in line]
    log.write_bytes(b"".join(line + b"\n" for line in lines))
    assert done("audit", "--archive", archive, "--round", 1) == "round 1: running, no result to confirm\n"


def test_a_federation_without_rounds_has_nothing_to_confirm(done, archive):
    log = archive / "chain.jsonl"
    first = next(place for place, line in enumerate(log.read_bytes().splitlines()) if b'"RoundOpened"' in line)
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:first]))
    assert done("audit", "--archive", archive) == "no round was opened yet; there is nothing to confirm\n"


def test_what_each_update_was_worth(done, shown, archive, monkeypatch):
    from node.research import leave_one_out
    from node.research.resampling import Interval

    def effects(inputs, measure):
        trainer = inputs.reveals[0].trainer
        return leave_one_out.RoundEffects(inputs.round, "accuracy", 0.25, {trainer: Interval(0.01, -0.002, 0.03)})

    monkeypatch.setattr(leave_one_out, "benchmark_measure", lambda inputs, store, trainer: None)
    monkeypatch.setattr(leave_one_out, "round_effects", effects)
    text = done("audit", "--archive", archive, "--round", 2, "--leave-one-out").splitlines()
    assert text[:3] == [
        "round 2: finalised, confirmed",
        "  measuring its result without each update …",
        "  accuracy 0.2500; so much lower without the update of (95 % interval):",
    ]
    trainer, *numbers = text[3].split()
    assert numbers == ["+0.01000", "(-0.00200", "to", "+0.03000)"]
    (found,) = shown("audit", "--archive", archive, "--round", 2, "--leave-one-out")["effects"]
    assert found["by_trainer"] == {trainer: {"value": 0.01, "low": -0.002, "high": 0.03}}


def test_leaving_one_out_needs_a_benchmark(refused, archive):
    assert "names no benchmark" in refused(2, "audit", "--archive", archive, "--leave-one-out", "--json")
