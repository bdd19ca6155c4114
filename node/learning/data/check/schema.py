"""Whether a text is a sample of the guideline's task.

Source code is what most tasks cut their samples from. A text that is a structured piece, one canonical JSON object,
must hold the fields that its task wants, none of them blank. What a row of task data must hold, `codexglue.rows` says.
"""

from collections.abc import Mapping, Sequence

from node.errors import DataError
from node.learning.data.pieces import decode_piece, is_piece

__all__ = ["SHAPES", "schema_problem"]

# The fields of a task's pieces, one of several shapes.
SHAPES: Mapping[str, tuple[frozenset[str], ...]] = {
    "clone-detection": (frozenset({"clone", "first", "second"}), frozenset({"code", "problem"})),
    "code-search": (frozenset({"code", "docstring"}),),
    "code-to-text": (frozenset({"code", "docstring"}),),
    "defect-detection": (
        frozenset({"buggy", "fixed"}),
        frozenset({"code", "defect"}),
        frozenset({"code", "defect", "project"}),
    ),
}


def schema_problem(text: str, task: str) -> str | None:
    """Why `text` gives the task no sample, in words."""
    if task not in SHAPES or not is_piece(text):
        return None
    known = frozenset[str]().union(*SHAPES[task])
    try:
        fields = decode_piece(text, (), tuple(sorted(known)))
    except DataError:
        return (
            f"starts as a sample in canonical JSON and holds something else than the texts {', '.join(sorted(known))}"
        )
    if fields.keys() not in SHAPES[task]:
        return f"a sample of this task holds {_alternatives(SHAPES[task])}"
    blank = [name for name, value in sorted(fields.items()) if not value.strip()]
    return f"the field {blank[0]!r} is blank" if blank else None


def _alternatives(shapes: Sequence[frozenset[str]]) -> str:
    return " or ".join(", ".join(sorted(shape)) for shape in shapes)
