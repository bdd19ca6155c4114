"""Candidate programs that pass, fail, and try to get out."""

import os
import socket
from pathlib import Path

import pytest

from node.errors import DataError
from node.learning.sandbox import Limits, Outcome, Verdict, run_program

SHORT = Limits(seconds=20, cpu_seconds=2)
LACKING = run_program("pass").missing  # restrictions that this kernel does not offer to this user
namespaces = pytest.mark.skipif("namespaces" in LACKING, reason="this kernel gives users no namespaces")
landlock = pytest.mark.skipif("file restrictions" in LACKING, reason="this kernel has no Landlock")


def ending(program: str, limits: Limits = SHORT) -> Outcome:
    return run_program(program, limits)


def test_a_program_whose_tests_hold_passes() -> None:
    assert ending("def add(a, b):\n    return a + b\n\nassert add(2, 3) == 5\n").verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("assert 1 == 2", "AssertionError"),
        ("raise ValueError('no')", "ValueError: no"),
        ("def broken(:", "SyntaxError"),
        ("import torch", "ModuleNotFoundError"),
        ("import node.errors", "ModuleNotFoundError"),
        ("bytearray(2_000_000_000)", "MemoryError"),
    ],
)
def test_a_program_that_fails_says_why(program: str, says: str) -> None:
    outcome = ending(program)
    assert outcome.verdict is Verdict.FAILED
    assert says in outcome.error


@pytest.mark.parametrize("way", ["import sys; sys.exit(0)", "import os; os._exit(0)"])
def test_leaving_before_the_tests_is_no_pass(way: str) -> None:
    assert ending(f"{way}\nassert False").verdict is Verdict.FAILED


def test_a_program_that_never_ends_is_stopped() -> None:
    assert ending("while True: pass", Limits(seconds=30, cpu_seconds=1)).verdict is Verdict.KILLED
    waiting = "import threading; threading.Event().wait()"
    assert ending(waiting, Limits(seconds=0.5)).verdict is Verdict.TIMED_OUT


def test_a_crash_is_told_from_a_failure() -> None:
    assert ending("import os; os.abort()").verdict is Verdict.KILLED


@landlock
def test_it_writes_only_in_its_own_folder_and_little(tmp_path: Path) -> None:
    assert ending("open('here', 'w').write('x')").verdict is Verdict.PASSED
    assert "File too large" in ending("open('here', 'wb').write(bytes(2_000_000))").error
    target = tmp_path / "outside"
    assert ending(f"open({str(target)!r}, 'w').write('x')").verdict is Verdict.FAILED
    assert not target.exists()


@landlock
def test_it_reads_nothing_of_the_operators(tmp_path: Path) -> None:
    secret = tmp_path / "keystore.json"
    secret.write_text("secret")
    for attempt in (f"open({str(secret)!r}).read()", f"import os; os.listdir({str(tmp_path)!r})"):
        assert "PermissionError" in ending(attempt).error


def test_it_sees_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDNODE_SOMETHING", "value")
    program = "import os\nassert not any('FEDNODE' in key for key in os.environ), os.environ\n"
    assert ending(program).verdict is Verdict.PASSED


@namespaces
def test_it_has_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = ending(f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)")
    assert outcome.verdict is Verdict.FAILED
    assert "OSError" in outcome.error or "ConnectionRefused" in outcome.error


@namespaces
def test_it_cannot_signal_a_process_outside() -> None:
    outcome = ending(f"import os; os.kill({os.getpid()}, 0)")
    assert "ProcessLookupError" in outcome.error


@namespaces
def test_what_it_started_ends_with_it() -> None:
    """The child of the program holds a lock on a file for as long as it lives; nobody holds it afterwards."""
    program = "import os, threading\nif os.fork() == 0:\n    threading.Event().wait()\n"
    assert ending(program).verdict is Verdict.PASSED
    # run_program waits for the end of the namespace, in which nothing outlives its first process
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert b"fednode-candidate-" not in entry.read_bytes()
        except OSError:
            continue


def test_what_the_kernel_lacks_is_said_and_nothing_else() -> None:
    outcome = ending("assert True")
    assert (outcome.verdict, outcome.error, outcome.missing) == (Verdict.PASSED, "", LACKING)
    assert set(LACKING) <= {"namespaces", "no new privileges", "file restrictions"}


def test_a_huge_program_is_not_run() -> None:
    with pytest.raises(DataError, match="at most"):
        run_program("#" * (1 << 20) + "#")


def test_what_it_printed_last_is_kept() -> None:
    outcome = ending("import sys\nsys.stderr.write('x' * 100_000 + 'the end')\nassert False")
    assert len(outcome.error) <= 4096
    assert outcome.error.rstrip().endswith("AssertionError")
