"""Both repair tasks: texts compared with the reference, and candidates judged by running tests."""

import itertools
import json
from pathlib import Path

import pytest
import torch

from node.errors import DataError
from node.learning.data.codexglue.fixes import read_fixes
from node.learning.data.codexglue.problems import read_humanevalpack
from node.learning.data.pieces import decode_piece, encode_piece
from node.learning.tasks.candidates import Checks, judged
from node.learning.tasks.repair import CANDIDATES, TEMPLATE, InstructedRepair, ProgramRepair
from node.learning.tasks.sequences import IGNORED
from tests.conformance.task import LENGTH, TaskSuite
from tests.small_generators import adapted, tiny

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data"
with_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data folder beside the checkout")
WRONG, RIGHT = "def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n"


def fix(number):
    wrong, right = (f"def keep_{number}(item):\n    return item {mark} {number}\n" for mark in "<>")
    return encode_piece(buggy=wrong, fixed=right)


class TestProgramRepair(TaskSuite):
    @pytest.fixture
    def task(self):
        return ProgramRepair()

    @pytest.fixture
    def texts(self):
        return [fix(number) for number in range(12)]

    @pytest.fixture(params=["t5", "encoder_decoder"])
    def learner(self, request, base, architecture):
        return adapted(request.param, base.tokenizer, architecture), base.tokenizer


class TestInstructedRepair(TestProgramRepair):
    @pytest.fixture
    def task(self):
        return InstructedRepair()

    @pytest.fixture(params=["gpt2", "llama"])
    def learner(self, request, base, architecture):
        return adapted(request.param, base.tokenizer, architecture), base.tokenizer


def learnt(task, family, tokenizer, pieces):
    """A model that has the pieces by heart, and the samples."""
    model, samples = tiny(family, tokenizer, width=48), task.samples(pieces, tokenizer, LENGTH)
    optimiser = torch.optim.AdamW(model.parameters(), 0.01)
    for batch in itertools.islice(task.batches(samples, len(samples), seed=0), 100):
        task.loss(model, batch).backward()
        optimiser.step()
        optimiser.zero_grad()
    return model, samples


@pytest.mark.parametrize(("task", "family"), [(ProgramRepair(), "t5"), (InstructedRepair(), "llama")])
def test_fixes_learnt_by_heart_match_exactly(task, family, base):
    measured = task.evaluate(*learnt(task, family, base.tokenizer, [fix(number) for number in range(5)]))
    assert measured.headline == measured["exact_match"] == 1
    assert measured["bleu"] == pytest.approx(1)
    assert measured["copy_exact_match"] == 0
    assert measured["copy_bleu"] < 0.9
    assert measured["frequent_exact_match"] == 0.2
    assert measured["fixes"] == 5
    assert next(iter(measured.values)) == "exact_match"


def test_a_fix_learnt_by_heart_passes_its_tests(base):
    task, tests = InstructedRepair(), "assert add(2, 2) == 4\nassert add(3, 0) == 3"
    piece = encode_piece(buggy=WRONG, fixed=RIGHT, tests=tests, shown="add(1, 1)")
    measured = task.evaluate(*learnt(task, "llama", base.tokenizer, [piece]))
    assert list(measured.values)[:4] == ["pass_at_1", "plausible_at_1", "pass_at_5", "plausible_at_5"]
    assert measured.headline > 0.5  # drawn, so one of five may differ
    assert measured["pass_at_5"] == measured["plausible_at_5"] == measured["exact_match"] == 1
    assert (measured["copy_pass_at_1"], measured["frequent_pass_at_1"]) == (0, 1)
    assert measured.parts == ((measured.headline * CANDIDATES, CANDIDATES),)


def test_a_patch_that_passes_only_what_was_shown_is_plausible_and_wrong():
    checks = Checks(tests="assert add(2, 2) == 4\nassert add(3, 0) == 3", shown="assert add(3, 0) == 3")
    measured = judged([(RIGHT, WRONG, WRONG, "no python")], [checks])
    assert measured.values == {"pass_at_1": 0.25, "plausible_at_1": 0.75, "pass_at_4": 1, "plausible_at_4": 1}
    assert measured.parts == ((1, 4),)


def test_where_nothing_is_shown_plausible_is_what_passes():
    measured = judged([(RIGHT, WRONG)], [Checks("assert add(2, 2) == 4")])
    assert measured["plausible_at_1"] == measured["pass_at_1"] == 0.5


def test_a_candidate_may_take_common_imports_for_granted():
    candidate = "def add(a: List[int], b):\n    return math.floor(sum(a)) + Counter([b])[b]\n"
    assert judged([(candidate,)], [Checks("assert add([1], 2) == 2")]).headline == 1


def test_an_instruction_stands_around_the_bug_and_half_the_length_is_for_the_answer(base):
    samples = InstructedRepair().samples([fix(1)], base.tokenizer, LENGTH)
    (row,) = samples.sequences.sources
    text = base.tokenizer.decode(row[row != IGNORED])
    assert text == TEMPLATE.before + samples.sources[0] + TEMPLATE.after
    assert [one.shape[1] for one in (samples.sequences.sources, samples.sequences.targets)] == [48, 48]


def test_a_piece_of_another_task_is_refused(base):
    with pytest.raises(DataError, match="no object of buggy, fixed"):
        ProgramRepair().samples([encode_piece(code="x", docstring="y")], base.tokenizer, LENGTH)


@with_data
def test_baselines_on_code_refinement_are_what_codexglues_evaluator_says_of_copies(base):
    expected = json.loads((DATA / "metrics-golden" / "code-refinement-bleu.json").read_text())["cases"][0]
    paths = (DATA / "refine" / f"valid.buggy-fixed.{side}" for side in ("buggy", "fixed"))
    pieces = list(itertools.islice(read_fixes(*paths), 300))
    model = tiny("t5", base.tokenizer)
    samples = ProgramRepair().samples(pieces, base.tokenizer, 16)  # few tokens: the texts themselves are compared
    measured = ProgramRepair().evaluate(model, samples)
    assert round(100 * measured["copy_bleu"], 2) == expected["bleu"]
    assert measured["copy_exact_match"] == expected["exact_match"] == 0


@with_data
def test_humanevalpacks_solutions_pass_and_its_bugs_do_not():
    """A few of the 164: all of them were run by hand."""
    pieces = itertools.islice(read_humanevalpack(DATA / "humanevalpack" / "humanevalpack-python.jsonl"), 0, 164, 41)
    problems = [decode_piece(text, ("buggy", "fixed", "shown", "tests")) for text in pieces]
    checks = [Checks(one["tests"], one["shown"]) for one in problems]
    measured = judged([(one["fixed"], one["buggy"]) for one in problems], checks)
    assert measured["pass_at_1"] == 0.5
    assert measured["plausible_at_2"] == 1
    assert measured.parts == ((1, 2),) * 4
