import pytest

from node.errors import DataError
from node.learning.benchmark import BENCHMARK_LIMIT, decode_benchmark, encode_benchmark, mix
from node.learning.data.pieces import encode_piece


def test_a_benchmark_travels():
    texts = ("def a():\n    pass\n", "größe = 1\n")
    assert decode_benchmark(encode_benchmark(texts)) == texts


def test_every_repository_has_an_equal_share():
    texts = mix([["a" * 5000] * 3, ["b" * 100_000]], characters=6000, excerpt=2000)
    joined = "".join(texts)
    assert joined.count("a") == 3000
    assert joined.count("b") == 2000  # one file gives one excerpt


def test_an_excerpt_is_from_the_middle():
    assert mix([["a" * 10 + "b" * 10 + "a" * 10]], characters=100, excerpt=10) == ("b" * 10,)


def test_pieces_are_taken_whole():
    piece, long = (encode_piece(buggy="a" * length, fixed="b") for length in (30, 300))
    assert mix([[long, piece, piece, piece]], characters=120, excerpt=10) == (piece, piece)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"format":2,"texts":["a"]}',
        b'{"format":1,"texts":[]}',
        b'{"format":1,"texts":"a"}',
        b'{"format":1,"texts":[1]}',
        b'{"format":1,"texts":["a"],"x":1}',
        b'{"format":1, "texts":["a"]}',
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(DataError, match="benchmark"):
        decode_benchmark(data)


def test_size_is_bounded():
    with pytest.raises(DataError, match="benchmark"):
        decode_benchmark(b'{"format":1,"texts":["' + b"a" * BENCHMARK_LIMIT + b'"]}')
