"""For every test: the marker `node_js`, whose tests are skipped with one visible line where there is no Node.js."""

import shutil

import pytest

_SKIPPED = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if shutil.which("node") and shutil.which("npm"):
        return
    marked = [item for item in items if item.get_closest_marker("node_js")]
    for item in marked:
        item.add_marker(pytest.mark.skip(reason="Node.js is not on PATH"))
    config.stash[_SKIPPED] = len(marked)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(_SKIPPED, 0):
        terminalreporter.write_line(
            f"Node.js is not on PATH: skipped {count} tests that need it (anvil, hardhat, IPFS), "
            "the contracts' forge tests and the artifact check"
        )
