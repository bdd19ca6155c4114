"""Companies whose nodes are `fednode start` processes, on anvil and a shared store: set up and stopped by each test.

    with companies(tmp_path, "rich", "click", "pygments") as town: ...

Everything is done through the installed `fednode` command; the chain is read over a connection of our own.
"""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.chain.connect import connect
from node.chain.deployment import Deployment
from node.peer.history import History, extend
from node.ports import Chain, Event
from node.types import Address
from tests.chain_nodes import CHAIN_ID, anvil, fund

__all__ = ["GRANT", "Companies", "Company", "companies", "set_up", "wait_until", "write_guideline"]

FEDNODE = Path(sys.executable).parent / "fednode"
GRANT = 1000  # tokens of each founder
WAIT_SECONDS = 400  # for any one thing; on a busy machine the first round is slow
STOP_SECONDS = 120
SIDE_BY_SIDE = 2  # commands
DEMO_GUIDELINE = Path(__file__).parents[2] / "guideline.toml"
# Phases end early, so their length is what a slow machine may need.
GUIDELINE = """
name = "three companies"
[data]
task = "code-completion"
[architecture]
model = "fednode-base"
weights_sha256 = "{digest}"
rank = 4
alpha = 8
targets = ["c_attn"]
[update]
rule = "mean"
faults = 0
min_updates = 3
min_trainers = 3
min_validators = 3
local_steps = 1
batch_size = 2
block_length = 32
learning_rate = 0.005
[update.phases]
commit = 900
reveal = 900
vouch = 900
attest = 900
disclose = 900
"""


@dataclass
class Company:
    """One company's folder and account, and the node that runs in it."""

    folder: Path
    address: Address
    process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: object) -> str:
        """Run a command that must succeed; gives what it printed."""
        return _run(self.folder, *arguments)

    def shown(self, *arguments: object) -> Any:
        """Run a command that must succeed with --json; gives the document."""
        return json.loads(self.run(*arguments, "--json"))

    def refused(self, code: int, *arguments: object) -> str:
        """Run a command that must end with `code` and one sentence; gives the sentence."""
        done = _execute(self.folder, *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        assert done.stdout == ""
        assert done.stderr.startswith("fednode: ")
        assert done.stderr.count("\n") == 1
        return done.stderr

    def start(self) -> None:
        """Run the node in the background; it appends to the log."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [FEDNODE, "start"],
                cwd=self.folder,
                env=_environment(),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; gives the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        self.process = None
        return code

    def end(self) -> None:
        """Leave no process behind, whatever the test came to."""
        if self.process is not None:
            self.stop(signal.SIGKILL)

    @property
    def log(self) -> str:
        """What the node said, in all its runs."""
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""


@dataclass
class Companies:
    """A federation's members with gas money, whose nodes do not run yet, and what the chain tells of them."""

    url: str
    members: list[Company]
    deployment: Deployment
    chain: Chain
    events: list[Event] = field(default_factory=list)
    history: History = field(default_factory=History)

    def stop(self) -> list[int]:
        """Stop all nodes side by side; gives their exit codes."""
        with ThreadPoolExecutor(len(self.members)) as pool:
            return list(pool.map(Company.stop, self.members))

    def told(self, name: str, round_id: int, by: Company | None = None) -> bool:
        """Whether the chain's log has such an event, of this member where one is named."""
        self._look()
        found = [one.arguments for one in self.events if one.name == name and one.arguments["round"] == round_id]
        return any(by is None or by.address in one.values() for one in found)

    def wait_for(self, name: str, round_id: int, by: Company | None = None) -> None:
        """Until the chain tells it; fails when a node that should run has ended, or when the time is over."""
        wait_until(lambda: self.told(name, round_id, by), self.members, f"{name} of round {round_id}")

    def _look(self) -> None:
        new = self.chain.events(max(self.history.block + 1, self.deployment.deploy_block))
        self.events += new
        self.history = extend(self.history, new)


def wait_until(happened: Callable[[], bool], members: list[Company], what: str) -> None:
    """Look again and again; fails with every log when a node that should run has ended, or when the time is over."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not happened():
        logs = "\n".join(f"{one.folder.name}:\n{one.log}" for one in members)
        assert all(one.process is None or one.process.poll() is None for one in members), f"a node ended:\n{logs}"
        assert time.monotonic() < deadline, f"{what} did not happen within {WAIT_SECONDS} seconds:\n{logs}"
        time.sleep(0.2)  # between two looks at other processes


@contextmanager
def companies(root: Path, *packages: str, ipfs: str | None = None) -> Iterator[Companies]:
    """Found a federation in which each company learns from one installed package; `ipfs` None shares a directory."""
    with anvil() as url, ExitStack() as stack, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        members = list(pool.map(lambda package: set_up(root / package, package, url, ipfs), packages))
        fund(url, [one.address for one in members])
        founders = [f"--founder={one.address}={GRANT}" for one in members]
        members[0].run("deploy", write_guideline(root), *founders)
        list(pool.map(lambda one: one.run("join"), members))
        for one in members:
            stack.callback(one.end)
        deployment = Deployment.load(root / "federation.json")
        chain = connect(url, CHAIN_ID, deployment.addresses, deploy_block=deployment.deploy_block)
        yield Companies(url, members, deployment, chain)


def set_up(folder: Path, package: str, url: str, ipfs: str | None = None) -> Company:
    """Config and account, made as an operator makes them."""
    folder.mkdir()
    password = folder / "password.txt"
    password.touch(0o600)
    password.write_text("only a test\n")
    store = ("ipfs", "--store-address", ipfs) if ipfs else ("local", "--store-path", "../store")
    _run(
        folder,
        *("init", "--chain-url", url, "--chain-id", CHAIN_ID, "--federation", "../federation.json"),
        *("--store-kind", *store, "--store-private", "--data-package", package),
        *("--password-file", "password.txt", "--poll-seconds", 0.5, "--torch-threads", 1),
    )
    made = json.loads(_run(folder, "keys", "new", "--light", "--password-file", "password.txt", "--json"))
    return Company(folder, Address(made["address"]))


def write_guideline(root: Path) -> Path:
    """The guideline of these tests, on the base model that ships with the package."""
    path = root / "guideline.toml"
    digest = tomllib.loads(DEMO_GUIDELINE.read_text())["architecture"]["weights_sha256"]
    path.write_text(GUIDELINE.format(digest=digest))
    return path


def _run(folder: Path, *arguments: object) -> str:
    done = _execute(folder, *arguments)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def _execute(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(FEDNODE), *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False, timeout=WAIT_SECONDS
    )


def _environment() -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FEDNODE_")}
    return clean | {"OMP_NUM_THREADS": "1"}
