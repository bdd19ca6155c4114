import io
import json

import pytest
from rich.console import Console

from node.cli import data_build
from tests.documented_code import module
from tests.git_repositories import GitRepository


@pytest.fixture
def shop(here):
    repository = GitRepository(here / "shop")
    repository.commit("Begin", {f"src/module_{number}.py": module(3, 3 * number) for number in range(8)})
    return repository


def test_a_repository_becomes_files_of_samples(here, shop, shown):
    built = shown("data", "build", "--repo", shop.folder, "--task", "code-search", "--out", "data")
    assert built["samples"] == {"train": 15, "valid": 3, "test": 6}
    assert built["languages"] == {"python": 24}
    assert built["repositories"] == {"shop": shop.git("rev-parse", "HEAD")}
    lines = (here / "data" / "test.jsonl").read_text().splitlines()
    assert {json.loads(line)["path"] for line in lines} == {"src/module_0.py", "src/module_6.py"}


def test_people_see_tables_and_where_there_is_no_terminal_lines(shop, run):
    done = run("data", "build", "--repo", shop.folder, "--task", "code-search", "--out", "data")
    assert "8 contents of 1 repositories, 8 of them parsed now" in done.stdout
    assert "parsed 8 of 8" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--task", "clone-detection"), "no repository says which of its functions do the same"),
        (("--task", "poetry"), "'poetry' is no task that can be built; there are code-completion,"),
        (
            ("--task", "code-search", "--language", "cobol"),
            "'cobol' is no language that can be parsed; there are c,",
        ),
        (("--task", "code-search", "--repo", "nowhere"), "nowhere: no such folder"),
    ],
)
def test_what_cannot_be_built_is_refused_in_a_sentence(shop, refused, arguments, says):
    assert says in refused(7, "data", "build", "--repo", shop.folder, "--out", "data", *arguments)


def shown_by(terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
    with data_build.showing(console) as report:
        for done in range(1, 4):
            report(done, 3, f"shop/[red]{done}.py")
    return console.file.getvalue()


def test_a_terminal_shows_a_bar_and_names_as_they_are():
    assert "3/3" in shown_by(True)
    assert "shop/[red]3.py" in shown_by(True)


def test_elsewhere_a_line_appears_now_and_then_and_in_the_end(monkeypatch):
    assert shown_by(False) == "parsed 3 of 3\n"
    monkeypatch.setattr(data_build, "LOG_SECONDS", 0)
    assert shown_by(False) == "parsed 1 of 3\nparsed 2 of 3\nparsed 3 of 3\n"
