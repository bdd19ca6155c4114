"""The source code of one installed Python package, as one organisation's private repository.

Found through the metadata of the installed distribution, so the package is never imported.
"""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path, PurePosixPath

from node.errors import DataError
from node.learning.data.files import SourceFile

__all__ = ["DEMO_PACKAGES", "SPARE_PACKAGES", "list_package"]

DEMO_PACKAGES = ("web3", "pydantic", "rich", "networkx", "sympy", "fonttools", "matplotlib", "py-evm", "aiohttp")
SPARE_PACKAGES = ("huggingface-hub", "pygments", "eth-tester")


def list_package(distribution: str, suffixes: Sequence[str]) -> tuple[SourceFile, ...]:
    """Source files of an installed distribution, sorted by name. Raises `DataError` when it is not installed."""
    try:
        files = metadata.distribution(distribution).files or []
    except metadata.PackageNotFoundError as error:
        raise DataError(f"data.package: {distribution!r} is not installed; install it or name another one") from error
    wanted = [file for file in files if _is_source(file, suffixes)]
    located = (SourceFile(file.as_posix(), Path(str(file.locate()))) for file in wanted)
    return tuple(sorted(file for file in located if file.path.is_file()))


def _is_source(file: PurePosixPath, suffixes: Sequence[str]) -> bool:
    return file.name.endswith(tuple(suffixes)) and ".." not in file.parts
