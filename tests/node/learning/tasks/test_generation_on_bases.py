"""The tasks that write text on every family as a guideline loads it: an encoder's decoder is drawn and saved whole."""

import pytest

from node.learning.data.pieces import encode_piece
from node.learning.models import MODELS_VARIABLE, attach_adapter, load_base
from node.learning.tasks import TASKS
from tests.conformance.task import TaskSuite
from tests.tiny_bases import tiny_architecture, write_tiny_base

FAMILIES = {"code-to-text": ("t5", "roberta"), "program-repair-instruct": ("gpt2", "llama")}
CASES = [(name, family, adapter) for name, some in FAMILIES.items() for family in some for adapter in ("lora", "full")]


class TestTasksOnLoadedBases(TaskSuite):
    @pytest.fixture(params=CASES, ids=" ".join)
    def case(self, request, tmp_path, monkeypatch):
        name, family, adapter = request.param
        monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
        architecture = tiny_architecture(family, write_tiny_base(family, tmp_path / family), adapter=adapter)
        base = load_base(architecture, TASKS[name].head)
        return TASKS[name], (attach_adapter(base, architecture), base.tokenizer)

    @pytest.fixture
    def task(self, case):
        return case[0]

    @pytest.fixture
    def learner(self, case):
        return case[1]

    @pytest.fixture
    def texts(self, task):
        fields = ("code", "docstring") if task.name == "code-to-text" else ("buggy", "fixed")
        return [encode_piece(**dict(zip(fields, (f"x = {n}", f"y = {n}"), strict=True))) for n in range(9)]
