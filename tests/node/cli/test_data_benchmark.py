"""`fednode data benchmark` from the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from node.cid import cid_of
from node.cli.main import cli
from node.learning.benchmark import decode_benchmark

GUIDELINE = Path(__file__).parents[3] / "guideline.toml"


@pytest.fixture
def make(here):
    """Run it beside a folder of thirty files."""
    (here / "code").mkdir()
    for number in range(30):
        (here / "code" / f"file{number}.py").write_text(f"def f{number}():\n    return {number}\n" * 10)

    def invoke(*arguments):
        return CliRunner().invoke(cli, ["data", "benchmark", *map(str, arguments), "--guideline", str(GUIDELINE)])

    return invoke


def test_held_out_code_becomes_a_benchmark_whose_content_id_is_told(make):
    result = make("code", "--out", "benchmark.json")
    assert result.exit_code == 0, result.stderr
    content = Path("benchmark.json").read_bytes()
    texts = decode_benchmark(content)
    assert 1 <= len(texts) < 30
    assert all(text in {(Path("code") / f"file{n}.py").read_text() for n in range(30)} for text in texts)
    assert f'cid = "{cid_of(content)}"' in result.stdout


def test_every_repository_has_its_share(make):
    result = make("code", "--package", "rich", "--characters", 2000, "--out", "benchmark.json", "--json")
    made = json.loads(result.stdout)
    assert (made["cid"], made["file"]) == (cid_of(Path("benchmark.json").read_bytes()), "benchmark.json")
    texts = decode_benchmark(Path("benchmark.json").read_bytes())
    ours = [text for text in texts if text.startswith("def f")]
    assert sum(map(len, ours)) <= 1000
    assert len(ours) < len(texts) == made["texts"]


def test_code_must_be_named(make):
    result = make("--out", "benchmark.json")
    assert result.exit_code == 2
    assert "name folders or a --package" in result.stderr


def test_without_a_file_it_is_pinned_in_the_nodes_store(node, town, shown):
    node(0)
    made = shown("data", "benchmark", "--package", "rich", "--guideline", GUIDELINE)
    assert made["file"] is None
    assert made["cid"] in set(town.store.pins())
    assert len(decode_benchmark(town.store.get(made["cid"], 1 << 24))) == made["texts"]
