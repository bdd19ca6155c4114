import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import DataError
from node.learning.data.pieces import PIECE_LIMIT, decode_piece, encode_piece, is_piece

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS, TEXTS)
def test_a_piece_is_a_text_that_holds_its_fields(buggy, fixed):
    piece = encode_piece(buggy=buggy, fixed=fixed)
    assert is_piece(piece)
    assert decode_piece(piece, ("buggy", "fixed")) == {"buggy": buggy, "fixed": fixed}
    assert piece == encode_piece(fixed=fixed, buggy=buggy)


def test_a_field_may_be_optional():
    assert decode_piece(encode_piece(a="x", b="y"), ("a",), ("b",)) == {"a": "x", "b": "y"}
    assert decode_piece(encode_piece(a="x"), ("a",), ("b",)) == {"a": "x"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": "spaces"}', "not canonical JSON"),
        ('{"a"', "not canonical JSON"),
        ('["a"]', "no object of a"),
        ('{"b":"y"}', "no object of a"),
        ('{"a":"x","c":"z"}', "no object of a"),
        ('{"a":1}', "field 'a' of a piece is no text"),
        ('{"a":"' + "x" * PIECE_LIMIT + '"}', "at most"),
        ('{"a":"\ud800"}', None),
    ],
)
def test_other_texts_are_refused(text, why):
    if why is None:
        assert decode_piece(text, ("a",)) == {"a": "?"}
        return
    with pytest.raises(DataError, match=why):
        decode_piece(text, ("a",))


def test_source_code_is_no_piece():
    assert not any(map(is_piece, ["", "def f():\n    pass\n", "{1: 2}\n", " {}"]))
