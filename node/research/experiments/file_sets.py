"""Data sets of files for experiments: what `learning.data.codexglue` reads, with a label and a repository beside each.

Test files are measured on as the set's makers split them; where there is one file, a hash of what belongs together
decides.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from node.errors import DataError
from node.learning.data.clones import split_by_problem
from node.learning.data.codexglue.clones import read_clone_pairs, read_solutions
from node.learning.data.codexglue.completions import read_token_file
from node.learning.data.codexglue.defects import read_defects
from node.learning.data.codexglue.fixes import read_fixes
from node.learning.data.codexglue.lines import Row, read_lines, read_rows
from node.learning.data.codexglue.problems import read_humanevalpack
from node.learning.data.codexglue.queries import query_piece
from node.learning.data.codexglue.summaries import summary_piece
from node.learning.data.pieces import decode_piece
from node.research.experiments.design import DataChoice

__all__ = ["Sample", "read_files", "sample_of"]

HELD_OUT_PERCENT = 30  # of a set of one file
UNNAMED = "unnamed"  # the repository of samples that do not say theirs

Files = Mapping[str, Path]


@dataclass(frozen=True)
class Sample:
    """One piece with its class label and its repository, `owner/name` where the set tells."""

    piece: str
    label: str = UNNAMED
    repository: str = UNNAMED


Sides = tuple[list[Sample], list[Sample]]  # to train on, and held out


def read_files(choice: DataChoice, files: Files) -> Sides:
    """What a set of files has to train on and held out. Raises `DataError` naming file, line and field."""
    return READERS[choice.name](choice, files)


def sample_of(samples: Sequence[Sample], most: int) -> list[Sample]:
    """At most so many, the ones whose pieces have the smallest hashes: a fair sample, the same on every machine."""
    return sorted(samples, key=lambda one: hashlib.sha256(one.piece.encode()).digest())[:most]


def _clones(choice: DataChoice, files: Files) -> Sides:
    split = split_by_problem(list(read_solutions(files["solutions"], masked=choice.masked)), HELD_OUT_PERCENT)
    return list(map(_pair, split.train)), list(map(_pair, split.held_out))


def _clone_pairs(choice: DataChoice, files: Files) -> Sides:
    return _sides(files, lambda path: map(_pair, read_clone_pairs(files["functions"], path)))


def _pair(piece: str) -> Sample:
    same = decode_piece(piece, ("clone", "first", "second"))["clone"]
    return Sample(piece, "clones" if same == "1" else "others")


def _defects(choice: DataChoice, files: Files) -> Sides:
    return _sides(files, lambda path: map(_labelled, read_defects(files["functions"], path)))


def _labelled(piece: str) -> Sample:
    fields = decode_piece(piece, ("code", "defect"), ("project",))
    return Sample(piece, "defect" if fields["defect"] == "1" else "none", fields.get("project", UNNAMED))


def _fixes(choice: DataChoice, files: Files) -> Sides:
    train, test = (read_fixes(files[f"{side}_buggy"], files[f"{side}_fixed"]) for side in ("train", "test"))
    return list(map(Sample, train)), list(map(Sample, test))


def _problems(choice: DataChoice, files: Files) -> Sides:
    """Problems with tests: those held out are judged by running them."""
    in_order = sample_of(list(map(Sample, read_humanevalpack(files["problems"]))), 1_000_000)
    return in_order[choice.held_out :], in_order[: choice.held_out]


def _fixes_for_problems(choice: DataChoice, files: Files) -> Sides:
    """Fixes to train on; what is held out is judged by running tests."""
    train = map(Sample, read_fixes(files["train_buggy"], files["train_fixed"]))
    return list(train), list(map(Sample, read_humanevalpack(files["problems"])))


def _of_rows(make: Callable[[Row], str | None]) -> Callable[[DataChoice, Files], Sides]:
    def read(choice: DataChoice, files: Files) -> Sides:
        return _sides(files, lambda path: _rows(path, make))

    return read


def _rows(path: Path, make: Callable[[Row], str | None]) -> Iterator[Sample]:
    for row in read_rows(path):
        piece = make(row)
        if piece:
            repository = row.text("repo") if "repo" in row.fields else UNNAMED
            yield Sample(piece, repository, repository)


def _token_files(choice: DataChoice, files: Files) -> Sides:
    """py150's: beside the code to train on, a list of the files' paths, `data/owner/repository/…`."""
    named = zip_longest(read_token_file(files["train"]), read_lines(files["train_names"]))
    train = [_named(code, line) for code, line in named]
    return train, list(map(Sample, read_token_file(files["test"])))


def _named(code: str | None, line: tuple[str, str] | None) -> Sample:
    if code is None or line is None:
        raise DataError(
            "data: token-files have another number of code files than of names; give the list that goes along"
        )
    where, path = line
    parts = path.strip().split("/")
    if len(parts) < 4:
        raise DataError(f"{where}: no path of data/owner/repository/file; give py150's list")
    repository = "/".join(parts[1:3])
    return Sample(code, repository, repository)


def _sides(files: Files, read: Callable[[Path], Iterable[Sample]]) -> Sides:
    return list(read(files["train"])), list(read(files["test"]))


READERS: Mapping[str, Callable[[DataChoice, Files], Sides]] = {
    "clones": _clones,
    "clone-pairs": _clone_pairs,
    "defects": _defects,
    "fixes": _fixes,
    "problems": _problems,
    "fixes-for-problems": _fixes_for_problems,
    "queries": _of_rows(query_piece),
    "summaries": _of_rows(summary_piece),
    "token-files": _token_files,
}
