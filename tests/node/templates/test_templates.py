import re
import tomllib

import pytest

from node.document import UNPINNED
from node.errors import GuidelineError
from node.guideline import load_guideline
from node.learning.models import BUNDLED
from node.learning.small_bases import FAMILIES
from node.pins import COMMIT, Pin, pinned, unpinned_guideline
from node.templates import read_template, template_names, templates

names = pytest.mark.parametrize("name", template_names())


@names
def test_a_template_is_a_guideline_but_for_the_digest(name, tmp_path):
    text = read_template(name)
    guideline = unpinned_guideline(text, name)
    assert guideline.name == name
    path = tmp_path / "guideline.toml"
    revision = guideline.architecture.revision and "a" * 40
    path.write_text(pinned(text, Pin(revision, "b" * 64), name))
    assert load_guideline(path).architecture.weights_sha256 == "b" * 64


@names
def test_no_digest_and_no_commit_is_made_up(name):
    base = tomllib.loads(read_template(name))["architecture"]
    if base["model"] in BUNDLED:
        return
    assert base["weights_sha256"] == UNPINNED
    if base["model"] in FAMILIES:
        assert "revision" not in base
    else:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", base["model"])
        assert COMMIT.fullmatch(base["revision"]) or base["revision"] == "main"


@names
def test_the_benchmarks_metric_is_the_tasks_headline(name):
    headlines = {
        "code-completion": "accuracy",
        "code-search": "mrr",
        "code-to-text": "bleu",
        "clone-detection": "f1",
        "defect-detection": "accuracy",
        "program-repair": "exact_match",
        "program-repair-instruct": "exact_match",
    }
    guideline = unpinned_guideline(read_template(name), name)
    assert [one.metric for one in guideline.version_control.benchmarks] == [headlines[guideline.data.task]]


def test_every_template_says_what_it_is_about():
    found = {one.name: one for one in templates()}
    assert tuple(found) == template_names()
    assert found["codellama-completion"].model == "codellama/CodeLlama-7b-hf"
    assert found["codellama-completion"].task == "code-completion"
    assert found["small-completion"].revision == ""
    assert all(one.description.endswith(".") for one in found.values())


def test_an_unknown_template_is_told_the_known_ones():
    with pytest.raises(GuidelineError, match=r"no template is called 'codebart-clone'; there are .*small-search"):
        read_template("codebart-clone")
