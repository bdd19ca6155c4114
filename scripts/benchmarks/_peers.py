"""Asks Flower and ByzFL, which run in an environment of their own, to aggregate arrays and to tell how long it took."""

import json
import os
import select
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

__all__ = ["LIBRARIES", "PeerError", "Peers"]

SCRIPTS = Path(__file__).resolve().parents[1]
LIBRARIES = ("flwr", "byzfl")
START_SECONDS = 120.0


class PeerError(Exception):
    """A library did not answer: it lacks the rule, refused, ran out of memory or took too long."""


class Peers:
    """The server process of `scripts/peers/serve.py`, started when first asked and after it had to be stopped.

    `memory`: bytes of address space that it may take. `seconds`: how long one answer may take.
    """

    def __init__(self, memory: int | None = None, seconds: float = 300.0) -> None:
        self.memory, self.seconds = memory, seconds
        self.rules: Mapping[str, list[str]] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Peers":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def ask(self, library: str, rule: str, source: Path, output: Path | None = None, **numbers: float | str) -> float:
        """Milliseconds that `library` took for the rule on the array in `source`; writes the result to `output`.

        `numbers` are the rule's; `clock="processor"` among them asks for the time of all threads together. Raises
        `PeerError`.
        """
        process = self._process or self._start()
        request: dict[str, Any] = {"library": library, "rule": rule, "source": str(source), **numbers}
        if output is not None:
            request["output"] = str(output)
        requests = cast(IO[bytes], process.stdin)
        requests.write(json.dumps(request).encode() + b"\n")
        requests.flush()
        answer = self._answer(process, self.seconds)
        if "error" in answer:
            raise PeerError(f"{library} {rule}: {answer['error']}")
        return float(answer["ms"])

    def _start(self) -> "subprocess.Popen[bytes]":
        made = subprocess.run([SCRIPTS / "references"], check=True, stdout=subprocess.PIPE, text=True)
        limit = [] if self.memory is None else [str(self.memory)]
        command = [made.stdout.strip(), str(SCRIPTS / "peers" / "serve.py"), *limit]
        environment = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.rules = self._answer(self._process, START_SECONDS)
        return self._process

    def _answer(self, process: "subprocess.Popen[bytes]", seconds: float) -> Any:
        answers = cast(IO[bytes], process.stdout)
        if not select.select([answers], [], [], seconds)[0]:
            self._stop()
            raise PeerError(f"no answer within {seconds:g} seconds")
        line = answers.readline()
        if not line:
            self._stop()
            raise PeerError(f"ended with {process.returncode}, perhaps for lack of memory")
        return json.loads(line)

    def _stop(self) -> None:
        if self._process is not None:
            with self._process as process:  # closes the pipes and waits
                process.kill()
            self._process = None
