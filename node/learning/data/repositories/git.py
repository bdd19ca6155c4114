"""Reading a git repository that nobody has vouched for: its objects are read, its configuration never has a say.

Git calls a repository's configuration and hooks the user's to review, since they name programs that git runs
(gitsecurityboundary). So one command, which reads no object and runs nothing, asks the repository where its objects lie
and what HEAD is. Everything else runs in an empty repository of our own that borrows those objects: no hook, filter,
textconv, external diff, pager, file-system monitor, replacement or promised object of theirs is in force, nothing is
fetched and nothing of theirs is written. Which files and commits matter is not decided here.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from node.errors import DataError

__all__ = ["Change", "Entry", "Repository", "open_repository"]

ANSWER_LIMIT = 512 * 1024 * 1024  # bytes of one listing
CHUNK = 1024 * 1024  # bytes read at a time of a blob that is too large to keep
_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REGULAR = {b"100644", b"100755"}  # modes of files; links and submodules are other ones
_FLAGS = (
    *("--no-pager", "--no-replace-objects", "--no-optional-locks"),
    *("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never"),
)
_NOTHING_FETCHED = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_NO_CONFIGURATION = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}


@dataclass(frozen=True, order=True)
class Entry:
    """A file of a commit: its path in the repository, the id of its content, its bytes (0 where it is missing)."""

    path: str
    blob: str
    size: int


@dataclass(frozen=True, order=True)
class Change:
    """A file that a commit changed: content before and after."""

    path: str
    commit: str
    before: str
    after: str


@dataclass
class Repository:
    """A repository at the commit that HEAD named when it was opened; `name` is its folder's."""

    name: str
    commit: str
    _environment: Mapping[str, str] = field(repr=False)
    _reader: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def files(self) -> Iterator[Entry]:
        """Every regular file of the commit. Raises `DataError` for objects that are missing or broken."""
        for record in self._records("ls-tree", "-r", "-l", "-z", "--full-tree", self.commit):
            about, _, path = record.partition(b"\t")
            mode, _, blob, size = about.split()
            if mode in _REGULAR:
                yield Entry(path.decode(errors="replace"), blob.decode(), int(size) if size.isdigit() else 0)

    def messages(self, depth: int) -> Iterator[tuple[str, str]]:
        """Id and message of the last `depth` commits that are no merges, the newest first. Raises `DataError`."""
        command = ("log", "-z", "--no-merges", f"--max-count={depth}", "--encoding=UTF-8", "--format=%H%n%B")
        for record in self._records(*command, self.commit):
            commit, _, message = record.decode(errors="replace").partition("\n")
            yield commit, message

    def changes(self, commits: Iterable[str]) -> Iterator[Change]:
        """Files that each commit modified, against its first parent; neither new, removed nor renamed ones."""
        command = ("diff-tree", "--stdin", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=M")
        records = self._records(*command, "--no-ext-diff", "--no-textconv", said="".join(one + "\n" for one in commits))
        commit = ""
        for record in records:
            if not record.startswith(b":"):
                commit = record.decode()
                continue
            old_mode, new_mode, before, after, _ = record[1:].split()
            path = next(records, b"").decode(errors="replace")
            if {old_mode, new_mode} <= _REGULAR:
                yield Change(path, commit, before.decode(), after.decode())

    def read(self, blob: str, limit: int) -> bytes | None:
        """Content of a blob, None when it has more than `limit` bytes. Raises `DataError` when it is missing."""
        if self._reader is None:
            self._reader = _begin(("cat-file", "--batch"), self._environment, subprocess.PIPE, subprocess.DEVNULL)
        source, sink = self._reader.stdout, self._reader.stdin
        if source is None or sink is None:
            raise DataError(f"{self.name}: git cannot be asked for contents")
        sink.write(blob.encode() + b"\n")
        sink.flush()
        header = source.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            raise DataError(f"{self.name}: content {blob} is missing; fetch the repository completely, then try again")
        size = int(header[2])
        content = source.read(size) if size <= limit else None
        if content is None:
            _pass_over(source, size)
        source.read(1)  # the line's end
        return content

    def close(self) -> None:
        """End the process that reads contents."""
        if self._reader is not None:
            self._reader.communicate()
            self._reader = None

    def _records(self, *command: str, said: str = "") -> Iterator[bytes]:
        answer = _ask(command, self._environment, self.name, said)
        return iter([record for record in answer.split(b"\0") if record])


@contextmanager
def open_repository(path: Path) -> Iterator[Repository]:
    """Open the repository at `path`, a working tree's top folder or a bare repository.

    Raises `DataError` when it is neither, has no commit, belongs to another user or cannot be read.
    """
    objects, shallow, commit = _locate(path)
    with tempfile.TemporaryDirectory(prefix="fednode-git-") as folder:
        _write_own(Path(folder), commit, shallow)
        environment = {
            **{"PATH": os.environ.get("PATH", os.defpath), "HOME": folder},
            **{"GIT_DIR": folder, "GIT_OBJECT_DIRECTORY": objects},
            **_NOTHING_FETCHED,
            **_NO_CONFIGURATION,
        }
        repository = Repository(path.absolute().name.removesuffix(".git"), commit, environment)
        if _ask(("cat-file", "-t", commit), environment, repository.name).strip() != b"commit":
            raise DataError(f"{path}: HEAD is no commit; check out a branch")
        try:
            yield repository
        finally:
            repository.close()


def _locate(path: Path) -> tuple[str, str, str]:
    """Where the objects and the list of a shallow clone's ends lie, and HEAD's id; no object is looked at."""
    if not path.is_dir():
        raise DataError(f"{path}: no such folder; name the top folder of a git repository")
    # The user's own configuration stays in force here: it says whose repositories are trusted (safe.directory).
    mine = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _NOTHING_FETCHED
    asked = ("rev-parse", "--path-format=absolute", "--show-prefix", "--git-path", "objects", "--git-path", "shallow")
    lines = _ask(asked, mine, str(path), folder=path).decode(errors="surrogateescape").split("\n")
    if len(lines) != 4 or lines[0]:
        raise DataError(f"{path}: a folder inside a git repository; name the repository's top folder")
    head = _ask(("rev-parse", "--quiet", "--verify", "HEAD"), mine, str(path), folder=path, may_fail=True)
    commit = head.decode().strip()
    if not _OBJECT_ID.fullmatch(commit):
        raise DataError(f"{path}: has no commits; commit something first")
    return lines[1], lines[2], commit


def _write_own(folder: Path, commit: str, shallow: str) -> None:
    """Make `folder` an empty bare repository with the same kind of object ids, as shallow as theirs."""
    version, extension = (1, "[extensions]\n\tobjectFormat = sha256\n") if len(commit) == 64 else (0, "")
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    (folder / "config").write_text(f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n{extension}")
    if Path(shallow).is_file():
        shutil.copyfile(shallow, folder / "shallow")


def _ask(
    command: tuple[str, ...],
    environment: Mapping[str, str],
    name: str,
    said: str = "",
    folder: Path | None = None,
    may_fail: bool = False,
) -> bytes:
    """Run a git command to its end and give what it printed. Raises `DataError` with git's own sentence."""
    with tempfile.TemporaryFile() as sent, tempfile.TemporaryFile() as complaint:
        sent.write(said.encode())
        sent.seek(0)
        with _begin(command, environment, sent.fileno(), complaint.fileno(), folder) as process:
            answer = process.stdout.read(ANSWER_LIMIT + 1) if process.stdout else b""
            if len(answer) > ANSWER_LIMIT:
                process.kill()
                raise DataError(f"{name}: git {command[0]} says over {ANSWER_LIMIT} bytes; name smaller repositories")
        complaint.seek(0)
        reason = complaint.read(2000).decode(errors="replace").strip().split("\n")[0].removeprefix("fatal: ")
    if process.returncode and not may_fail:
        raise DataError(f"{name}: git {command[0]} says: {reason or process.returncode}")
    return answer


def _begin(
    command: tuple[str, ...], environment: Mapping[str, str], sent: int, complaint: int, folder: Path | None = None
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            ["git", *_FLAGS, *command],  # noqa: S607 (whichever git the user has)
            cwd=folder,
            env=dict(environment),
            stdin=sent,
            stdout=subprocess.PIPE,
            stderr=complaint,
        )
    except OSError as error:
        raise DataError(f"git cannot be run ({error.strerror}); install git") from error


def _pass_over(source: IO[bytes], size: int) -> None:
    while size > 0 and (passed := len(source.read(min(size, CHUNK)))):
        size -= passed
