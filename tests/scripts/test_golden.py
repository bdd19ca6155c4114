"""The digests of what every rule and preaggregation makes of fixed updates are those that were committed."""

import importlib.machinery
import importlib.util
import json
from pathlib import Path

import pytest

from aggregator import PREAGGREGATIONS, RULES

SCRIPT = Path(__file__).parents[2] / "scripts" / "golden"


@pytest.fixture(scope="module")
def golden():
    loader = importlib.machinery.SourceFileLoader("golden", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("golden", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def committed(golden):
    return json.loads(golden.SNAPSHOT.read_text())


def test_no_bit_has_moved(golden, committed):
    assert dict(golden.digests()) == committed, "run scripts/golden if a result was meant to change"


def test_every_rule_and_preaggregation_is_there_at_every_size(golden, committed):
    names = [*RULES, *PREAGGREGATIONS]
    wanted = {f"{name} n={n} d={d}" for name in names for n in golden.COUNTS for d in golden.LENGTHS}
    assert wanted <= committed.keys()


def test_only_the_search_of_subsets_refuses_a_size(golden, committed):
    refused = {name for name, digest in committed.items() if digest == golden.REFUSED}
    assert refused == {f"mda n=25 d={d}" for d in golden.LENGTHS}


def test_the_updates_are_the_same_everywhere(golden):
    first, *_, last = golden.updates(7, 3).tolist()
    assert first == [14242, 16153, 10308]
    assert last == [10846, 5439, 2817]
