"""A right function passes; one that is wrong, or does what a function under test must not do, never does."""

import pytest

from node.learning.sandbox import Limits, passes

RIGHT = "from __future__ import annotations\n\ndef add(a, b):\n    return a + b\n"
TESTS = "assert add(2, 3) == 5\n"
SHORT = Limits(seconds=10, cpu_seconds=1)


def test_a_right_function_passes() -> None:
    assert passes(RIGHT, TESTS)


@pytest.mark.parametrize(
    "candidate",
    ["def add(a, b):\n    return a - b\n", "", "def add(a, b:\n", "\0", RIGHT + "raise ValueError\n", RIGHT + "'''\n"],
)
def test_a_wrong_function_does_not(candidate: str) -> None:
    assert not passes(candidate, TESTS)


@pytest.mark.parametrize(
    "deed",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "import os; os.fork()",
        "import os; os.system('true')",
        "import os; os.kill(os.getpid(), 0)",
        "import os; os.mkdir('here')",
        "import subprocess",
        "import multiprocessing; multiprocessing.Process(target=print).start()",
        "import socket; socket.socket()",
        "import ctypes",
        "import mmap",
        "open('here', 'w')",
        "import os; os.close(os.open('here', os.O_CREAT | os.O_WRONLY))",
        "import os; os._exit = lambda code: None; open('here', 'w')",
        "import sys; open(sys.argv[0]).read()",  # where the mark of a pass is named
        "while True: pass",
    ],
)
def test_a_right_function_with_a_deed_does_not_either(deed: str) -> None:
    assert not passes(f"{RIGHT}\n{deed}\n", TESTS, limits=SHORT)


@pytest.mark.parametrize("deed", ["import os; os.fork()", "import socket", "open('here', 'w')"])
def test_a_deed_is_not_undone_by_catching_whatever_comes_of_it(deed: str) -> None:
    assert not passes(f"{RIGHT}\ntry:\n    {deed}\nexcept BaseException:\n    pass\n", TESTS, limits=SHORT)


def test_a_candidate_cannot_swallow_its_tests() -> None:
    assert not passes("def add(a, b):\n    return 0\n\nif False:\n    pass\n", TESTS)
    assert not passes("def add(a, b):\n    return 0\n\nx = '''", TESTS + "'''")


def test_what_functions_are_made_of_may_be_used() -> None:
    modules = "bisect collections copy dataclasses datetime enum functools hashlib heapq itertools json math operator"
    modules += " random re statistics string typing"
    candidate = RIGHT + "".join(f"import {name}\n" for name in modules.split())
    assert passes(candidate, TESTS + "assert hashlib.md5(b'x').hexdigest() and random.Random(1).random()\n")
