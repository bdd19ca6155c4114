"""Long grids say how far they are."""

from rich.console import Console

from node.research.progress import showing_cells


def test_progress_is_told_in_lines_where_there_is_no_terminal(capsys):
    console = Console(force_terminal=False, width=100)
    with showing_cells(console, 41) as report:
        for done in range(42):
            report(done, 41, 60.0 * (41 - done))
    told = capsys.readouterr().out.splitlines()
    assert told[1:] == [
        "20 of 41 cells, about 21 minutes left",
        "40 of 41 cells, about 1 minutes left",
        "41 of 41 cells, about 0 minutes left",
    ]
