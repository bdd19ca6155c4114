"""Which samples each task is built of. A new task is an extractor beside these and a line here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aggregator import canonical
from node.errors import DataError
from node.learning.data.repositories.completion import completion_lines
from node.learning.data.repositories.fixes import fixed_functions, labelled_functions
from node.learning.data.repositories.pairs import docstring_pairs
from node.learning.data.repositories.samples import Fields
from node.learning.data.repositories.source import Source

__all__ = ["NOT_BUILDABLE", "RECIPES", "Limits", "Recipe", "find_recipe"]


@dataclass(frozen=True)
class Limits:
    """What bounds a build: commits looked back on, bytes of a file, lines that a fix removes and adds."""

    commits: int = 10_000
    file_bytes: int = 1024 * 1024
    diff_lines: int = 20

    def of_a_sample(self) -> dict[str, canonical.Json]:
        """Those that decide what is made of a content."""
        return {"diff_lines": self.diff_lines, "file_bytes": self.file_bytes}


Extract = Callable[[Sequence[Source], Limits], Iterable[Fields]]


@dataclass(frozen=True)
class Recipe:
    """How a task's samples are made: of each file at HEAD, or (`of_history`) of each file before and after a fix."""

    extract: Extract
    of_history: bool = False


def _lines(sources: Sequence[Source], _: Limits) -> Iterable[Fields]:
    return completion_lines(sources[0])


def _pairs(sources: Sequence[Source], _: Limits) -> Iterable[Fields]:
    return docstring_pairs(sources[0])


def _fixed(sources: Sequence[Source], limits: Limits) -> Iterable[Fields]:
    before, after = sources
    return fixed_functions(before, after, limits.diff_lines)


def _labelled(sources: Sequence[Source], limits: Limits) -> Iterable[Fields]:
    before, after = sources
    return labelled_functions(before, after, limits.diff_lines)


RECIPES: dict[str, Recipe] = {
    "code-completion": Recipe(_lines),
    "code-search": Recipe(_pairs),
    "code-to-text": Recipe(_pairs),
    "defect-detection": Recipe(_labelled, of_history=True),
    "line-completion": Recipe(_lines),
    "program-repair": Recipe(_fixed, of_history=True),
}
NOT_BUILDABLE: dict[str, str] = {
    "clone-detection": "no repository says which of its functions do the same; bring labelled pairs",
}


def find_recipe(task: str) -> Recipe:
    """The recipe of a task. Raises `DataError` for one that no repository holds samples of, and for an unknown one."""
    if task in NOT_BUILDABLE:
        raise DataError(f"{task}: cannot be built from repositories: {NOT_BUILDABLE[task]}")
    if task not in RECIPES:
        raise DataError(f"{task!r} is no task that can be built; there are {', '.join(RECIPES)}")
    return RECIPES[task]
