"""The floors lint sees every kind of violation, and nothing where there is none."""

import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "floors"
CLEAN = '"""A module."""\n\n__all__: list[str] = []\n'


@pytest.fixture(scope="module")
def floors():
    loader = importlib.machinery.SourceFileLoader("floors", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("floors", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def planted(floors, tmp_path):
    """Write one file into an otherwise empty project and return what the lint says."""

    def plant(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return floors.violations(tmp_path)

    return plant


def test_this_project_has_no_violation(floors):
    assert floors.violations(SCRIPT.parents[1]) == []


@pytest.mark.parametrize(
    ("name", "line", "problem"),
    [
        ("aggregator/rule.py", "import node.types", "aggregator imports node"),
        ("aggregator/rule.py", "import torch", "torch is imported outside node.learning"),
        ("aggregator/rule.py", "from scipy import stats", "aggregator imports scipy"),
        ("node/config.py", "from node.chain import deploy", "node imports node.chain, which is not below it"),
        ("node/config.py", "from node import chain", "node imports node.chain, which is not below it"),
        ("node/config.py", "from . import cli", "node imports node.cli, which is not below it"),
        ("node/chain/client.py", "from ..store import local", "node.chain imports node.store"),
        ("node/store/local.py", "import node.chain.client", "node.store imports node.chain"),
        ("node/learning/training.py", "from node.peer.loop import run", "node.learning imports node.peer"),
        ("node/peer/loop.py", "from node.research import demo", "node.peer imports node.research"),
        ("node/research/demo.py", "from node.cli.main import main", "node.research imports node.cli"),
        ("node/peer/trainer.py", "def late():\n    import torch.nn", "torch is imported outside node.learning"),
        ("node/peer/loop.py", "from web3 import Web3", "web3 is imported outside node.chain"),
        ("node/cli/main.py", "import transformers", "transformers is imported outside node.learning"),
    ],
)
def test_an_import_that_goes_up_is_found(planted, name, line, problem):
    found = planted(name, CLEAN + line + "\n")
    assert len(found) == 1
    assert found[0].startswith(f"{name}:{4 + line.count(chr(10))}: ")
    assert problem in found[0]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("aggregator/rule.py", "import math, numpy\nfrom .errors import AggregatorError"),
        ("node/guideline.py", "import aggregator"),
        ("node/chain/client.py", "import web3\nfrom node.types import Cid\nfrom . import errors"),
        ("node/peer/loop.py", "from node.store import local\nfrom node.chain import client\nfrom node import learning"),
        ("node/cli/main.py", "from node.research import demo\nfrom ..peer import loop"),
        ("node/learning/training.py", "import torch"),
    ],
)
def test_an_import_that_goes_down_is_fine(planted, name, line):
    assert planted(name, CLEAN + line + "\n") == []


def test_a_module_says_what_it_holds_and_exports(planted):
    assert planted("node/types.py", "x = 1\ny = 2\n") == [
        "node/types.py:1: no module docstring",
        "node/types.py:1: no __all__",
    ]
    assert planted("node/types.py", '"""A package with nothing in it."""\n') == []


@pytest.mark.parametrize("name", ["node/types.py", "tests/test_x.py", "contracts/Token.sol", "scripts/long"])
def test_a_long_file_is_found(planted, floors, name):
    limit = floors.MAX_LINES
    assert planted(name, CLEAN + "#\n" * (limit - 3)) == []
    assert planted(name, CLEAN + "#\n" * (limit - 2)) == [
        f"{name}:{limit + 1}: {limit + 1} lines, at most {limit}; split it"
    ]


@pytest.mark.parametrize("place", ["work", "root", "tmp", "home/ada"])
def test_a_machines_path_is_found(planted, place):
    path = f"/{place}/x.txt"
    assert planted("docs/notes.md", f"see {path}\n") == [
        f"docs/notes.md:1: mentions a path of one machine: /{place}/x…"
    ]
    assert planted("docs/notes.md", f"see https://example.org{path}\n") == []


def test_binary_files_are_passed_over(floors, tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"\xff\xfe\x00")
    assert floors.violations(tmp_path) == []
