"""Git repositories made for tests: commits with fixed authors and times, so that their ids are always the same."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

__all__ = ["GitRepository"]

WHO = {"NAME": "A. Author", "EMAIL": "author@example.org"}


class GitRepository:
    """A repository in a folder, which it makes."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._commits = 0
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main", *options)

    def commit(self, message: str, files: Mapping[str, str | bytes]) -> str:
        """Write files, commit everything, and give the commit's id."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all")
        self._commits += 1
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        """Run git in the folder, with nobody's configuration but the repository's own; gives what it prints."""
        when = f"{1_600_000_000 + 60 * self._commits} +0000"
        people = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in WHO.items()}
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            **people,
            **{"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
            **{"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull},
        }
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout.strip()
