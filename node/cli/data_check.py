"""`fednode data check`: its flags, and what it prints. What is checked is `node.learning.data.check`'s."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from node.cli.settings import configured
from node.cli.show import json_option
from node.errors import DataError

if TYPE_CHECKING:
    from node.cli.operator import Operator
    from node.guideline import DataProtocol, Guideline
    from node.learning.data.check.card import DataCard
    from node.learning.data.check.checker import Checked, Progress
    from node.learning.data.check.findings import Finding
    from node.learning.data.check.samples import Sample

__all__ = ["check"]

SHOWN = 20  # findings of each kind, where --all does not ask for more
CLEARANCE_FILE = Path("clearance.json")
SOURCES = ("directories", "package", "guideline_file", "benchmark_files")  # flags that say what is checked


@click.command(epilog="Example: fednode data check src --guideline guideline.toml --fix --card card")
@click.argument("directories", nargs=-1, type=click.Path(path_type=Path))
@click.option("--package", help="Check an installed Python package instead of folders.")
@click.option("--guideline", "guideline_file", type=click.Path(path_type=Path), help="Instead of the federation's own.")
@click.option(
    "--benchmark", "benchmark_files", type=click.Path(path_type=Path), multiple=True, help="Instead of the guideline's."
)
@click.option("--fix", is_flag=True, help="Write the clearance: the files that the node may read.")
@click.option("--clearance", type=click.Path(path_type=Path), help=f"Where; {CLEARANCE_FILE} by default.")
@click.option(
    "--card", type=click.Path(path_type=Path), help="Write a data card, counts only, to CARD.md and CARD.json."
)
@click.option("--all", "show_all", is_flag=True, help=f"Print every finding, not the first {SHOWN} of each kind.")
@json_option
@configured
def check(operator: "Operator", fix: bool, as_json: bool, show_all: bool, **options: Any) -> None:
    """Hold private code against the guideline's data protocol.

    Schema, length, encoding, copies and near copies, texts of the benchmarks, licences, secrets, personal data: by file
    and line, and never the secret itself. Nothing leaves this machine and no source file is touched. With --fix the
    clearance is written: set data.clearance to it, and the node reads what is cleared, personal data masked.

    Of a folder of task data (`fednode data build`) every row is a sample; --fix copies the cleared rows to its folder
    `cleared`.

    Without DIRECTORIES the config's own data is checked. Exit code 7 says that something was found and --fix not given.
    """
    from node.learning.data.check.card import card_of

    protocol, checked = _checked(operator, **{name: options[name] for name in SOURCES})
    card = card_of(checked, protocol)
    written = _write_card(options["card"], card)
    if fix:
        written += _clear(operator, options["clearance"], checked)
    if as_json:
        click.echo(json.dumps({**asdict(card), "places": [asdict(one) for one in checked.findings]}, indent=2))
    else:
        _print(card, checked.findings, None if show_all else SHOWN)
        for path in written:
            click.echo(f"written: {path}")
    if checked.findings and not fix:
        raise DataError(
            f"data: {len(checked.findings)} findings; --fix clears the files without any and masks the rest"
        )


def _checked(
    operator: "Operator",
    directories: tuple[Path, ...],
    package: str | None,
    guideline_file: Path | None,
    benchmark_files: tuple[Path, ...],
) -> "tuple[DataProtocol, Checked]":
    """Do what the flags say. Raises what reading guideline, benchmarks and files raises."""
    from node.learning.data.check.checker import check_samples
    from node.learning.data.check.secret_scan import DetectSecrets

    protocol = (guideline := _guideline(operator, guideline_file)).data
    samples = _samples(operator, directories, package, protocol)
    benchmarks = dict(_benchmarks(operator, guideline, benchmark_files))
    with _progress() as progress:
        return protocol, check_samples(samples, protocol, benchmarks, DetectSecrets(), progress)


def _samples(
    operator: "Operator", directories: tuple[Path, ...], package: str | None, protocol: "DataProtocol"
) -> "list[Sample]":
    """Rows of the folders that hold task data, and the source files of the others."""
    from node.learning.data import DataSource
    from node.learning.data.check.samples import file_samples, is_task_data, row_samples

    built = [folder for folder in directories if is_task_data(folder)]
    if directories or package:
        source = DataSource(tuple(folder for folder in directories if folder not in built), package)
    else:
        from node.peer.compose import data_source

        source = data_source(operator.config)
        built = [source.built] if source.built else []
    if built and not source.directories and not package:
        files = []
    else:
        source.check()
        files = file_samples(source.files(protocol.languages), protocol.held_out_percent)
    return files + [row for folder in built for row in row_samples(folder)]


def _guideline(operator: "Operator", path: Path | None) -> "Guideline":
    from node.guideline import GUIDELINE_LIMIT, load_guideline, parse_guideline

    if path:
        return load_guideline(path)
    return parse_guideline(operator.store.get(operator.reader.guideline().cid, GUIDELINE_LIMIT))


def _benchmarks(
    operator: "Operator", guideline: "Guideline", paths: tuple[Path, ...]
) -> "Iterator[tuple[str, Sequence[str]]]":
    """Texts of the benchmarks by name: of the files, or else of those that the guideline pins."""
    from node.learning.benchmark import BENCHMARK_LIMIT, decode_benchmark
    from node.types import Cid

    for path in paths:
        try:
            yield path.name, decode_benchmark(path.read_bytes())
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}); name a benchmark's file") from error
    for one in () if paths else guideline.version_control.benchmarks:
        if one.cid:
            yield one.name, decode_benchmark(operator.store.get(Cid(one.cid), BENCHMARK_LIMIT))


@contextmanager
def _progress() -> "Iterator[Progress]":
    """A bar on a terminal, a line every thousand samples elsewhere."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, samples: click.echo(f"checked {done} of {samples}", err=True) if done % 1000 == 0 else None
        return
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task("checking")
        yield lambda done, samples: bar.update(task, completed=done, total=samples)


def _write_card(stem: Path | None, card: "DataCard") -> list[Path]:
    from node.learning.data.check.card import render_card

    if not stem:
        return []
    markdown, document = (stem.with_name(stem.name + suffix) for suffix in (".md", ".json"))
    _write(markdown, render_card(card))
    _write(document, json.dumps(asdict(card), indent=2) + "\n")
    return [markdown, document]


def _write(path: Path, text: str) -> None:
    from node.files import write_atomically

    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); name another place") from error


def _clear(operator: "Operator", path: Path | None, checked: "Checked") -> list[Path]:
    """Write the clearance of source files, and the cleared rows of task data."""
    from node.learning.data.check.samples import clear_rows

    rows = [one for one in checked.cleared if one.row]
    written = [target for folder in sorted({one.path.parent for one in rows}) for target in clear_rows(rows, folder)]
    if checked.clearance.files or not rows:
        if path is None and operator.has_config:
            path = operator.config.data.clearance
        checked.clearance.save(path or CLEARANCE_FILE)
        written.append(path or CLEARANCE_FILE)
    return written


def _print(card: "DataCard", findings: "Sequence[Finding]", shown: int | None) -> None:
    """The findings of each kind, at most `shown`, and what they come to."""
    for kind, count in card.findings.items():
        of_kind = [one for one in findings if one.kind == kind]
        for one in of_kind[:shown]:
            click.echo(
                f"{one.file}:{one.line}: {kind}: {one.reason}" if one.line else f"{one.file}: {kind}: {one.reason}"
            )
        if shown is not None and count > shown:
            click.echo(f"… {count - shown} more findings of kind {kind}; --all shows them")
    click.echo(
        f"{card.samples} samples: {card.train} to train on, {card.held_out} held out, {card.left_out} left out; "
        f"{len(findings)} findings; compared with {card.benchmark_texts} texts of benchmarks"
    )
