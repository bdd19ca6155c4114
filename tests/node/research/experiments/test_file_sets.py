"""Files become samples with a label and a repository, and whoever runs an experiment says where they lie."""

import json
from pathlib import Path

import pytest

from node.errors import DataError
from node.learning.benchmark import decode_benchmark
from node.research.corpus import search_guideline
from node.research.experiments.data import data_version, deal, read_samples
from node.research.experiments.design import DATA_SETS, DataChoice
from node.research.experiments.file_sets import READERS, Sample, sample_of

CODE = "def func(x):\n    y = x + {0}\n    return y\n"
FUNCTIONS = [{"idx": str(number), "func": CODE.format(number), "target": number % 2} for number in range(6)]


def rows(path: Path, *values: object) -> None:
    path.write_text("".join(json.dumps(value) + "\n" for value in values))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A little of every set, made up."""
    rows(tmp_path / "solutions", *({"problem": f"p{n // 3}", "code": CODE.format(n)} for n in range(90)))
    rows(tmp_path / "functions", *({**one, "project": f"project{n % 2}"} for n, one in enumerate(FUNCTIONS)))
    (tmp_path / "pairs").write_text("0\t1\t1\n2\t3\t0\n")
    (tmp_path / "numbers").write_text("0\n1\n2\n")
    (tmp_path / "buggy").write_text("int a ;\nint b ;\n")
    (tmp_path / "fixed").write_text("int c ;\nint d ;\n")
    problem = {"declaration": "def f(x):\n", "test": "assert f(1) == 1\n", "example_test": "assert f(0) == 0\n"}
    solutions = [{"buggy_solution": f"    return {n}\n", "canonical_solution": "    return x\n"} for n in range(5)]
    rows(tmp_path / "problems", *({**problem, **one} for one in solutions))
    described = [
        {"code": CODE.format(n), "docstring": f"Add number {n} to it.", "repo": f"o{n % 2}/r"} for n in range(4)
    ]
    rows(tmp_path / "described", *described)
    (tmp_path / "tokens").write_text("<s> a = 1 <EOL> </s>\n<s> b = 2 <EOL> </s>\n")
    (tmp_path / "names").write_text("data/owner/one/a.py\ndata/other/two/b.py\n")
    return tmp_path


FILES = {
    "clones": {"solutions": "solutions"},
    "clone-pairs": {"functions": "functions", "train": "pairs", "test": "pairs"},
    "defects": {"functions": "functions", "train": "numbers", "test": "numbers"},
    "fixes": {"train_buggy": "buggy", "train_fixed": "fixed", "test_buggy": "buggy", "test_fixed": "fixed"},
    "problems": {"problems": "problems"},
    "fixes-for-problems": {"train_buggy": "buggy", "train_fixed": "fixed", "problems": "problems"},
    "queries": {"train": "described", "test": "described"},
    "summaries": {"train": "described", "test": "described"},
    "token-files": {"train": "tokens", "test": "tokens", "train_names": "names"},
}


def samples(name: str, folder: Path, **choice: object):
    chosen = DataChoice(name=name, files=FILES[name], **({"pieces": 50, "held_out": 2} | choice))
    return read_samples(chosen, search_guideline(), folder)


@pytest.mark.parametrize("name", FILES)
def test_every_set_gives_pieces_to_train_on_and_others_to_measure(name, folder):
    found = samples(name, folder)
    assert 1 <= len(found.pieces) == len(found.labels) == len(found.repositories) <= 50
    assert len(decode_benchmark(found.benchmark)) == 2


def test_every_set_has_its_reader():
    assert set(READERS) == set(FILES) == set(DATA_SETS) - {"packages"}


def test_labels_are_what_label_imbalance_is_about(folder):
    assert set(samples("clones", folder).labels) == {"clones", "others"}
    assert set(samples("clone-pairs", folder).labels) == {"clones", "others"}
    assert set(samples("defects", folder).labels) == {"defect", "none"}


def test_repositories_are_the_sets_own(folder):
    assert set(samples("defects", folder).repositories) == {"project0", "project1"}
    assert set(samples("queries", folder).repositories) == {"o0/r", "o1/r"}
    assert set(samples("token-files", folder).repositories) == {"owner/one", "other/two"}
    assert len(deal(samples("summaries", folder), "by_repository", 2, seed=0)) == 2
    with pytest.raises(DataError, match="1 repositories for 2 parts"):
        deal(samples("fixes", folder), "by_repository", 2, seed=0)


def test_a_problem_is_on_one_side_only(folder):
    found = samples("problems", folder)
    assert len(found.pieces) == 3
    assert not set(found.pieces) & set(decode_benchmark(found.benchmark))
    assert "tests" in json.loads(decode_benchmark(found.benchmark)[0])


def test_a_bounded_sample_is_the_same_whatever_the_order():
    every = [Sample(str(number)) for number in range(100)]
    assert sample_of(every, 10) == sample_of(every[::-1], 10)
    assert len(set(sample_of(every, 10))) == 10


def test_names_that_do_not_go_along_are_refused(folder):
    (folder / "names").write_text("data/owner/one/a.py\n")
    with pytest.raises(DataError, match="another number"):
        samples("token-files", folder)
    (folder / "names").write_text("a.py\nb.py\n")
    with pytest.raises(DataError, match="line 1: no path of"):
        samples("token-files", folder)


def test_nothing_held_out_is_said(folder):
    with pytest.raises(DataError, match="problems gives 0 pieces to train on and 5 held out"):
        samples("problems", folder, held_out=9)


def test_versions_follow_contents_and_missing_files_are_named(folder):
    choice = DataChoice(name="problems", files=FILES["problems"], pieces=1, held_out=1)
    before = data_version(choice, folder)
    assert data_version(choice, folder) == before
    (folder / "problems").write_text("{}\n")
    assert data_version(choice, folder) != before
    (folder / "problems").unlink()
    with pytest.raises(DataError, match="problems: no such file; name the folder"):
        data_version(choice, folder)
    with pytest.raises(DataError, match="name the folder that holds it with --data"):
        data_version(choice, None)


def test_versions_follow_packages():
    choice = DataChoice(name="packages", packages=("rich",), pieces=1, held_out=1)
    assert len(data_version(choice, None)) == 16
    with pytest.raises(DataError, match="'no-such-package' is not installed"):
        data_version(choice.model_copy(update={"packages": ("no-such-package",)}), None)
