import json

import pytest

from node.guideline import load_guideline
from node.learning import pinning
from node.learning.models import BASE_DIRECTORY, weights_sha256
from node.pins import Pin
from node.templates import read_template, template_names


def test_a_new_guideline_is_pinned_then_checked(done, here, monkeypatch):
    monkeypatch.setattr(pinning, "find_pin", lambda architecture, progress: Pin("c" * 40, "d" * 64))
    assert done("guideline", "new", "--template", "codellama-completion", "--out", "mine/guideline.toml") == (
        "wrote mine/guideline.toml; edit it, then: fednode guideline pin mine/guideline.toml\n"
    )
    said = done("guideline", "pin", "mine/guideline.toml")
    assert said == f"mine/guideline.toml: codellama/CodeLlama-7b-hf at {'c' * 40}, weights {'d' * 64}\n"
    assert done("guideline", "check", "mine/guideline.toml") == (
        "mine/guideline.toml: can run\n"
        f"  code-completion with codellama/CodeLlama-7b-hf {'c' * 40}\n"
        "  rule caf, up to 2 faulty, 10 trainers needed\n"
    )


def test_what_ships_with_the_package_needs_no_pin(done):
    said = done("guideline", "new", "--template", "small-completion", "--out", "guideline.toml")
    assert said.endswith("then: fednode guideline check guideline.toml\n")
    found = json.loads(done("guideline", "check", "guideline.toml", "--json"))
    assert found["weights_sha256"] == weights_sha256(BASE_DIRECTORY)
    assert (found["model"], found["revision"], found["trainers_needed"]) == ("fednode-base", "", 5)
    assert done("guideline", "pin", "guideline.toml").startswith("guideline.toml: fednode-base, weights d5ffab49")


def test_every_template_is_listed(done):
    listed = json.loads(done("guideline", "templates", "--json"))
    assert [one["name"] for one in listed] == list(template_names())
    assert all(one["name"] in done("guideline", "templates") for one in listed)


def test_an_unpinned_guideline_is_told_what_pins_it(done, refused):
    done("guideline", "new", "--template", "codebert-search", "--out", "guideline.toml")
    assert "`fednode guideline pin FILE`" in refused(3, "guideline", "check", "guideline.toml")


def test_a_branch_is_no_name_for_good(done, refused, here):
    text = read_template("codebert-search").replace("unpinned", "a" * 64)
    (here / "guideline.toml").write_text(text)
    done("guideline", "check", "guideline.toml")
    (here / "guideline.toml").write_text(text.replace("3b0952feddeffad0063f274080e3c23d75e7eb39", "main"))
    said = refused(3, "guideline", "check", "guideline.toml")
    assert "'main' can come to mean another model; `fednode guideline pin guideline.toml` writes the commit" in said


def test_nothing_is_overwritten_and_nothing_invented(done, refused, here):
    (here / "guideline.toml").write_text("mine")
    assert "exists already" in refused(3, "guideline", "new", "--template", "small-clone", "--out", "guideline.toml")
    assert "no template is called" in refused(3, "guideline", "new", "--template", "big", "--out", "other.toml")
    assert "cannot be read" in refused(3, "guideline", "pin", "nowhere.toml")
    (here / "bytes.toml").write_bytes(b"\xff")
    assert "cannot be read" in refused(3, "guideline", "pin", "bytes.toml")
    assert (here / "guideline.toml").read_text() == "mine"


@pytest.mark.parametrize("steps", [20])
def test_pretraining_is_heard_of(done, run, here, monkeypatch, steps):
    def find(architecture, progress):
        for step in range(steps):
            progress(step + 1, steps, 4.0)
        return Pin("", "e" * 64)

    monkeypatch.setattr(pinning, "find_pin", find)
    done("guideline", "new", "--template", "small-clone", "--out", "guideline.toml")
    result = run("guideline", "pin", "guideline.toml")
    assert result.stderr.count("pretraining small-roberta: step") == 10
    assert "step 20 of 20, training loss 4.000" in result.stderr
    assert load_guideline(here / "guideline.toml").architecture.weights_sha256 == "e" * 64
