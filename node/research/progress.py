"""How far a long grid of runs is, for people: a bar on a terminal, plain lines elsewhere."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["showing_cells"]

EVERY = 20  # cells between two plain lines


@contextlib.contextmanager
def showing_cells(console: Console, total: int) -> Iterator[Callable[[int, int, float], None]]:
    """Gives what `grid.run_grid` reports to: cells done, cells in all, seconds left by estimate."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("cells", total=total)

        def report(done: int, total: int, left: float) -> None:
            said = f"about {left / 60:.0f} minutes left"
            progress.update(bar, completed=done, total=total, description=f"cells, {said}")
            if not console.is_terminal and (done % EVERY == 0 or done == total):
                console.print(f"{done} of {total} cells, {said}", highlight=False)

        yield report
