"""Real JSON-RPC test chains, anvil and hardhat from npm: started on loopback at a free port, stopped by process group.

    with anvil() as url: ...

Both serve chain 31337 with block timestamps that follow the clock. The npm tools are installed by `scripts/node-tools`
(outside the checkout) when `node_modules` is missing.
"""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from node.types import Address

__all__ = ["CHAIN_ID", "anvil", "fund", "hardhat_node", "request", "warp"]

CHAIN_ID = 31337
_ROOT = Path(__file__).parent.parent
_TOOLS = _ROOT / "node_modules" / ".bin"
_INSTALL_SECONDS = 900
_READY_SECONDS = 60
_STOP_SECONDS = 15


@contextmanager
def anvil(*options: str) -> Iterator[str]:
    """Run anvil; gives its URL. It mines each transaction at once, unless `options` say otherwise."""
    port = _free_port()
    command = ["anvil", "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN_ID), "--accounts", "1"]
    with _running([*command, "--hardfork", "cancun", "--silent", *options], port) as url:
        yield url


@contextmanager
def hardhat_node() -> Iterator[str]:
    """Run hardhat's node; gives its URL. It mines each transaction at once."""
    port = _free_port()
    with _running(["hardhat", "node", "--hostname", "127.0.0.1", "--port", str(port)], port) as url:
        yield url


def fund(url: str, accounts: Iterable[Address], wei: int = 10**24) -> None:
    """Give gas money to accounts."""
    for account in accounts:
        request(url, "hardhat_setBalance", account, hex(wei))  # anvil knows it by this name too


def warp(url: str, seconds: int) -> None:
    """Let time pass: the next block is at least `seconds` later."""
    request(url, "evm_increaseTime", seconds)


def request(url: str, method: str, *parameters: object) -> Any:
    """One JSON-RPC request to a node that we started."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    message = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310 -- our own URL
    with urllib.request.urlopen(message, timeout=10) as answer:  # noqa: S310
        document = json.load(answer)
    if "error" in document:
        raise RuntimeError(f"{method}: {document['error']}")
    return document["result"]


@contextmanager
def _running(command: list[str], port: int) -> Iterator[str]:
    if not _TOOLS.is_dir():
        subprocess.run([_ROOT / "scripts" / "node-tools"], check=True, timeout=_INSTALL_SECONDS)
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {"HARDHAT_DISABLE_TELEMETRY_PROMPT": "true"}
    process = subprocess.Popen(
        [_TOOLS / command[0], *command[1:]],
        cwd=_ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # npm's launchers start the real program as a child: they end as one group
    )
    try:
        _wait_until_ready(process, url)
        yield url
    finally:
        _stop(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with code {process.returncode} before it answered")
        try:
            request(url, "eth_chainId")
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{process.args!r} did not answer within {_READY_SECONDS} seconds")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the launcher and what it started: politely, then whatever of the group is left."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
