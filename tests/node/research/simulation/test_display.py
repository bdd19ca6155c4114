"""What is printed, on a terminal and elsewhere."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from node.peer.protocol import Train
from node.research.simulation.display import Display, print_results
from node.research.simulation.results import PeerEffect
from node.types import RoundId
from tests.node.research.simulation.conftest import round_result


def shown(results, *, terminal):
    out = StringIO()
    console = Console(file=out, force_terminal=terminal, width=120, color_system=None)
    with Display(console, 3).showing() as display:
        display.resumed(1)
        display.acted("peer 4", Train(RoundId(2)))
        display.ended(results.rounds[1])
    return out.getvalue()


def test_without_a_terminal_a_line_a_round(results):
    assert shown(results, terminal=False) == (
        "1 of 3 rounds were finished before\n"
        "round 2 of 3 failed: 0.2500; 0 of 8 updates kept, 0 of them poisoned; 1.5 s\n"
    )


def test_on_a_terminal_a_bar(results):
    text = shown(results, terminal=True)
    assert "2/3" in text
    assert "round 2 of 3" not in text


def table(results):
    out = StringIO()
    print_results(results, Console(file=out, width=120, color_system=None))
    return out.getvalue()


def test_the_table_has_every_round_of_a_short_run(results):
    text = table(results)
    assert "8 peers, 1 of them sign_flip; multi_krum" in text
    assert "failed" in text
    assert "1 of 7" in text
    assert "1 of 1" in text


def test_what_updates_were_worth_stands_beside_what_they_earned(results):
    effects = (PeerEffect(0, 0.01, -0.002, 0.03), PeerEffect(7, -0.5, -0.5, -0.5))
    rounds = (replace(results.rounds[0], effects=effects), *results.rounds[1:])
    config = replace(results.config, leave_one_out=True)
    text = table(replace(results, rounds=rounds, config=config))
    assert "+0.0100 (-0.0020 to +0.0300)" in text
    assert "7 (attacks)" in text
    assert "progress with each update less that without it" in text
    assert "progress with each update" not in table(results)


def test_the_table_of_a_long_run_is_short_and_has_the_end(results):
    rounds = tuple(round_result(number, 0.5) for number in range(1, 52))
    text = table(replace(results, rounds=rounds))
    assert len(text.splitlines()) < 30
    assert "51" in text
