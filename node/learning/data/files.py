"""Which source files a folder holds: bounded, no symlinks followed, names independent of where the folder lives.

Reading is here too. Which texts count and which are held out is `split`'s business.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from node.errors import DataError

__all__ = [
    "FILE_COUNT_LIMIT",
    "SUFFIXES",
    "SourceFile",
    "as_text",
    "is_skipped",
    "list_files",
    "read_bytes",
    "read_text",
    "suffixes_of",
]

FILE_COUNT_LIMIT = 200_000  # files looked at in one folder
FILE_SIZE_LIMIT = 4 * 1024 * 1024  # bytes; larger files are data, not code
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist", "venv"})
SUFFIXES: dict[str, tuple[str, ...]] = {
    "c": (".c", ".h"),
    "cpp": (".cc", ".cpp", ".cxx", ".hpp"),
    "go": (".go",),
    "java": (".java",),
    "javascript": (".js", ".jsx", ".mjs"),
    "php": (".php",),
    "python": (".py",),
    "ruby": (".rb",),
    "rust": (".rs",),
    "solidity": (".sol",),
    "typescript": (".ts", ".tsx"),
}


@dataclass(frozen=True, order=True)
class SourceFile:
    """A file and its `name`: the path inside its repository, with forward slashes, the same on every machine."""

    name: str
    path: Path


def suffixes_of(languages: Sequence[str]) -> tuple[str, ...]:
    """File endings of the guideline's languages. Raises `DataError` for a language nobody taught us."""
    unknown = [language for language in languages if language not in SUFFIXES]
    if unknown:
        raise DataError(f"data.languages: {unknown[0]!r} is not known; known are {', '.join(SUFFIXES)}")
    return tuple(suffix for language in languages for suffix in SUFFIXES[language])


def list_files(root: Path, suffixes: Sequence[str], prefix: str = "") -> tuple[SourceFile, ...]:
    """Source files below `root`, sorted by name; hidden folders, build products, symlinks and huge files are left out.

    Raises `DataError` when `root` is no readable folder or holds more than `FILE_COUNT_LIMIT` files.
    """
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; name a folder with source code in data.directories")
    found: list[SourceFile] = []
    for count, path in enumerate(_walk(root)):
        if count >= FILE_COUNT_LIMIT:
            raise DataError(f"{root}: more than {FILE_COUNT_LIMIT} files; name the folders with source code instead")
        if path.name.endswith(tuple(suffixes)) and not path.is_symlink() and path.stat().st_size <= FILE_SIZE_LIMIT:
            found.append(SourceFile(prefix + path.relative_to(root).as_posix(), path))
    return tuple(sorted(found))


def is_skipped(folder: str) -> bool:
    """Whether a folder is left out for its name: hidden, or of installed or built things."""
    return folder.startswith(".") or folder in SKIPPED_FOLDERS


def read_text(file: SourceFile) -> str:
    """The file as text, see `as_text`. Raises `DataError` when it cannot be read."""
    return as_text(read_bytes(file))


def as_text(data: bytes) -> str:
    """UTF-8 with undecodable bytes replaced and line ends as \\n."""
    return data.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(file: SourceFile) -> bytes:
    """The file as it is. Raises `DataError` when it cannot be read."""
    try:
        return file.path.read_bytes()
    except OSError as error:
        raise DataError(f"{file.path}: cannot be read ({error.strerror}); check its permissions") from error


def _walk(root: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be listed ({error.strerror}); check its permissions")

    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not is_skipped(name)]
        yield from (Path(folder) / name for name in names)
