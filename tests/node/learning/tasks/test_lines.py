"""The rest of a line: what is read, what is written, and CodeXGLUE's own figures for given predictions."""

import itertools
import json
from pathlib import Path

import pytest
import torch

from node.errors import DataError
from node.learning.data.codexglue.completions import read_completion_lines
from node.learning.data.pieces import encode_piece
from node.learning.tasks import lines
from node.learning.tasks.lines import LineCompletion
from node.learning.tasks.sequences import IGNORED
from tests.conformance.task import LENGTH, TaskSuite
from tests.small_generators import CAUSAL, adapted, tiny

TASK = LineCompletion()
DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data"
with_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data folder beside the checkout")


def line(number):
    return encode_piece(input=f"<s> import os <EOL> value_{number} =", gt=f"os . call ( '<STR_LIT:at_{number}>' )")


class TestLineCompletion(TaskSuite):
    @pytest.fixture
    def task(self):
        return TASK

    @pytest.fixture
    def texts(self):
        return [line(number) for number in range(12)]

    @pytest.fixture(params=CAUSAL)
    def learner(self, request, base, architecture):
        return adapted(request.param, base.tokenizer, architecture), base.tokenizer


@pytest.fixture
def writing(monkeypatch):
    """Let the model write given texts."""

    def writing(texts):
        monkeypatch.setattr(lines, "write", lambda *_: [(text,) for text in texts])

    return writing


def test_a_sample_is_the_end_of_the_code_before_and_the_rest_of_the_line_without_marks(base):
    long = encode_piece(input="<s> " + "x = <NUM_LIT> <EOL> " * 99 + "y = f (", gt="<STR_LIT:a> )")
    samples = TASK.samples([long], base.tokenizer, LENGTH)
    (source,) = samples.sequences.sources
    text = base.tokenizer.decode(source[source != IGNORED])
    assert text.endswith("x = 0\nx = 0\ny = f (")
    assert len(text) < len(samples.sources[0])
    assert samples.targets == (" a )",)
    assert [one.shape[1] for one in (samples.sequences.sources, samples.sequences.targets)] == [72, 24]


def test_lines_learnt_by_heart_match_exactly(base):
    model, samples = tiny("llama", base.tokenizer, width=48), TASK.samples(map(line, range(5)), base.tokenizer, LENGTH)
    optimiser = torch.optim.AdamW(model.parameters(), 0.01)
    for batch in itertools.islice(TASK.batches(samples, 5, seed=0), 100):
        TASK.loss(model, batch).backward()
        optimiser.step()
        optimiser.zero_grad()
    measured = TASK.evaluate(model, samples)
    assert measured.headline == measured["exact_match"] == measured["edit_similarity"] == 1
    assert measured["copy_exact_match"] == 0
    assert measured["frequent_exact_match"] == 0.2


def test_of_what_is_written_the_first_line_counts(base, writing):
    samples = TASK.samples([line(1)], base.tokenizer, LENGTH)
    for text, matches in (
        (" os . call ( 'at_1' )\nmore", 1),
        ("os . call ( 'at_1' )", 1),
        ("\n os . call ( 'at_1' )", 0),
    ):
        writing([text])
        assert TASK.evaluate(None, samples)["exact_match"] == matches


def test_to_copy_is_to_write_the_line_before_again(base, writing):
    pieces = [encode_piece(input="<s> a = f ( ) <EOL>", gt="a = f ( )"), encode_piece(input="a", gt="b")]
    writing(["", ""])
    measured = TASK.evaluate(None, TASK.samples(pieces, base.tokenizer, LENGTH))
    assert (measured["copy_exact_match"], measured["exact_match"], measured["lines"]) == (0.5, 0, 2)


def test_a_piece_of_another_task_is_refused(base):
    with pytest.raises(DataError, match="no object of gt, input"):
        TASK.samples([encode_piece(code="x", docstring="y")], base.tokenizer, LENGTH)


@with_data
def test_figures_for_given_predictions_are_codexglues_own(base, writing):
    expected = json.loads((DATA / "metrics-golden" / "line-completion.json").read_text())
    pieces = list(read_completion_lines(DATA / "py150" / "dev-1000.json"))
    chosen = [pieces[row["line"] - 1] for row in expected["rows"]]
    predictions = [encode_piece(input="", gt=row["prediction"]) for row in expected["rows"]]
    writing(TASK.samples(predictions, base.tokenizer, 8).targets)
    measured = TASK.evaluate(None, TASK.samples(chosen, base.tokenizer, 8))
    assert 100 * measured["edit_similarity"] == pytest.approx(expected["edit_similarity"])
    assert 100 * measured["exact_match"] == pytest.approx(expected["exact_match"])
