"""Work for grids under test, in a module of its own so that spawned workers can import it."""

import os
from pathlib import Path

from node.research.grid import Cell, Outcome


def square(cell: Cell) -> Outcome:
    """The square of the cell's number; leaves a mark for every call."""
    number = int(cell["number"])
    with (Path(str(cell["marks"])) / "calls").open("a") as calls:
        calls.write(f"{number}\n")
    if number < 0:
        raise ValueError("negative")
    return {"square": float(number * number), "threads": os.environ["OMP_NUM_THREADS"], "born_with": born_with()}


def born_with() -> str:
    """The variable as this process inherited it, before anything could run in it (Linux tells)."""
    inherited = Path("/proc/self/environ").read_bytes().split(b"\0")
    return next((one.decode() for one in inherited if one.startswith(b"OMP_NUM_THREADS=")), "")
