"""What the demo says on the terminal: a bar per training peer, a table per round, and the figures in the end.

On a terminal bars are live; elsewhere plain lines. Nothing here decides or measures.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from node.learning.jobs import Progress as Report
from node.peer.protocol import Action
from node.research.report import Measured, PenaltyRow, RoundReport
from node.research.report import Report as DemoReport

__all__ = ["Narrator"]


class Narrator:
    """Speaks to one console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        """One line."""
        self._console.print(text, highlight=False)

    def heading(self, text: str) -> None:
        """Start a new part."""
        self._console.rule(f"[bold]{text}", align="left")

    @contextlib.contextmanager
    def training(self, names: Sequence[str], steps: int) -> Iterator[None]:
        """Show a bar for each peer while a round runs."""
        if not self._console.is_terminal:
            yield
            return
        columns = (TextColumn("  {task.description:<16}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as bars:
            self._bars = bars
            self._tasks = {name: bars.add_task(name, total=steps) for name in names}
            yield
        self._bars = None

    def progress_of(self, name: str) -> Report:
        """What a training job calls after each step."""

        def report(done: int, steps: int, loss: float) -> None:
            bars = self._bars
            if bars is not None and name in self._tasks:
                bars.update(self._tasks[name], completed=done)
            elif bars is None and done == steps:
                self.say(f"  {name}: trained {steps} steps, last loss {loss:.3f}")

        return report

    def did(self, name: str, action: Action) -> None:
        """A peer acted."""
        if self._bars is not None:
            kind = type(action).__name__.lower()
            self._bars.update(self._tasks[name], description=f"{name}: {kind}"[:16])

    def round_table(self, one: RoundReport) -> None:
        """One round's updates with their three states and the reasons, then penalties and costs."""
        table = Table("peer", "included", "well-formed", "selected", "tokens", "why", expand=False)
        for row in one.updates:
            marks = [
                "[green]yes[/]" if state else "[red]no[/]" for state in (row.included, row.well_formed, row.selected)
            ]
            # A reason may quote a hostile update: plain text, never markup.
            table.add_row(row.name, *marks, f"{row.contribution:.2f}", Text(row.reason))
        self._console.print(table)
        for name in one.absent:
            self.say(f"  {name} was absent")
        for penalty in one.penalties:
            self.say(f"  [yellow]penalty[/] {_penalty(penalty)}")
        self._costs(one)

    def _costs(self, one: RoundReport) -> None:
        spent = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in one.seconds.items())
        uploaded = f"{max(one.bytes.values()):,} bytes uploaded per trainer" if one.bytes else "nothing uploaded"
        accuracy = (
            f"accuracy {one.accuracy:.4f}, perplexity {one.perplexity:.1f}"
            if one.accuracy is not None
            else "no new state"
        )
        self.say(f"  round {one.round} {one.status}: {accuracy}; {one.gas['total']:,} gas; {uploaded}")
        self.say(f"  seconds by phase: {spent}")

    def tokens(self, names: Mapping[str, str], tokens: Mapping[str, float], poisoners: Sequence[str]) -> None:
        """Balances at the end."""
        table = Table(
            "member", "account", "tokens", title="Contribution tokens after claims and burns", title_justify="left"
        )
        for account, name in names.items():
            shown = f"[red]{name} (poisoner)[/]" if account in poisoners else name
            table.add_row(shown, account, f"{tokens[account]:,.2f}")
        self._console.print(table)

    def measured(self, base: Measured, release: Measured) -> None:
        """Base against release."""
        table = Table("model", "accuracy", "perplexity", title="Held-out benchmark, all packages", title_justify="left")
        table.add_row("base", f"{base.accuracy:.4f}", f"{base.perplexity:.2f}")
        table.add_row("release", f"[bold green]{release.accuracy:.4f}[/]", f"{release.perplexity:.2f}")
        self._console.print(table)

    def comparison(self, rows: Mapping[str, float], base: float, release: float) -> None:
        """The demo against its alternatives."""
        table = Table("training", "accuracy", title="Same data, same steps", title_justify="left")
        for name, accuracy in {"base model": base, "this federation": release, **rows}.items():
            table.add_row(name.replace("_", " "), f"{accuracy:.4f}")
        self._console.print(table)

    def summary(self, report: DemoReport, out: str) -> None:
        """The last words."""
        table = Table("what", "figure", title="Summary", title_justify="left")
        finalised = sum(one.status == "finalised" for one in report.rounds)
        selected = sum(row.selected and row.trainer in report.poisoners for one in report.rounds for row in one.updates)
        table.add_row("rounds finalised", f"{finalised} of {len(report.rounds)}")
        table.add_row("poisoned updates selected", str(selected))
        table.add_row("accuracy, base → release", f"{report.base.accuracy:.4f} → {report.release.accuracy:.4f}")
        table.add_row("release in force", str(report.release_id))
        table.add_row("audit from the archive", "; ".join(report.audit))
        table.add_row("seconds", f"{report.seconds:.0f}")
        table.add_row("peak memory", f"{report.peak_rss_mb:,.0f} MB")
        table.add_row("written to", out)
        self._console.print(table)


def _penalty(penalty: PenaltyRow) -> str:
    burned = f", {penalty.burned:g} tokens burned" if penalty.burned else ""
    return f"{penalty.name}: {penalty.kind}{burned}, {penalty.fault_points} fault points"
