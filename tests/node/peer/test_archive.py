import json

import pytest

from node.errors import ArchiveMalformed, ConfigError, ContentNotFound
from node.peer.archive import LINE_LIMIT, read_archive, write_archive
from node.peer.audit import audit, history_of
from node.store.memory import MemoryStore


@pytest.fixture
def archive(town, tmp_path):
    write_archive(tmp_path / "archive", town.deployment, town.events, town.store)
    return tmp_path / "archive"


def lines_of(archive):
    return (archive / "chain.jsonl").read_bytes().splitlines()


def contents_of(archive):
    return {path.relative_to(archive): path.read_bytes() for path in archive.rglob("*") if path.is_file()}


def rewrite(archive, lines):
    (archive / "chain.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


def test_what_is_written_is_what_is_read(town, archive):
    found = read_archive(archive)
    assert found.deployment == town.deployment
    assert found.events == town.events


def test_every_round_is_confirmed_from_the_archive_alone(archive):
    found = read_archive(archive)
    replays = list(audit(history_of(found.events), found.store))
    assert [one.confirmed for one in replays] == [True, True]
    assert all(one.agreed for one in replays)


def test_two_archives_of_one_past_are_the_same(town, archive, tmp_path):
    write_archive(tmp_path / "again", town.deployment, town.events, town.store)
    assert contents_of(archive) == contents_of(tmp_path / "again")


def test_an_archive_is_never_overwritten(town, archive):
    with pytest.raises(ArchiveMalformed, match="exists already"):
        write_archive(archive, town.deployment, town.events, town.store)


def test_nothing_is_left_of_an_archive_that_lacks_content(town, tmp_path):
    with pytest.raises(ContentNotFound):
        write_archive(tmp_path / "archive", town.deployment, town.events, MemoryStore())
    assert list(tmp_path.iterdir()) == []


def test_a_corrupted_block_is_a_difference(town, archive):
    state = town.history.rounds[1].finalisation.state
    (archive / "store" / "blocks" / state).write_bytes(b"something else")
    found = read_archive(archive)
    replays = list(audit(history_of(found.events), found.store))
    assert [one.confirmed for one in replays] == [False, False]
    assert "does not hash" in replays[0].differences[0]


def test_a_forged_result_is_a_difference(archive):
    lines = lines_of(archive)
    place = next(place for place, line in enumerate(lines) if b'"RoundFinalised"' in line)
    event = json.loads(lines[place])
    event["arguments"]["result"]["ledgerRoot"] = "0x" + "11" * 32
    lines[place] = json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
    rewrite(archive, lines)
    found = read_archive(archive)
    first = next(audit(history_of(found.events), found.store))
    assert first.differences[0].startswith("ledger_root: the chain says 1111")


def test_a_folder_that_is_no_archive_is_refused(tmp_path):
    with pytest.raises(ArchiveMalformed, match="jsonl: cannot be read"):
        read_archive(tmp_path)


def test_a_broken_federation_file_is_refused(archive):
    (archive / "federation.json").write_text("{}")
    with pytest.raises(ConfigError, match="federation"):
        read_archive(archive)


def test_lines_out_of_order_are_refused(archive):
    lines = lines_of(archive)
    rewrite(archive, [lines[1], lines[0], *lines[2:]])
    with pytest.raises(ArchiveMalformed, match="line 2: not in the order"):
        read_archive(archive)


def test_an_endless_line_is_refused_before_it_is_parsed(archive):
    (archive / "chain.jsonl").write_bytes(b"[" * (LINE_LIMIT + 2))
    with pytest.raises(ArchiveMalformed, match="line 1: more than"):
        read_archive(archive)


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.update(contract="Elsewhere"),
        lambda event: event.update(name="NoSuchEvent"),
        lambda event: event.update(block=-1),
        lambda event: event.update(block="1"),
        lambda event: event.update(extra=1),
        lambda event: event["arguments"].clear(),
        lambda event: event["arguments"].update(version="-1"),
        lambda event: event["arguments"].update(version="4294967296"),
        lambda event: event["arguments"].update(version=1),
        lambda event: event["arguments"].update(version="01"),
        lambda event: event["arguments"]["guideline"].update(digest="0x00"),
        lambda event: event["arguments"]["guideline"].update(digest="zz"),
        lambda event: event["arguments"].update(guideline=[]),
    ],
)
def test_a_line_that_is_no_event_of_the_contracts_is_refused(archive, change):
    lines = lines_of(archive)
    place = next(place for place, line in enumerate(lines) if b'"GuidelineAdopted"' in line)
    event = json.loads(lines[place])
    change(event)
    lines[place] = json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
    rewrite(archive, lines)
    with pytest.raises(ArchiveMalformed, match=f"line {place + 1}: "):
        read_archive(archive)
