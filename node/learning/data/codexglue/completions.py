"""Code to complete: py150's and javaCorpus' token files, and the lines to complete that CodeXGLUE made of them.

A token file becomes texts of the tasks code-completion and token-completion, a line to complete a piece of
line-completion.
"""

from collections.abc import Iterator
from pathlib import Path

from node.errors import DataError
from node.learning.data.codexglue.lines import Row, read_lines, read_rows
from node.learning.data.pieces import encode_piece
from node.learning.metrics import restore_literals

__all__ = ["completion_piece", "completion_text", "plain_code", "read_completion_lines", "read_token_file"]

BEGIN, END, LINE_END = "<s>", "</s>", "<EOL>"


def read_token_file(path: Path) -> Iterator[str]:
    """The code files of a token file, one a line from `<s>` to `</s>`, as `plain_code`. Raises `DataError`."""
    for where, line in read_lines(path):
        tokens = line.split()
        if not tokens:
            continue
        if tokens[:1] != [BEGIN] or tokens[-1] != END:
            raise DataError(f"{where}: does not go from {BEGIN} to {END}; check that the file is of this format")
        yield plain_code(line)


def read_completion_lines(path: Path) -> Iterator[str]:
    """Pieces of line-completion, `input` and `gt` as they are, from a JSON Lines file (what `fednode data build` writes
    too). Raises `DataError` naming file, line and field.
    """
    yield from map(completion_piece, read_rows(path))


def completion_piece(row: Row) -> str:
    """The piece that `read_completion_lines` makes of one row. Raises `DataError`."""
    return encode_piece(input=row.text("input"), gt=row.text("gt"))


def completion_text(row: Row) -> str:
    """A row's line and what stands before it as a text of code-completion or token-completion. Raises `DataError`."""
    return plain_code(f"{row.text('input')} {row.text('gt')}")


def plain_code(tokens: str) -> str:
    """Tokens apart by spaces without marks: `<EOL>` ends a line, literals are put back as far as they are known.

    CodeXGLUE's evaluator puts the literals of both sides back before it compares them.
    """
    kept = (token for token in tokens.split() if token not in {BEGIN, END})
    lines = " ".join(kept).split(LINE_END)
    return restore_literals("\n".join(line.strip() for line in lines))
