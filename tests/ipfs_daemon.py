"""Real IPFS daemons for tests: js-ipfs from npm speaks Kubo's RPC, alone on loopback (no bootstrap, no discovery).

`ipfs-daemon/` holds its lock file. It is installed once (210 MB) below `$FEDNODE_CACHE`, by default `~/.cache/fednode`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["connect", "install", "ipfs_daemon"]

_LOCK_FOLDER = Path(__file__).parent / "ipfs-daemon"
_INSTALL_SECONDS = 500
_READY_SECONDS = 180
_STOP_SECONDS = 15
_READY = r"HTTP API listening on (/ip4/127\.0\.0\.1/tcp/\d+).*Daemon is ready"
_ANY_PORT = "/ip4/127.0.0.1/tcp/0"
_CONFIG = {
    "Addresses": {
        **{"Swarm": [_ANY_PORT], "API": _ANY_PORT, "Gateway": _ANY_PORT, "RPC": _ANY_PORT},
        **{"Announce": [], "NoAnnounce": [], "Delegates": []},
    },
    "Bootstrap": [],
    "Discovery": {"MDNS": {"Enabled": False}, "webRTCStar": {"Enabled": False}},
    "Routing": {"Type": "none"},
}
_POLYFILL = """Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new Promise((a, b) => { resolve = a; reject = b })
  return { promise, resolve, reject }
}
"""


def install() -> Path:
    """The folder of the installed daemon; installs it when it is missing. Safe to call from several processes."""
    cache = Path(os.environ.get("FEDNODE_CACHE") or Path.home() / ".cache" / "fednode")
    lock = hashlib.sha256((_LOCK_FOLDER / "package-lock.json").read_bytes()).hexdigest()
    target = cache / f"ipfs-daemon-{lock[:16]}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="installing-") as scratch:
        shutil.copytree(_LOCK_FOLDER, scratch, dirs_exist_ok=True)
        command = ["npm", "ci", "--omit=dev", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=scratch, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
        try:
            Path(scratch).rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster
                raise
        Path(scratch).mkdir(exist_ok=True)  # for the clean-up
    return target


@contextmanager
def ipfs_daemon(directory: Path) -> Iterator[str]:
    """Run a fresh daemon whose repository is `directory`/repo; gives the multiaddr of its API. Stops it by pid."""
    folder = install()
    directory.mkdir(parents=True, exist_ok=True)
    config, polyfill, log = directory / "config.json", directory / "polyfill.js", directory / "daemon.log"
    config.write_text(json.dumps(_CONFIG))
    polyfill.write_text(_POLYFILL)
    environment = os.environ | {"IPFS_PATH": str(directory / "repo")}
    # js-ipfs leaves promises unhandled when a request is cut off; that must not end the daemon.
    node = [
        "node",
        "--unhandled-rejections=warn",
        "-r",
        str(polyfill),
        str(folder / "node_modules" / "ipfs" / "src" / "cli.js"),
    ]
    with log.open("wb") as output:
        subprocess.run([*node, "init", "--emptyRepo", str(config)], env=environment, check=True, stdout=output,
                       stderr=output, timeout=_READY_SECONDS)  # fmt: skip
        command = [*node, "daemon", "--enable-preload=false"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        yield _wait_until_ready(process, log)
    finally:
        _stop(process)


def connect(api: str, other: str) -> None:
    """Connect the swarm of the daemon at `api` to the daemon at `other` (multiaddrs of their APIs)."""
    address = next(each for each in _rpc(other, "id")["Addresses"] if "/tcp/" in each)
    _rpc(api, f"swarm/connect?arg={address}")


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> str:
    """The multiaddr of the API, which the daemon chose and logged."""
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        # The API is announced before the daemon is ready, so one expression waits for both.
        if ready := re.search(_READY, log.read_text(errors="replace"), re.DOTALL):
            return ready[1]
        time.sleep(0.1)
    raise RuntimeError(f"the IPFS daemon did not get ready:\n{log.read_text(errors='replace')[-4000:]}")


def _rpc(api: str, call: str) -> dict[str, Any]:
    port = int(api.rsplit("/", 1)[1])
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v0/{call}", method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as response:
        return dict(json.load(response))


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
