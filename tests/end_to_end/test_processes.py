"""Three `fednode start` processes, anvil and one IPFS daemon run three rounds; one node is killed where it hurts."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.chain.connect import connect
from node.chain.deployment import Deployment
from node.ports import Event
from node.types import Address
from tests.chain_nodes import CHAIN_ID, anvil, fund
from tests.ipfs_daemon import ipfs_daemon

FEDNODE = str(Path(sys.executable).parent / "fednode")
PACKAGES = ("rich", "pygments", "click")  # stand for three companies' private code
WAIT_SECONDS = 400  # for any one thing; on a busy machine the first round is slow
STOP_SECONDS = 120
DEMO_GUIDELINE = Path(__file__).parents[2] / "guideline.toml"
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
reveal = 300
vouch = 300
attest = 300
disclose = 300
"""


@dataclass
class Node:
    """One company's folder, and the process that runs in it."""

    folder: Path
    address: Address
    process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: object) -> str:
        """Run a command that must succeed; gives what it printed."""
        return command(self.folder, *arguments)

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [FEDNODE, "start"], cwd=self.folder, env=environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; gives the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        self.process = None
        return code

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""


def environment() -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FEDNODE_")}
    return clean | {"OMP_NUM_THREADS": "1"}


def command(folder: Path, *arguments: object) -> str:
    done = subprocess.run(
        [FEDNODE, *map(str, arguments)], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def set_up(folder: Path, package: str, url: str, store: str) -> Node:
    """init and keys, as an operator does it."""
    folder.mkdir()
    password = folder / "password.txt"
    password.write_text("only a test\n")
    password.chmod(0o600)
    where = ("--chain-url", url, "--chain-id", CHAIN_ID, "--store-kind", "ipfs", "--store-address", store)
    flags = ("--data-package", package, "--password-file", "password.txt", "--poll-seconds", 0.5)
    command(folder, "init", *where, *flags, "--store-private", "--federation", "../federation.json")
    made = json.loads(command(folder, "keys", "new", "--light", "--password-file", "password.txt", "--json"))
    return Node(folder, Address(made["address"]))


@contextmanager
def federation(root: Path) -> Iterator[tuple[list[Node], Callable[[], tuple[Event, ...]]]]:
    """Three members with gas money, not yet started, and a way to read the chain's log."""
    with anvil() as url, ipfs_daemon(root / "ipfs") as store, ExitStack() as stack:
        nodes = [set_up(root / package, package, url, store) for package in PACKAGES]
        fund(url, [node.address for node in nodes])
        digest = tomllib.loads(DEMO_GUIDELINE.read_text())["architecture"]["weights_sha256"]
        (root / "guideline.toml").write_text(GUIDELINE.format(digest=digest))
        founders = [f"--founder={node.address}=1000" for node in nodes]
        nodes[0].command("deploy", root / "guideline.toml", *founders)
        for node in nodes:
            stack.callback(node.stop, signal.SIGKILL)
            node.command("join")
        deployment = Deployment.load(root / "federation.json")
        chain = connect(url, CHAIN_ID, deployment.addresses, deploy_block=deployment.deploy_block)
        yield nodes, lambda: tuple(chain.events(deployment.deploy_block))


def wait_for(nodes: list[Node], happened: Callable[[], bool]) -> None:
    """Until it happened; fails when a node dies or the time is over."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not happened():
        running = [node for node in nodes if node.process]
        assert time.monotonic() < deadline, "\n".join(node.log for node in nodes)
        for node in running:
            assert node.process is not None
            assert node.process.poll() is None, node.log
        time.sleep(0.2)  # between two looks at other processes


@pytest.mark.node_js
@pytest.mark.slow
def test_three_processes_finish_three_rounds_although_one_is_killed(tmp_path: Path) -> None:
    with federation(tmp_path) as (nodes, events):

        def told(name: str, round_id: int, by: Node | None = None) -> bool:
            said = (one.arguments for one in events() if one.name == name and one.arguments["round"] == round_id)
            return any(by is None or by.address in one.values() for one in said)

        # The third is not there yet, so COMMIT goes on: the kill falls between commit and reveal.
        *early, late = nodes
        for node in early:
            node.start()
        victim = early[1]
        wait_for(nodes, lambda: told("UpdateCommitted", 1, victim))
        assert victim.stop(signal.SIGKILL) == -signal.SIGKILL
        assert not told("UpdateRevealed", 1, victim)
        victim.start()
        late.start()
        wait_for(nodes, lambda: told("RoundFinalised", 3))

        for round_id in (1, 2, 3):
            for node in nodes:
                assert told("UpdateRevealed", round_id, node)
        assert [node.stop() for node in nodes] == [0, 0, 0]

        report = json.loads(nodes[0].command("audit", "--json"))
        assert [one["status"] for one in report["rounds"][:3]] == ["finalised"] * 3
        assert report["confirmed"]
        standing = json.loads(victim.command("status", "--json"))
        assert standing["fault_points"] == 0
        assert standing["tokens"] > 1000 * 10**18  # claimed by itself
        assert all("Traceback" not in node.log for node in nodes)
