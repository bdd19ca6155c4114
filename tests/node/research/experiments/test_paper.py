"""The paper's figures are complete, and each is what the paper says."""

import pytest

from node.research.experiments.design import TABLES
from node.research.experiments.paper import PAPER_COLUMNS, paper_table


@pytest.mark.parametrize(("number", "rows", "figures"), [("1", 3, 18), ("2", 2, 12), ("3", 2, 12), ("4", 12, 72)])
def test_tables_are_complete(number, rows, figures):
    table = paper_table(number)
    assert len(table.rows) == rows
    assert sum(len(row.values) for row in table.rows) == figures
    assert all(list(row.values) == list(PAPER_COLUMNS) for row in table.rows)


def test_the_large_model_was_only_averaged():
    small, large = paper_table("5").rows
    assert len(small.values) == 6
    assert large.values == {"centralised": 83.84, "single": 81.59, "FedAvg": 83.77}


def test_a_few_figures():
    assert paper_table("1").rows[1].values["FedMedian"] == 0.717
    assert paper_table("3").rows[0].values["FedMedian"] == 0.3022
    assert (paper_table("4").rows[11].case, paper_table("4").rows[11].values["FedProx"]) == ("php", 20.60)


def test_every_table_of_the_command_is_there():
    assert [paper_table(number).number for number in TABLES] == list(TABLES)
    assert paper_table("repair").rows == ()
