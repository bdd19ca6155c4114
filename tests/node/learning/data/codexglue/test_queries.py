"""CodeSearchNet's, AdvTest's and CoSQA's files, in the shape that they come in."""

import json

import pytest

from node.errors import DataError
from node.learning.data.codexglue.queries import read_queries

CODE_SEARCH_NET = {
    "repo": "ageitgey/face_recognition",
    "path": "examples/face_recognition_knn.py",
    "func_name": "Trainer.train_knn",
    "original_string": "def train_knn(x): ...",
    "language": "python",
    "code": 'def train_knn(d, n=None):\n    "Train a classifier.\n\n    From a folder."\n    return train_knn(n)',
    "code_tokens": [
        "def",
        "train_knn",
        "(",
        "d",
        ",",
        "n",
        "=",
        "None",
        ")",
        ":",
        "return",
        "train_knn",
        "(",
        "n",
        ")",
    ],
    "docstring": "Train a classifier.\n\n    From a folder.",
    "docstring_tokens": ["Train", "a", "classifier", "."],
    "sha": "c96b010c02f15e8eeb0f71308c641179ac1f19bb",
    "partition": "train",
}
ADV_TEST = {
    "function": "def Func(arg_0):\n    return arg_0",
    "function_tokens": ["def", "Func", "(", "arg_0", ")", ":", "return", "arg_0"],
    "docstring_tokens": ["Give", "it", "back"],
    "idx": 0,
}
COSQA = {
    "idx": "cosqa-train-0",
    "doc": "python code to write bool  value 1",
    "code": 'def writeBoolean(self, n):\n    """ Writes a Boolean. """\n    t = n',
    "code_tokens": "def writeBoolean ( self , n ) : t = n",
    "docstring_tokens": "Writes a Boolean .",
    "label": 1,
}


@pytest.fixture
def read(write):
    def read(text, name="train.jsonl"):
        return [tuple(json.loads(piece).values()) for piece in read_queries(write(name, text))]

    return read


def test_code_search_nets_functions_lose_their_name(read):
    without_tokens = {name: value for name, value in CODE_SEARCH_NET.items() if not name.endswith("_tokens")}
    (tokens, query), (code, same) = read("\n".join(map(json.dumps, (CODE_SEARCH_NET, without_tokens))))
    assert (query, same) == ("Train a classifier .", "Train a classifier.")
    assert tokens == "def func ( d , n = None ) : return func ( n )"
    assert "train_knn" not in code and "Train a" not in code and code.endswith("return func(n)")


def test_adv_tests_held_out_functions_have_lost_theirs(read):
    assert read(json.dumps(ADV_TEST)) == [("def Func ( arg_0 ) : return arg_0", "Give it back")]


def test_cosqa_is_an_array_of_which_some_rows_match(read):
    found = read(
        json.dumps([COSQA, COSQA | {"label": 0}, {n: v for n, v in COSQA.items() if n != "label"}]), "dev.json"
    )
    assert found == [("def writeBoolean ( self , n ) : t = n", "python code to write bool value 1")] * 2


def test_rows_that_say_nothing_are_left_out(read):
    rows = [CODE_SEARCH_NET | {"docstring_tokens": []}, ADV_TEST | {"function_tokens": []}, COSQA | {"doc": " "}]
    assert read("\n".join(map(json.dumps, rows))) == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"doc": "x", "label": 2}, "'label' is neither"),
        ({"doc": "x", "code_tokens": ["a"]}, "'code_tokens' is no text"),
        ({"code_tokens": ["a"]}, "'docstring_tokens' is missing"),
        (CODE_SEARCH_NET | {"func_name": 3}, "'func_name' is no text"),
        ({}, "'docstring' is missing"),
    ],
)
def test_a_broken_row_is_refused_by_line_and_field(read, row, why):
    with pytest.raises(DataError, match=rf"train\.jsonl: line 2: field {why}"):
        read(f"{json.dumps(ADV_TEST)}\n{json.dumps(row)}")
