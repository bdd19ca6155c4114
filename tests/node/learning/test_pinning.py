from dataclasses import dataclass

import pytest

from node.errors import ModelError
from node.learning import pinning
from node.learning.models import BASE_DIRECTORY, weights_sha256
from node.learning.pinning import find_pin
from node.learning.small_bases import SmallBase
from node.pins import Pin, unpinned_guideline
from node.templates import read_template

COMMIT = "3b0952feddeffad0063f274080e3c23d75e7eb39"


@dataclass
class Hub:
    """A hub that knows one commit, and a download that gives the bundled base's folder."""

    sha: str | None = COMMIT
    asked: tuple = ()
    downloaded: tuple = ()

    def model_info(self, model, revision):
        self.asked += ((model, revision),)
        if self.sha == "down":
            raise OSError("no route to host")
        return self

    def fetch(self, architecture):
        self.downloaded += ((architecture.model, architecture.revision),)
        return BASE_DIRECTORY


@pytest.fixture
def hub(monkeypatch):
    hub = Hub()
    monkeypatch.setattr("huggingface_hub.HfApi", lambda: hub)
    monkeypatch.setattr(pinning, "base_directory", hub.fetch)
    return hub


def architecture(template, **changes):
    return unpinned_guideline(read_template(template), template).architecture.model_copy(update=changes)


def test_a_branch_becomes_the_commit_that_it_stands_for(hub):
    found = find_pin(architecture("codebert-search", revision="refs/pr/9"))
    assert found == Pin(COMMIT, weights_sha256(BASE_DIRECTORY))
    assert hub.asked == (("microsoft/codebert-base", "refs/pr/9"),)
    assert hub.downloaded == (("microsoft/codebert-base", COMMIT),)


def test_no_revision_is_the_main_branch(hub):
    find_pin(architecture("codebert-search", revision=""))
    assert hub.asked == (("microsoft/codebert-base", "main"),)


def test_a_commit_is_not_asked_about(hub):
    assert find_pin(architecture("codebert-search", revision="a" * 40)).revision == "a" * 40
    assert hub.asked == ()


@pytest.mark.parametrize(("sha", "said"), [("down", "no route to host"), (None, "names no commit"), ("v1", "names no")])
def test_a_hub_that_does_not_say_is_an_error_of_the_model(hub, sha, said):
    hub.sha = sha
    with pytest.raises(ModelError, match=said):
        find_pin(architecture("codebert-search", revision="main"))


def test_a_bundled_base_asks_nobody(hub):
    assert find_pin(architecture("small-completion")) == Pin("", weights_sha256(BASE_DIRECTORY))
    assert hub.asked == hub.downloaded == ()


def test_a_small_base_is_made(hub, monkeypatch):
    told = []

    def make(name, progress):
        progress(1, 2, 3.0)
        return SmallBase(name, BASE_DIRECTORY, "e" * 64, {})

    monkeypatch.setattr(pinning, "small_base", make)
    found = find_pin(architecture("small-clone"), lambda *one: told.append(one))
    assert found == Pin("", "e" * 64)
    assert told == [(1, 2, 3.0)]
    assert hub.asked == hub.downloaded == ()
