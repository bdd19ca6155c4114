"""What a person sees of a simulation: a bar (without a terminal, plain lines) and a table in the end."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from node.peer.protocol import Action
from node.research.simulation.results import PeerEffect, Results, RoundResult

__all__ = ["Display", "print_results"]

EFFECTS_SHOWN = 3  # rounds, the last ones


@dataclass
class Display:
    """Watches a run of so many `rounds` on one console."""

    console: Console
    rounds: int
    _bar: Progress | None = None
    _task: TaskID = field(default=TaskID(0))

    @contextlib.contextmanager
    def showing(self) -> Iterator["Display"]:
        """Show a bar on a terminal."""
        if not self.console.is_terminal:
            yield self
            return
        columns = (TextColumn("{task.description:<28}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as bar:
            self._bar, self._task = bar, bar.add_task("founding", total=self.rounds)
            yield self
        self._bar = None

    def resumed(self, rounds: int) -> None:
        """So many rounds were finished before."""
        if rounds:
            self.console.print(f"{rounds} of {self.rounds} rounds were finished before", highlight=False)
        if self._bar is not None:
            self._bar.update(self._task, completed=rounds)

    def acted(self, name: str, action: Action) -> None:
        """A peer did something."""
        if self._bar is not None:
            self._bar.update(self._task, description=f"{name}: {type(action).__name__.lower()}")

    def ended(self, result: RoundResult) -> None:
        """A round has ended."""
        if self._bar is not None:
            self._bar.update(self._task, completed=result.round)
            return
        kept = f"{len(result.selected)} of {result.updates} updates kept, {result.selected_poisoners} of them poisoned"
        line = f"round {result.round} of {self.rounds} {result.status}: {result.metric:.4f}; {kept}"
        self.console.print(f"{line}; {result.seconds:.1f} s", highlight=False)


def print_results(results: Results, console: Console) -> None:
    """The table: every round of a short run, of a long one about twenty of them."""
    config = results.config
    every = -(-len(results.rounds) // 20)
    table = Table("round", "status", results.headline, "honest kept", "poisoned kept", "seconds", title_justify="left")
    table.title = f"{config.peers} peers, {config.byzantine} of them {config.attack}; {config.rule}"
    table.add_row("0", "genesis", f"{results.initial[results.headline]:.4f}", "", "", "")
    for one in results.rounds:
        if one.round % every == 0 or one is results.rounds[-1]:
            honest = len(one.selected) - one.selected_poisoners
            table.add_row(
                str(one.round),
                one.status,
                f"{one.metric:.4f}",
                f"{honest} of {config.honest}",
                f"{one.selected_poisoners} of {config.byzantine}",
                f"{one.seconds:.1f}",
            )
    console.print(table)
    if config.leave_one_out:
        console.print(_effects_table(results))


def _effects_table(results: Results) -> Table:
    """What each peer's updates were worth in each round, and in all, beside what they earned."""
    rounds = [one for one in results.rounds if one.effects][-EFFECTS_SHOWN:]
    table = Table("peer", "earned", *(f"round {one.round}" for one in rounds), title_justify="left")
    table.title = f"{results.headline} with each update less that without it, and the 95 % interval"
    for peer in results.peers:
        found = [{effect.place: effect for effect in one.effects}.get(peer.place) for one in rounds]
        name = f"{peer.place}{' (attacks)' if peer.byzantine else ''}"
        table.add_row(name, f"{peer.earned:.1f}", *(_told(one) if one else "-" for one in found))
    return table


def _told(effect: PeerEffect) -> str:
    return f"{effect.value:+.4f} ({effect.low:+.4f} to {effect.high:+.4f})"
