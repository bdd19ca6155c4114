"""What a build leaves behind: one JSON Lines file a split and a manifest, each whole or not there at all.

A file takes its name only when it is complete, the manifest last: it names the others by their hashes.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from aggregator import canonical
from node.errors import DataError
from node.files import write_atomically
from node.learning.data.repositories.samples import Fields, Place, line
from node.learning.data.split import is_held_out

__all__ = ["MANIFEST", "SPLITS", "Output", "check_folder", "split_of"]

MANIFEST = "manifest.json"
SPLITS = ("train", "valid", "test")
TEST_PERCENT = 10
VALID_PERCENT = 10


def split_of(place: Place) -> str:
    """`train`, `valid` or `test`: a pure function of the repository and the path in it."""
    if is_held_out(place.name, TEST_PERCENT):
        return "test"
    return "valid" if is_held_out(place.name, TEST_PERCENT + VALID_PERCENT) else "train"


def check_folder(out: Path, task: str) -> None:
    """Make the folder. Raises `DataError` when it cannot be made or holds something else than a build of this task."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{out}: cannot be made ({error.strerror}); name another folder for --out") from error
    built = _task_of(out / MANIFEST)
    if built != task and (built or any((out / f"{split}.jsonl").exists() for split in SPLITS)):
        raise DataError(f"{out}: holds {built or 'files that no build has left'}; name another folder for --out")


class Output:
    """Three files being written; used as a context, whose end without an error puts them in place."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._seen: set[bytes] = set()
        self.samples = dict.fromkeys(SPLITS, 0)
        self.languages: Counter[str] = Counter()
        self.duplicates = 0

    def __enter__(self) -> "Output":
        self._files: dict[str, BinaryIO] = {split: self._temporary(split).open("wb") for split in SPLITS}
        self._hashes = {split: hashlib.sha256() for split in SPLITS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for split, file in self._files.items():
            if kind is None:
                file.flush()
                os.fsync(file.fileno())  # or a power cut leaves the name without the bytes
            file.close()
            if kind is None:
                self._temporary(split).replace(self._out / f"{split}.jsonl")
            else:
                self._temporary(split).unlink(missing_ok=True)

    def add(self, fields: Fields, place: Place, language: str) -> None:
        """Write a sample, unless one with the same content was written before."""
        content = hashlib.sha256(canonical.dumps(dict(fields))).digest()[:16]
        if content in self._seen:
            self.duplicates += 1
            return
        self._seen.add(content)
        split, written = split_of(place), line(fields, place, language)
        self._files[split].write(written)
        self._hashes[split].update(written)
        self.samples[split] += 1
        self.languages[language] += 1

    def write_manifest(self, about: Mapping[str, canonical.Json]) -> None:
        """Write what was built of what, with counts and hashes."""
        files: dict[str, canonical.Json] = {f"{one}.jsonl": self._hashes[one].hexdigest() for one in SPLITS}
        counts: dict[str, canonical.Json] = {**self.samples}
        value = {**about, "duplicates": self.duplicates, "samples": counts, "sha256": files}
        write_atomically(self._out / MANIFEST, json.dumps(value, indent=2, sort_keys=True).encode() + b"\n")

    def _temporary(self, split: str) -> Path:
        return self._out / f".{split}.jsonl.tmp"


def _task_of(manifest: Path) -> str:
    try:
        return str(json.loads(manifest.read_bytes())["task"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
