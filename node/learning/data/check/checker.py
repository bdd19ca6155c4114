"""All checks over one organisation's files, in the order in which the node reads them: findings, and what is cleared.

First what a file says alone, then what it says beside the others, so that a copy of a file that is left out anyway is
no copy. What comes out depends on names and contents alone, never on the order in which a file system lists them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from node.guideline import DataProtocol
from node.learning.data.check.duplicates import NearDuplicates
from node.learning.data.check.encoding import check_encoding, line_of
from node.learning.data.check.findings import Finding
from node.learning.data.check.leakage import Benchmarks
from node.learning.data.check.licences import check_licence
from node.learning.data.check.schema import schema_problem
from node.learning.data.check.secret_scan import SecretScanner
from node.learning.data.check.shingles import shingles
from node.learning.data.clearance import Clearance, digest_of
from node.learning.data.files import SourceFile, as_text, read_bytes, read_text
from node.learning.data.personal_data import find_personal_data
from node.learning.data.split import is_held_out, length_problem, reading_order

__all__ = ["Checked", "Progress", "check_files"]

Progress: TypeAlias = Callable[[int, int], None]  # files done, files in all


@dataclass(frozen=True)
class Checked:
    """What a check found and what it cleared; counts are of files, `characters` of cleared ones."""

    findings: tuple[Finding, ...]
    clearance: Clearance
    files: int
    train: int
    held_out: int
    characters: int
    benchmark_texts: int

    @property
    def left_out(self) -> int:
        """Files that may not train."""
        return self.files - self.train - self.held_out


def check_files(
    files: Sequence[SourceFile],
    protocol: DataProtocol,
    benchmarks: Mapping[str, Sequence[str]],
    scanner: SecretScanner,
    progress: Progress | None = None,
) -> Checked:
    """Check every file under the guideline's data protocol; `benchmarks` are texts by the benchmark's name.

    Raises `DataError` for a file that cannot be read.
    """
    known = Benchmarks(benchmarks, protocol.near_duplicate_percent)
    checks = _Checks(protocol, scanner, known, len(files))
    for done, file in enumerate(reading_order(files, protocol.held_out_percent)):
        checks.take(file)
        if progress:
            progress(done + 1, len(files))
    return checks.result()


@dataclass
class _Checks:
    protocol: DataProtocol
    scanner: SecretScanner
    benchmarks: Benchmarks
    count: int
    findings: list[Finding] = field(default_factory=list)
    cleared: dict[str, SourceFile] = field(default_factory=dict)  # the first file of each content, by digest
    sides: list[bool] = field(default_factory=list)  # of cleared files: whether they are held out
    characters: int = 0

    def __post_init__(self) -> None:
        self.kept = NearDuplicates(
            self.protocol.near_duplicate_percent, lambda digest: shingles(read_text(self.cleared[digest]))
        )

    def take(self, file: SourceFile) -> None:
        """Check one file and keep it if nothing rules it out; of a blank one there is nothing to say."""
        data = read_bytes(file)
        text, digest = as_text(data), digest_of(data)
        if not text.strip():
            return
        found = [*self._alone(file.name, data, text)]
        if all(one.masked for one in found):
            found += self._beside(file.name, digest, text)
        self.findings += found
        if all(one.masked for one in found):
            self.cleared.setdefault(digest, file)
            self.sides.append(is_held_out(file.name, self.protocol.held_out_percent))
            self.characters += len(text)

    def result(self) -> Checked:
        """Everything so far, findings sorted."""
        return Checked(
            tuple(sorted(self.findings)),
            Clearance({digest: file.name for digest, file in self.cleared.items()}),
            self.count,
            self.sides.count(False),
            self.sides.count(True),
            self.characters,
            len(self.benchmarks),
        )

    def _alone(self, name: str, data: bytes, text: str) -> Iterator[Finding]:
        """What a file says without the others."""
        protocol = self.protocol
        if problem := check_encoding(name, data):
            yield problem
            return  # nothing else can be said of what is no text
        if reason := length_problem(text, protocol):
            yield Finding(name, 0, "length", reason)
            return
        if reason := schema_problem(text, protocol.task):
            yield Finding(name, 0, "schema", reason)
        if problem := check_licence(
            name, text, protocol.allowed_licences, protocol.denied_licences, protocol.denied_copyrights
        ):
            yield problem
        if protocol.scan_secrets:
            for line, sort in self.scanner.scan(name, text):
                yield Finding(name, line, "secret", f"looks like a secret ({sort})")
        if protocol.mask_personal_data:
            for datum in find_personal_data(text):
                yield Finding(
                    name, line_of(text, datum.start), "personal-data", f"looks like personal data ({datum.sort})"
                )

    def _beside(self, name: str, digest: str, text: str) -> Iterator[Finding]:
        """What a file says beside the files kept so far and the benchmarks."""
        own = shingles(text)
        if not is_held_out(name, self.protocol.held_out_percent) and (leak := self.benchmarks.find(text, own)):
            yield Finding(
                name,
                leak.line,
                "leakage",
                f"holds {leak.contained:.0%} of text {leak.number} of the benchmark {leak.benchmark!r}",
            )
            return
        if not self.protocol.deduplicate:
            return
        if digest in self.cleared:
            yield Finding(name, 0, "duplicate", f"the same as {self.cleared[digest].name}")
        elif alike := self.kept.offer(digest, own):
            yield Finding(name, 0, "near-duplicate", f"{alike[1]:.0%} alike to {self.cleared[alike[0]].name}")
