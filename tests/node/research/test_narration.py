"""What the demo says: everything on terminals and elsewhere, with brackets in texts as they are."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from node.peer.protocol import Commit
from node.research.narration import Narrator


@pytest.fixture(params=[True, False], ids=["terminal", "file"])
def console(request):
    return Console(file=StringIO(), force_terminal=request.param, width=160)


@pytest.fixture
def narrator(console):
    return Narrator(console)


def said(console):
    return console.file.getvalue()


def test_a_whole_demo(narrator, console, report):
    narrator.heading("Founding")
    narrator.say("nine members")
    for one in report.rounds:
        with narrator.training(list(report.members.values()), 10):
            narrator.progress_of("package0")(10, 10, 3.25)
            narrator.did("package0", Commit(1))
        narrator.round_table(one)
    narrator.tokens(report.members, report.tokens, report.poisoners)
    narrator.measured(report.base, report.release)
    narrator.comparison({"single_mean": 0.2}, 0.2, 0.25)
    narrator.summary(report, "demo-out")
    text = said(console)
    for expected in ("Founding", "package2 was absent", "hard penalty", "no new state", "single mean", "demo-out"):
        assert expected in text
    assert "[/]" not in text


def test_reasons_are_shown_as_they_are(narrator, console, report):
    narrator.round_table(report.rounds[0])
    assert "dropped: [too] far away" in said(console)


def test_a_reason_that_looks_like_markup_is_no_error(narrator, console, report):
    first = report.rounds[0]
    row = replace(first.updates[0], reason="malformed: header is [/b]")
    narrator.round_table(replace(first, updates=(row,)))
    assert "malformed: header is [/b]" in said(console)


def test_training_is_told_in_lines_where_there_are_no_bars():
    console = Console(file=StringIO(), force_terminal=False, width=120)
    narrator = Narrator(console)
    with narrator.training(["flask"], 10):
        progress = narrator.progress_of("flask")
        progress(9, 10, 3.5)
        progress(10, 10, 3.25)
    assert said(console) == "  flask: trained 10 steps, last loss 3.250\n"
