"""The operator's own private code: one or more folders, read together as one repository."""

from collections.abc import Sequence
from pathlib import Path

from node.learning.data.files import SourceFile, list_files

__all__ = ["list_directories"]


def list_directories(directories: Sequence[Path], suffixes: Sequence[str]) -> tuple[SourceFile, ...]:
    """Source files of all `directories`, sorted by name; each name starts with its folder's, so that moving the folders
    to another place keeps the split. Raises `DataError` for a folder that is missing, unreadable or far too large.
    """
    return tuple(sorted(file for root in directories for file in list_files(root, suffixes, f"{root.name}/")))
