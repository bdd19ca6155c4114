"""What the poisoning grid makes of its runs; the runs themselves take an hour."""

import pytest

from scripts.benchmarks.poisoning import cells, heat_map, rows, table

METRIC = {"mean": {"none": 0.4, "noise": 0.1}, "median": {"none": 0.3, "noise": 0.36}}


def found(seeds=(0, 1)):
    grid = list(cells("code-search", ["median"], ["noise"], seeds))
    return [(cell, {"metric": METRIC[cell["rule"]][cell["attack"]] * (1 + cell["seed"])}) for cell in grid]


def test_the_grid_holds_the_clean_runs_that_it_compares_with():
    names = {(cell["rule"], cell["attack"]) for cell, _ in found()}
    assert names == {(name, attack) for name in ("mean", "median") for attack in ("none", "noise")}
    assert [cell["seed"] for cell, _ in found()] == sorted(cell["seed"] for cell, _ in found())


def test_a_share_is_of_clean_averaging_with_the_same_seed():
    row = next(one for one in rows(found()) if (one.rule, one.attack, one.f) == ("median", "noise", 2))
    assert row.metric == pytest.approx(0.54)
    assert (row.share, row.worst, row.deviation) == pytest.approx((0.9, 0.9, 0.0))
    assert row.own_share == pytest.approx(1.2)
    assert (row.seeds, row.success) == (2, None)


def test_a_rule_that_refuses_has_no_row_and_a_success_is_averaged():
    grid = list(cells("code-search", [], ["backdoor"], (0, 1)))
    outcomes = [
        {"refused": "n"} if cell["f"] == 3 else {"metric": 0.2, "attack_success": cell["seed"]} for cell in grid
    ]
    made = rows(list(zip(grid, outcomes, strict=True)))
    assert {one.f for one in made} == {2}
    assert {one.success for one in made} == {0.5}


def test_the_table_names_each_rules_lowest_share():
    lines = table(rows(found()), 3).splitlines()
    assert lines[0] == "| rule, f = 3 | none | noise | worst |"
    assert lines[2:] == ["| mean | 100.0 | 25.0 | 25.0 |", "| median | 75.0 | 90.0 | 75.0 |"]


def test_the_heat_map_is_a_picture(tmp_path):
    heat_map(rows(found()), tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
