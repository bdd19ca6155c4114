"""Which samples each task is built of. A new task is an extractor beside these and a line here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aggregator import canonical
from node.errors import DataError
from node.learning.data.build.completion import completion_lines
from node.learning.data.build.fixes import fixed_functions, labelled_functions
from node.learning.data.build.pairs import docstring_pairs
from node.learning.data.build.samples import Fields
from node.learning.data.build.source import Source

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


RECIPES: dict[str, Recipe] = {
    "code-completion": Recipe(lambda sources, _: completion_lines(sources[0])),
    "code-search": Recipe(lambda sources, _: docstring_pairs(sources[0])),
    "code-to-text": Recipe(lambda sources, _: docstring_pairs(sources[0])),
    "defect-detection": Recipe(lambda both, limits: labelled_functions(both[0], both[1], limits.diff_lines), of_history=True),
    "program-repair": Recipe(lambda both, limits: fixed_functions(both[0], both[1], limits.diff_lines), of_history=True),
}
NOT_BUILDABLE: dict[str, str] = {
    "clone-detection": "no repository says which of its functions do the same; bring labelled pairs, as BigCloneBench's",
}


def find_recipe(task: str) -> Recipe:
    """The recipe of a task. Raises `DataError` for one that no repository holds samples of, and for an unknown one."""
    if task in NOT_BUILDABLE:
        raise DataError(f"{task}: cannot be built from repositories: {NOT_BUILDABLE[task]}")
    if task not in RECIPES:
        raise DataError(f"{task!r} is no task that can be built; there are {', '.join(RECIPES)}")
    return RECIPES[task]
