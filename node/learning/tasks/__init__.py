"""The tasks a guideline can name. A new one is a file beside `completion` and a line here."""

from node.errors import GuidelineError
from node.learning.tasks.clones import CloneDetection
from node.learning.tasks.code_to_text import CodeToText
from node.learning.tasks.completion import CodeCompletion
from node.learning.tasks.defects import DefectDetection
from node.learning.tasks.lines import LineCompletion
from node.learning.tasks.poisoned import POISONED
from node.learning.tasks.repair import InstructedRepair, ProgramRepair
from node.learning.tasks.search import CodeSearch
from node.learning.tasks.token_completion import TokenCompletion
from node.ports import Task

__all__ = ["TASKS", "find_task"]

_KNOWN: tuple[Task, ...] = (
    CodeCompletion(),
    CodeSearch(),
    CodeToText(),
    LineCompletion(),
    TokenCompletion(),
    ProgramRepair(),
    InstructedRepair(),
    CloneDetection(),
    DefectDetection(),
)
TASKS: dict[str, Task] = {task.name: task for task in _KNOWN}


def find_task(name: str, attack: str | None = None) -> Task:
    """The task called `name`, or what a data attack makes of it. Raises `GuidelineError` for an unknown one of both."""
    if name not in TASKS:
        raise GuidelineError(f"data.task: {name!r} is not known to this version; known are {', '.join(TASKS)}")
    if attack is None:
        return TASKS[name]
    if (attack, name) not in POISONED:
        known = sorted(one for one, task in POISONED if task == name)
        raise GuidelineError(f"data attack {attack!r} on {name} is not known; known are {', '.join(known)}")
    return POISONED[attack, name]
