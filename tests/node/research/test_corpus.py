from pathlib import Path

import pytest

from node.guideline import load_guideline
from node.learning.benchmark import decode_benchmark
from node.learning.data.functions import documented_functions
from node.learning.data.packages import list_package
from node.learning.data.partition import by_repository, uniform
from node.learning.tasks import TASKS
from node.research.corpus import AMOUNTS, SEARCH_PACKAGES, Amounts, read_corpus, search_guideline, sources

GUIDELINE = search_guideline()


@pytest.fixture(scope="module")
def corpus():
    return read_corpus(("rich", "networkx"), GUIDELINE, Amounts(read=200_000, pieces=12, held_out=5, excerpt=200_000))


def test_pieces_are_functions_of_each_package(corpus):
    assert corpus.labels == ("rich",) * 12 + ("networkx",) * 12
    assert all(len(list(documented_functions(piece))) == 1 for piece in corpus.pieces)


def test_what_is_measured_on_is_not_trained_on(corpus):
    held_out = decode_benchmark(corpus.benchmark)
    assert len(held_out) == 10
    assert not set(held_out) & set(corpus.pieces)


def test_each_peer_trains_on_its_part(corpus):
    rich, networkx = sources(corpus, by_repository, 2, seed=0)
    assert {rich.texts, networkx.texts} == {corpus.pieces[:12], corpus.pieces[12:]}
    mixed = sources(corpus, uniform, 3, seed=0)
    assert sorted(text for one in mixed for text in one.texts) == sorted(corpus.pieces)


@pytest.mark.parametrize("package", SEARCH_PACKAGES)
def test_every_package_comes_with_our_dependencies(package):
    assert len(list_package(package, (".py",))) > 50
    assert len(set(SEARCH_PACKAGES)) == 10


def test_for_completion_pieces_are_files_and_the_benchmark_excerpts_of_them():
    guideline = load_guideline(Path(__file__).parents[3] / "guideline.toml")
    corpus = read_corpus(("rich",), guideline, Amounts(read=100_000, pieces=3, held_out=4, excerpt=500))
    assert len(corpus.pieces) == 3
    assert {len(text) for text in decode_benchmark(corpus.benchmark)} == {500}
    assert set(AMOUNTS) <= set(TASKS)  # the tasks that source code alone is enough for
