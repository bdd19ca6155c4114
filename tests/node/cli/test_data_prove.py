"""`fednode data prove` on one side, `fednode data verify` on the other."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from aggregator.delta import UpdateHeader, encode_update
from node.cli.main import cli
from node.learning.data.commitment import DataSet, digests_of
from node.learning.data.pieces import encode_piece
from node.peer.trainer import DATA_SETS

MAIL = "jane.roe" + "@" + "uni-somewhere.de"
HEADER = UpdateHeader("0x" + "0a" * 20, guideline=1, lineage=1, base="bafkbase", step_exponent=-16, length=4)


@pytest.fixture
def data_set(node, here):
    """What round 12 left behind, the files that it knows, one that it does not, and its update."""
    node(0)
    for name, text in (("a", "x = 1\n"), ("masked", f"# {MAIL}\n"), ("other", "y = 2\n")):
        (here / f"{name}.py").write_text(text)
    kept = DataSet(bytes(range(32)), digests_of(["x = 1\n", "# <e-mail>\n", "z = 3\n"]))
    (here / "work" / DATA_SETS).mkdir(parents=True)
    kept.save(here / "work" / DATA_SETS / "12.json")
    (here / "update.bin").write_bytes(encode_update(HEADER, np.zeros(4, np.int16), kept.root))
    return kept


def call(*arguments):
    result = CliRunner().invoke(cli, ["data", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("name", ["a.py", "masked.py"])
def test_a_text_that_trained_is_proved_to_the_other_side(data_set, name):
    code, printed, _ = call("prove", 12, name, "--out", "proof.json")
    assert (code, data_set.root.hex() in printed) == (0, True)
    code, printed, _ = call("verify", "proof.json", name, "--update", "update.bin")
    assert (code, printed) == (0, f"{name} trained the update with the root {data_set.root.hex()}\n")


def test_a_row_of_task_data_is_proved_as_the_piece_that_trained(data_set, here):
    row = {"code": "x", "docstring": "y", "path": "a.py"}
    (here / "row.json").write_text(json.dumps(row))
    pieces = digests_of([encode_piece(code="x", docstring="y"), "other = 1\n"])
    DataSet(bytes(32), pieces).save(here / "work" / DATA_SETS / "13.json")
    assert call("prove", 13, "row.json", "--out", "proof.json")[0] == 0
    assert json.loads(call("verify", "proof.json", "row.json", "--json")[1])["trained"] is True
    (here / "row.json").write_text(json.dumps(row | {"code": "z"}))
    assert call("verify", "proof.json", "row.json")[0] == 7


def test_the_whole_set_shows_that_a_text_did_not_train(data_set):
    assert call("prove", 12, "other.py", "--out", "proof.json")[0] == 7
    assert call("prove", 12, "--whole", "--out", "proof.json")[0] == 0
    code, printed, _ = call("verify", "proof.json", "other.py", "--update", "update.bin", "--json")
    assert code == 0
    assert json.loads(printed) == {"trained": False, "root": data_set.root.hex(), "in_update": True}
    assert json.loads(call("verify", "proof.json", "a.py", "--json")[1])["in_update"] is None


def test_a_proof_of_another_update_proves_nothing(data_set, here):
    call("prove", 12, "a.py", "--out", "proof.json")
    other = replace(HEADER, guideline=2)
    for root in (None, bytes(32)):
        (here / "update.bin").write_bytes(encode_update(other, np.zeros(4, np.int16), root))
        code, _, said = call("verify", "proof.json", "a.py", "--update", "update.bin")
        assert code == 7
        assert "proves nothing about that update" in said


def test_a_proof_for_one_text_answers_for_no_other(data_set):
    call("prove", 12, "a.py", "--out", "proof.json")
    code, _, said = call("verify", "proof.json", "other.py")
    assert code == 7
    assert "another text" in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("prove", 13, "a.py", "--out", "p.json"), 7, "13.json: cannot be read"),
        (("prove", 12, "none.py", "--out", "p.json"), 7, "none.py: cannot be read"),
        (("prove", 12, "a.py", "--out", "none/p.json"), 7, "cannot be written"),
        (("prove", 12, "--out", "p.json"), 2, "either FILE or --whole"),
        (("prove", 12, "a.py", "--whole", "--out", "p.json"), 2, "either FILE or --whole"),
        (("verify", "a.py", "a.py"), 7, "ask for the proof again"),
    ],
)
def test_what_cannot_be_done_is_said(data_set, arguments, code, words):
    found, _, said = call(*arguments)
    assert (found, words in said) == (code, True)


def test_what_is_kept_must_be_a_whole_data_set(data_set, here):
    (here / "work" / DATA_SETS / "12.json").write_bytes(data_set.membership(data_set.digests[0]).to_bytes())
    code, _, said = call("prove", 12, "a.py", "--out", "p.json")
    assert (code, "no data set" in said) == (7, True)
