"""The clearance: which files may train, each by the SHA-256 of its content, as `fednode data check --fix` writes it.

A list of what may be read instead of what may not: a file that is new or has changed since it was checked waits for the
next check. An operator can read it, and strike out more. It holds no code, and source files are never edited.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aggregator.canonical import too_deep
from node.errors import DataError
from node.files import write_atomically
from node.learning.data.files import SourceFile, as_text, read_bytes
from node.learning.data.personal_data import mask_personal_data

__all__ = ["CLEARANCE_LIMIT", "Clearance", "digest_of"]

CLEARANCE_LIMIT = 128 * 1024 * 1024  # bytes
FORMAT = 1
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Clearance:
    """Names of cleared files, inside their repository, by the SHA-256 of their content in hex.

    The content decides: a file that only moved stays cleared.
    """

    files: Mapping[str, str]

    def read(self, file: SourceFile, *, mask: bool) -> str | None:
        """The file's text, personal data masked if asked for; None when this content is not cleared.

        Raises `DataError` when it cannot be read.
        """
        data = read_bytes(file)
        if digest_of(data) not in self.files:
            return None
        text = as_text(data)
        return mask_personal_data(text) if mask else text

    def save(self, path: Path) -> None:
        """Write it, sorted by name, a file a line. Raises `DataError` when that fails."""
        document = {"format": FORMAT, "files": dict(sorted(self.files.items(), key=lambda item: item[::-1]))}
        try:
            write_atomically(path, json.dumps(document, indent=1).encode() + b"\n")
        except OSError as error:
            raise DataError(f"{path}: cannot be written ({error.strerror}); name another place") from error

    @classmethod
    def load(cls, path: Path) -> "Clearance":
        """Read what `save` wrote. Raises `DataError` for a file that is missing, too large or malformed."""
        try:
            with path.open("rb") as file:
                data = file.read(CLEARANCE_LIMIT + 1)
            document = None if len(data) > CLEARANCE_LIMIT or too_deep(data) else json.loads(data)
        except OSError as error:
            raise DataError(
                f"{path}: cannot be read ({error.strerror}); write it with `fednode data check --fix`"
            ) from error
        except ValueError as error:
            raise DataError(f"{path}: no JSON ({error}); write it again with `fednode data check --fix`") from error
        if not isinstance(document, dict) or document.keys() != {"format", "files"} or document["format"] != FORMAT:
            raise DataError(f"{path}: no clearance of format {FORMAT}; write it with `fednode data check --fix`")
        return cls(_checked(document["files"], path))


def digest_of(data: bytes) -> str:
    """What a clearance knows a file by."""
    return hashlib.sha256(data).hexdigest()


def _checked(files: object, path: Path) -> Mapping[str, str]:
    if not isinstance(files, dict):
        raise DataError(f"{path}: files is no table; write it again with `fednode data check --fix`")
    for digest, name in files.items():
        if not _DIGEST.fullmatch(digest) or not isinstance(name, str):
            raise DataError(
                f"{path}: {digest[:80]!r}: no SHA-256 of a file; write it again with `fednode data check --fix`"
            )
    return files
