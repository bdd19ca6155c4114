"""The tasks a guideline can name. A new one is a file beside `completion` and a line here."""

from node.errors import GuidelineError
from node.learning.tasks.completion import CodeCompletion
from node.ports import Task

__all__ = ["TASKS", "find_task"]

TASKS: dict[str, Task] = {CodeCompletion.name: CodeCompletion()}


def find_task(name: str) -> Task:
    """The task called `name`. Raises `GuidelineError` for one this version does not know."""
    if name not in TASKS:
        raise GuidelineError(f"data.task: {name!r} is not known to this version; known are {', '.join(TASKS)}")
    return TASKS[name]
