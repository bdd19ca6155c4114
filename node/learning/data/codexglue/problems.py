"""Repair problems that come with tests: HumanEvalPack's rows and QuixBugs' folders.

Each becomes a piece of the task program-repair, an object of `buggy`, `fixed`, `tests` and `shown`: Python source that
raises when a candidate before it is wrong. Nothing is run here.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from node.errors import DataError
from node.learning.data.codexglue.lines import TEXT_LIMIT, read_lines, read_rows
from node.learning.data.pieces import encode_piece

__all__ = ["read_humanevalpack", "read_quixbugs"]

PROGRAM_LIMIT = 1000  # programs of one folder
SHOWN_CASES = 1  # of QuixBugs', which keep the rest of a program's cases back


def read_humanevalpack(path: Path) -> Iterator[str]:
    """Pieces from HumanEvalPack's Python rows; shown are the examples of the docstring, which the functions go without.

    Raises `DataError` naming file, line and field.
    """
    for row in read_rows(path):
        head = row.text("declaration")
        buggy, fixed = (head + row.text(name) for name in ("buggy_solution", "canonical_solution"))
        yield encode_piece(buggy=buggy, fixed=fixed, tests=row.text("test"), shown=row.text("example_test"))


def read_quixbugs(folder: Path) -> Iterator[str]:
    """Pieces from `python_programs`, `correct_python_programs` and `json_testcases` in `folder`, in order of names.

    A line of `json_testcases` is the arguments and what comes out of them. Programs without that file are left out.
    Raises `DataError` for missing programs and lines that are no such pair.
    """
    cases = sorted((folder / "json_testcases").glob("*.json"))
    if not cases or len(cases) > PROGRAM_LIMIT:
        raise DataError(
            f"{folder}: {len(cases)} files in json_testcases, 1 to {PROGRAM_LIMIT} are read; name QuixBugs'"
        )
    for file in cases:
        buggy, fixed = (
            "\n".join(line for _, line in read_lines(folder / name / f"{file.stem}.py")) + "\n"
            for name in ("python_programs", "correct_python_programs")
        )
        lines = [_case(*line) for line in read_lines(file) if line[1].strip()]
        tests, shown = _checked(file.stem, lines), _checked(file.stem, lines[:SHOWN_CASES])
        yield encode_piece(buggy=buggy, fixed=fixed, tests=tests, shown=shown)


def _case(where: str, line: str) -> str:
    """A line that holds a case, as it is."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: no JSON ({error}); check that the file is whole") from error
    if not isinstance(value, list) or len(value) != 2 or len(line) > TEXT_LIMIT:
        raise DataError(f"{where}: not the arguments and what comes out of them; check that the file is QuixBugs'")
    return line


def _checked(name: str, lines: list[str]) -> str:
    """Source that calls the function with each case; generators and tuples come out as lists, as JSON has them."""
    if not name.isidentifier():
        raise DataError(f"{name}.json: not named for a function; check that the folder is QuixBugs'")
    return (
        "import json\n"
        f"for case in {lines!r}:\n"
        "    given, expected = json.loads(case)\n"
        f"    found = {name}(*(given if isinstance(given, list) else [given]))\n"
        "    found = found if isinstance(found, (str, dict)) or not hasattr(found, '__iter__') else list(found)\n"
        "    assert json.loads(json.dumps(found)) == expected\n"
    )
