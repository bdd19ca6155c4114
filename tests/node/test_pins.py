import tomllib

import pytest

from node.errors import GuidelineError
from node.guideline import load_guideline
from node.pins import Pin, pinned, unpinned_guideline
from node.templates import read_template

PIN = Pin("c" * 40, "d" * 64)


@pytest.fixture
def text():
    return read_template("codebert-search")


def test_only_the_two_values_change(text):
    written = pinned(text, PIN, "x.toml")
    before, after = text.splitlines(), written.splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new.split(" #")[0] for _, new in changed] == [
        f'revision = "{PIN.revision}"',
        f'weights_sha256 = "{PIN.weights_sha256}"',
    ]
    assert pinned(written, PIN, "x.toml") == written


def test_a_model_without_commits_keeps_what_it_has(text):
    written = tomllib.loads(pinned(text, Pin("", "d" * 64), "x.toml"))["architecture"]
    assert written["revision"] == tomllib.loads(text)["architecture"]["revision"]
    assert written["weights_sha256"] == "d" * 64


def test_other_tables_with_such_keys_are_left_alone(text):
    other = '[data.weights]\nweights_sha256 = "mine"\n'
    written = tomllib.loads(pinned(other + text, PIN, "x.toml"))
    assert written["data"]["weights"]["weights_sha256"] == "mine"
    assert written["architecture"]["weights_sha256"] == "d" * 64


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("[architecture]", "[ architecture ]"),
        lambda text: text.replace('weights_sha256 = "unpinned"', "weights_sha256 = 'unpinned'"),
        lambda text: text.replace('weights_sha256 = "unpinned"', "").replace("rank =", "weights_sha256 = 'x'\nrank ="),
    ],
)
def test_a_form_that_cannot_be_edited_is_refused_with_what_to_write(text, change):
    with pytest.raises(GuidelineError, match=f'x.toml: .* weights_sha256 = "{"d" * 64}"'):
        pinned(change(text), PIN, "x.toml")


def test_an_unpinned_guideline_is_refused_by_whoever_loads_it(text, tmp_path):
    path = tmp_path / "guideline.toml"
    path.write_text(text)
    with pytest.raises(GuidelineError, match=r"weights_sha256: not known yet: `fednode guideline pin FILE`"):
        load_guideline(path)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('rule = "caf"', 'rule = "calf"', "update.rule"),
        ("[architecture]", "[architect]", "architecture: Field required"),
        ("rank = 16", "rank = ", "not valid TOML"),
        ("[architecture]", 'architecture = "x"\n[more]', "x.toml: .*architecture"),
    ],
)
def test_other_mistakes_are_found_before_a_model_is_fetched(text, old, new, complaint):
    with pytest.raises(GuidelineError, match=complaint):
        unpinned_guideline(text.replace(old, new, 1), "x.toml")
