"""`fednode start`: run the node until SIGINT or SIGTERM, with a status line on a terminal and log lines elsewhere."""

import contextlib
import logging
import signal
import sys
from collections.abc import Iterator
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

import click

from node.cli.settings import configured

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from node.cli.operator import Operator
    from node.peer.protocol import Action

__all__ = ["start"]

log = logging.getLogger("fednode")


@click.command(epilog="Example: fednode start --config fednode.toml --password-file password.txt")
@configured
def start(operator: "Operator") -> None:
    """Run this node until it is stopped with Ctrl-C or SIGTERM.

    Checks at start that everything is in order: membership, private code, gas money, who can read the store. It can be
    killed at any time: what matters is on disk before it is signed, and the next start goes on from there.
    """
    from node.learning import cluster
    from node.peer.compose import open_peer
    from node.peer.readiness import check_ready, require_consent

    require_consent(operator.config)
    if cluster.is_launched() and not cluster.join():
        _train_along(operator.config.torch_threads)
        return
    check_ready(operator.config, operator.federation, operator.store)
    with (
        _display(operator.config.log_level) as line,
        open_peer(operator.config, operator.keys, operator.connections.federation) as peer,
    ):
        log.info("started as %s", operator.keys.address)
        peer.run(_stopped_by_signal(), operator.config.poll_seconds, line)
        log.info("stopped")
    cluster.dismiss()


def _train_along(threads: int) -> None:
    """What the other processes of a node do, which `accelerate launch` has started beside the first."""
    from node.learning import cluster
    from node.learning.job_runner import train_job

    cluster.follow(train_job, threads)


def _stopped_by_signal() -> Event:
    """An event that the first signal sets; the second one ends the process the hard way."""
    stop = Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        log.info("stopping after this step; once more to stop at once")
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return stop


class _Line:
    """Shows what the node is doing in the last line of a terminal."""

    def __init__(self, status: "Status | None") -> None:
        self._status = status

    def __call__(self, action: "Action") -> None:
        from rich.markup import escape

        if self._status:
            self._status.update(escape(getattr(action, "reason", str(action))))


@contextlib.contextmanager
def _display(level: str) -> Iterator[_Line]:
    from rich.console import Console

    console = Console(stderr=True)
    handler = _handler(console)
    log.addHandler(handler)
    log.setLevel(level.upper())
    try:
        with console.status("starting") if console.is_terminal else contextlib.nullcontext() as status:
            yield _Line(status)
    finally:
        log.removeHandler(handler)


def _handler(console: "Console") -> logging.Handler:
    from rich.logging import RichHandler

    if console.is_terminal:
        return RichHandler(console=console, show_path=False)
    plain = logging.StreamHandler(sys.stderr)
    plain.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return plain
