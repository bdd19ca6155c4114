"""BLEU, exact match and edit similarity: CodeXGLUE's own values, and what a metric must do at its edges."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import DataError
from node.learning.metrics import (
    corpus_bleu,
    edit_similarities,
    exact_matches,
    most_frequent,
    restore_literals,
    smoothed_bleus,
)

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data"
with_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data folder beside the checkout")


def golden(name: str) -> Any:
    return json.loads((DATA / "metrics-golden" / name).read_text())


def lines(name: str, count: int) -> list[str]:
    return (DATA / "refine" / name).read_text().splitlines()[:count]


@with_data
def test_smoothed_bleu_is_codexglues_own_sentence_by_sentence() -> None:
    expected = golden("code-to-text-bleu.json")
    rows = expected["rows"]
    values = smoothed_bleus([row["candidate"] for row in rows], [row["reference"] for row in rows])
    assert values == pytest.approx([row["bleu4"] for row in rows], abs=1e-9)
    assert sum(values) / len(values) == pytest.approx(expected["corpus"], abs=1e-9)


@with_data
def test_corpus_bleu_and_exact_match_are_code_refinements() -> None:
    copied, mixed = golden("code-refinement-bleu.json")["cases"]
    fixed, buggy = lines("valid.buggy-fixed.fixed", 300), lines("valid.buggy-fixed.buggy", 300)
    some_fixed = [fixed[i] if i % 3 == 0 else buggy[i] for i in range(300)]
    for predictions, expected in ((buggy, copied), (some_fixed, mixed)):
        assert round(corpus_bleu(predictions, fixed), 2) == expected["bleu"]
        assert sum(exact_matches(predictions, fixed)) / 300 == pytest.approx(expected["exact_match"])


@with_data
def test_line_completion_is_codexglues_own_line_by_line() -> None:
    expected = golden("line-completion.json")
    samples = [json.loads(line) for line in (DATA / "py150" / "dev-1000.json").read_text().splitlines()]
    wanted = [restore_literals(samples[row["line"] - 1]["gt"]) for row in expected["rows"]]
    given_ = [restore_literals(row["prediction"]) for row in expected["rows"]]
    similarities, exact = edit_similarities(given_, wanted), exact_matches(given_, wanted)
    assert similarities == tuple(row["edit_similarity"] for row in expected["rows"])
    assert exact == tuple(100.0 * row["exact"] for row in expected["rows"])
    assert sum(similarities) / len(similarities) == pytest.approx(expected["edit_similarity"])
    assert sum(exact) / len(exact) == pytest.approx(expected["exact_match"])


@given(st.text(alphabet="ab .,-9{", min_size=0, max_size=30), st.text(alphabet="ab .,-9{", max_size=30))
def test_every_metric_stays_between_0_and_100(one: str, other: str) -> None:
    for metric in (smoothed_bleus, exact_matches, edit_similarities):
        (value,) = metric([one], [other])
        assert 0 <= value <= 100 + 1e-9


def test_an_identical_prediction_is_worth_100() -> None:
    text = "returns the first matching row , or none"
    for metric in (smoothed_bleus, exact_matches, edit_similarities):
        assert metric([text], [text]) == pytest.approx((100.0,))
    assert corpus_bleu([text], [text]) == pytest.approx(100)


def test_exact_match_does_not_mind_white_space() -> None:
    assert exact_matches(["a  b\n"], ["a b"]) == (100.0,)


@pytest.mark.parametrize("metric", [smoothed_bleus, corpus_bleu, exact_matches, edit_similarities])
def test_predictions_and_references_come_in_pairs(metric: Any) -> None:
    with pytest.raises(DataError, match="1 predictions for 2 references"):
        metric(["a"], ["a", "b"])
    with pytest.raises(DataError, match="0 references"):
        metric([], [])


def test_literals_come_back() -> None:
    assert restore_literals('x = <NUM_LIT:3> + <NUM_LIT> ; "<STR_LIT:a b>" "<STR_LIT>"') == 'x = 3 + 0 ; "a b" ""'


def test_the_most_frequent_text_is_the_first_in_order_among_equals() -> None:
    assert most_frequent(["b", "a", "b", "a", "c"]) == "a"
