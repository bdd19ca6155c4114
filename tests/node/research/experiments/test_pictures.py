"""Pictures are written for every table, also for one that the paper has no figures of."""

from dataclasses import replace

import pytest

from node.learning.data.partition import holdings, label_imbalanced, uniform
from node.research.experiments.pictures import draw_holdings, draw_table
from node.research.experiments.results import findings


@pytest.mark.parametrize("number", ["1", "4", "repair"])
def test_a_table_is_drawn(results, tmp_path, number):
    (found,) = findings(results)
    found = replace(found, study=found.study.model_copy(update={"table": number}))
    draw_table(number, [found, found], tmp_path / "table.png")
    assert (tmp_path / "table.png").read_bytes().startswith(b"\x89PNG")


def test_who_holds_what_is_drawn_for_every_distribution(tmp_path):
    labels = [f"label {number % 30}" for number in range(300)]  # more than are named
    held = [(deal.__name__, holdings(labels, deal(labels, 5, 0))) for deal in (uniform, label_imbalanced)]
    draw_holdings(held, tmp_path / "held.png")
    assert (tmp_path / "held.png").read_bytes().startswith(b"\x89PNG")
