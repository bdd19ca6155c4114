"""For every test: properties without deadline; `node_js` tests, skipped with one visible line without Node.js."""

import shutil

import pytest
from hypothesis import HealthCheck, settings

# No deadline and no complaint about slowness: a shared machine may pause at any moment.
settings.register_profile("fednode", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fednode")

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
