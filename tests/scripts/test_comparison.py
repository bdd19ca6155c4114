"""What the comparison with other libraries makes of times; the times themselves are not tested."""

import pytest

from scripts.benchmarks._comparison import Outcome, bar, picture, show
from scripts.benchmarks._peers import PeerError
from scripts.benchmarks._values import rule_named
from scripts.benchmarks.aggregate import in_turns, merged


@pytest.mark.parametrize(
    ("rule", "n", "aim"),
    [("median", 10, 7.5), ("median", 20, 15), ("median", 50, 10), ("krum", 10, 4), ("krum", 50, 8), ("mean", 20, None)],
)
def test_the_aim_follows_the_number_of_updates(rule, n, aim):
    assert bar(rule, n) == aim


def test_contenders_take_turns_and_the_best_counts():
    turns = []
    times = {"ours": iter([3.0, 1.0, 2.0]), "theirs": iter([5.0, 6.0, 4.0])}

    def run(who):
        turns.append(who)
        return next(times[who])

    best = in_turns({who: lambda who=who: run(who) for who in times}, runs=3, budget=1000)
    assert best == {"ours": 1.0, "theirs": 4.0}
    assert turns == ["ours", "theirs"] * 3


def test_who_has_used_up_the_budget_runs_no_more_and_still_counts():
    times = iter([7.0, 1.0])
    assert in_turns({"slow": lambda: next(times)}, runs=2, budget=5) == {"slow": 7.0}


def test_who_fails_is_left_out(capsys):
    def fail():
        raise PeerError("byzfl mda: out of memory")

    assert in_turns({"ours": lambda: 1.0, "theirs": fail}, runs=2, budget=5) == {"ours": 1.0}
    assert capsys.readouterr().err == "  byzfl mda: out of memory\n"


def test_a_rule_is_named_with_what_stands_in_front():
    assert rule_named("nnm+mean").name == "nnm + mean"
    assert rule_named("krum").name == "krum"


def test_the_figures_become_a_table_and_a_picture(tmp_path, capsys):
    outcomes = [
        Outcome("median", 20, 10**6, 4, 10.0, 300.0, 200.0, 20.0),
        Outcome("median", 50, 10**6, 10, 30.0, None, None, None),
        Outcome("krum", 20, 10**7, 4, 10.0, 30.0, None, 3.0),
    ]
    show(outcomes)
    assert "1,000,000" in capsys.readouterr().out
    picture(outcomes, tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_sizes_can_be_measured_one_at_a_time():
    krum, median = Outcome("krum", 20, 10**6, 4, 9.0), Outcome("median", 20, 10**6, 4, 8.0)
    again, larger = Outcome("krum", 20, 10**6, 4, 7.0), Outcome("median", 20, 10**7, 4, 80.0)
    assert merged([krum, median], [larger, again]) == [median, again, larger]
