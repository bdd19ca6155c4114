"""All checks over one organisation's samples, in the order in which they count: findings, and what is cleared.

First what a sample says alone, then what it says beside the others, so that a copy of one that is left out anyway is no
copy. What comes out depends on names and contents alone, never on the order in which a file system lists them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from node.guideline import DataProtocol
from node.learning.data.check.duplicates import NearDuplicates
from node.learning.data.check.encoding import check_encoding, line_of
from node.learning.data.check.findings import Finding, Kind
from node.learning.data.check.leakage import Benchmarks
from node.learning.data.check.licences import check_licence
from node.learning.data.check.samples import Sample, parse_row
from node.learning.data.check.schema import schema_problem
from node.learning.data.check.secret_scan import SecretScanner
from node.learning.data.check.shingles import Shingles, shingles
from node.learning.data.clearance import Clearance, digest_of
from node.learning.data.codexglue.rows import language_problem, row_problem
from node.learning.data.personal_data import find_personal_data
from node.learning.data.split import length_problem

__all__ = ["Checked", "Progress", "check_samples"]

COMPLETION = ("code-completion", "line-completion", "token-completion")
Progress: TypeAlias = Callable[[int, int], None]  # samples done, samples in all


@dataclass(frozen=True)
class Checked:
    """What a check of `count` samples found and what it cleared, in order, with as many `characters` in all."""

    count: int
    findings: tuple[Finding, ...]
    cleared: tuple[Sample, ...]
    clearance: Clearance
    characters: int
    benchmark_texts: int

    @property
    def train(self) -> int:
        """Samples that may train."""
        return len(self.cleared) - self.held_out

    @property
    def held_out(self) -> int:
        """Samples that only measure."""
        return sum(one.held_out for one in self.cleared)

    @property
    def left_out(self) -> int:
        """Samples that are not cleared."""
        return self.count - len(self.cleared)


def check_samples(
    samples: Sequence[Sample],
    protocol: DataProtocol,
    benchmarks: Mapping[str, Sequence[str]],
    scanner: SecretScanner,
    progress: Progress | None = None,
) -> Checked:
    """Check every sample under the guideline's data protocol; `benchmarks` are texts by the benchmark's name.

    Raises `DataError` for a file that cannot be read.
    """
    checks = _Checks(protocol, scanner, Benchmarks(benchmarks, protocol.near_duplicate_percent))
    for done, sample in enumerate(samples):
        checks.take(sample)
        if progress:
            progress(done + 1, len(samples))
    return checks.result(len(samples))


@dataclass
class _Checks:
    protocol: DataProtocol
    scanner: SecretScanner
    benchmarks: Benchmarks
    findings: list[Finding] = field(default_factory=list)
    cleared: list[Sample] = field(default_factory=list)
    firsts: dict[str, Sample] = field(default_factory=dict)  # of each cleared content, by digest
    characters: int = 0

    def __post_init__(self) -> None:
        self.kept = NearDuplicates(self.protocol.near_duplicate_percent, self._shingles)

    def take(self, sample: Sample) -> None:
        """Check one and keep it if nothing rules it out; of a blank one there is nothing to say."""
        data = sample.data()
        text, digest = sample.text(data), digest_of(data)
        if not sample.row and not text.strip():
            return
        found = [*self._alone(sample, data, text)]
        if _may_train(sample, found):
            found += self._beside(sample, digest, text)
        self.findings += found
        if _may_train(sample, found):
            self.cleared.append(sample)
            self.firsts.setdefault(digest, sample)
            self.characters += len(text)

    def result(self, count: int) -> Checked:
        """Everything so far, findings sorted."""
        files = {digest: sample.file for digest, sample in self.firsts.items() if not sample.row}
        return Checked(
            count,
            tuple(sorted(self.findings)),
            tuple(self.cleared),
            Clearance(files),
            self.characters,
            len(self.benchmarks),
        )

    def _alone(self, sample: Sample, data: bytes, text: str) -> Iterator[Finding]:
        """What a sample says without the others."""
        name, protocol = sample.file, self.protocol
        schema = self._row_problem(data) if sample.row else schema_problem(text, protocol.task)
        if problem := check_encoding(name, text.encode(errors="replace") if sample.row else data):
            yield Finding(name, sample.row or problem.line, problem.kind, problem.reason)
        elif schema:
            yield Finding(name, sample.row, "schema", schema)
        elif reason := length_problem(text, protocol):
            yield Finding(name, sample.row, "length", reason)
        else:
            for line, kind, reason in self._inside(name, text):
                yield Finding(name, sample.row or line, kind, reason)

    def _row_problem(self, data: bytes) -> str | None:
        """Why a row is none that the guideline wants, in words."""
        fields = parse_row(data)
        return row_problem(fields, self.protocol.task) or language_problem(fields or {}, self.protocol.languages)

    def _inside(self, name: str, text: str) -> Iterator[tuple[int, Kind, str]]:
        """What stands in a text that is one."""
        protocol = self.protocol
        if problem := check_licence(
            name, text, protocol.allowed_licences, protocol.denied_licences, protocol.denied_copyrights
        ):
            yield problem.line, problem.kind, problem.reason
        if protocol.scan_secrets:
            for line, sort in self.scanner.scan(name, text):
                yield line, "secret", f"looks like a secret ({sort})"
        if protocol.mask_personal_data:
            for datum in find_personal_data(text):
                yield line_of(text, datum.start), "personal-data", f"looks like personal data ({datum.sort})"

    def _beside(self, sample: Sample, digest: str, text: str) -> Iterator[Finding]:
        """What a sample says beside those kept so far and the benchmarks."""
        name, own = sample.file, shingles(text)
        if not sample.held_out and (leak := self.benchmarks.find(text, own)):
            held = f"holds {leak.contained:.0%} of text {leak.number} of the benchmark {leak.benchmark!r}"
            yield Finding(name, sample.row or leak.line, "leakage", held)
        elif not self.protocol.deduplicate:
            return
        elif digest in self.firsts:
            yield Finding(name, sample.row, "duplicate", f"the same as {self.firsts[digest].place}")
        elif alike := self.kept.offer(digest, own, partial(self._related, sample)):
            other = self.firsts[alike[0]].place
            yield Finding(name, sample.row, "near-duplicate", f"{alike[1]:.0%} alike to {other}")

    def _related(self, sample: Sample, digest: str) -> bool:
        """Whether two rows to be completed are from one file: the context of one is the start of the other's."""
        other = self.firsts[digest]
        return bool(sample.row and other.row) and self.protocol.task in COMPLETION and sample.origin == other.origin

    def _shingles(self, digest: str) -> Shingles:
        sample = self.firsts[digest]
        return shingles(sample.text(sample.data()))


def _may_train(sample: Sample, found: Sequence[Finding]) -> bool:
    """Whether nothing was found but what is masked when it is read; a row is not masked but left out."""
    return all(one.masked and not sample.row for one in found)
