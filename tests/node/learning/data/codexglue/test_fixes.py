"""Parallel files and rows of buggy and fixed functions as pieces of program-repair."""

import json
import re
from pathlib import Path

import pytest

from node.errors import DataError
from node.learning.data.codexglue.fixes import read_fix_rows, read_fixes
from node.learning.data.pieces import decode_piece, encode_piece

DATA = Path(__file__).resolve().parents[5].parent / "shared" / "data"


@pytest.fixture
def files(tmp_path):
    def files(buggy, fixed):
        paths = tmp_path / "train.buggy-fixed.buggy", tmp_path / "train.buggy-fixed.fixed"
        for path, text in zip(paths, (buggy, fixed), strict=True):
            path.write_text(text)
        return paths

    return files


def test_line_i_is_fixed_by_line_i(files):
    pieces = list(read_fixes(*files("a \nb\n", "A\nB \n")))
    assert pieces == [encode_piece(buggy="a", fixed="A"), encode_piece(buggy="b", fixed="B")]


@pytest.mark.parametrize(("texts", "longer"), [(("a\nb\n", "A\n"), "buggy"), (("a\n", "A\nB\n"), "fixed")])
def test_files_that_do_not_go_together_are_refused(files, texts, longer):
    with pytest.raises(DataError, match=rf"\.{longer}: line 2: no such line in .*; the two files go together"):
        list(read_fixes(*files(*texts)))


def test_rows_have_two_fields_that_count(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"buggy": "a", "fixed": "b", "func_name": "c"}) + '\n{"buggy": "a"}\n')
    rows = read_fix_rows(path)
    assert next(rows) == encode_piece(buggy="a", fixed="b")
    with pytest.raises(DataError, match=re.escape("train.jsonl: line 2: field 'fixed' is missing")):
        next(rows)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data folder beside the checkout")
def test_code_refinement_itself_is_read():
    pieces = list(read_fixes(*(DATA / "refine" / f"test.buggy-fixed.{side}" for side in ("buggy", "fixed"))))
    assert len(pieces) == 5835
    assert decode_piece(pieces[0], ("buggy", "fixed"))["buggy"].startswith("private TYPE_1 getType")
