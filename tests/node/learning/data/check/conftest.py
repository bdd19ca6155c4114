"""An organisation's folder, and the check of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.guideline import DataProtocol
from node.learning.data import DataSource
from node.learning.data.check.checker import Checked, check_samples
from node.learning.data.check.samples import file_samples


class MarkedLines:
    """A scanner for tests: a line that says SECRET holds one."""

    def scan(self, name: str, text: str) -> Iterator[tuple[int, str]]:
        return ((number, "marked") for number, line in enumerate(text.split("\n"), 1) if "SECRET" in line)


def protocol(**changes: object) -> DataProtocol:
    return DataProtocol.model_validate(
        {"task": "code-completion", "min_characters": 5, "held_out_percent": 1} | changes
    )


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Checked]:
    """Write files by name and check them; keywords change the protocol."""

    def run(files: dict[str, str], benchmarks: dict[str, list[str]] | None = None, **changes: object) -> Checked:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        listed = DataSource(directories=(tmp_path,)).files(("python",))
        rules = protocol(**changes)
        return check_samples(file_samples(listed, rules.held_out_percent), rules, benchmarks or {}, MarkedLines())

    return run
