"""Workers do not outlive whoever started them."""

import os
import signal
import subprocess
import sys

from node.processes import end_with_parent

OWNER = """
import multiprocessing, os, sys, time
from node.processes import end_with_parent

def work():
    end_with_parent()
    os.write(1, b"x")
    time.sleep(600)

if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=work)
    worker.start()
    worker.join()
"""


def test_a_worker_ends_when_its_parent_is_killed(tmp_path):
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    owner = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment)
    assert owner.stdout is not None
    assert owner.stdout.read(1) == b"x"
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    with owner.stdout as pipe:
        assert pipe.read() == b""  # the worker holds the other end for as long as it lives


def test_a_main_process_has_no_parent_to_end_with():
    end_with_parent()
