import json
import subprocess
import sys
from dataclasses import replace

import pytest

from aggregator import canonical
from node.errors import DataError
from node.files import locked
from node.learning.data.codexglue.completions import read_completion_lines
from node.learning.data.codexglue.defects import read_defects
from node.learning.data.codexglue.fixes import read_fix_rows
from node.learning.data.codexglue.queries import read_queries
from node.learning.data.codexglue.summaries import read_summaries
from node.learning.data.repositories import Limits, Order, build_data
from node.learning.data.repositories.recipes import NOT_BUILDABLE, RECIPES
from tests.documented_code import module
from tests.git_repositories import GitRepository
from tests.polyglot_code import POLYGLOT

FILES = ("train.jsonl", "valid.jsonl", "test.jsonl", "manifest.json")


def silent(done, total, place):
    pass


def polyglot(folder, copies=1):
    """A repository with bugs in seven languages, each fixed by a commit of its own."""
    repository = GitRepository(folder)
    samples = {f"{n}/{one.path}": one for n in range(copies) for one in POLYGLOT.values()}
    repository.commit("Begin", {path: f"{one.buggy}" for path, one in samples.items()})
    for path, one in samples.items():
        repository.commit(f"Fix {path}", {path: one.text})
    return repository


def modules(folder, count, first=0):
    repository = GitRepository(folder)
    repository.commit("Begin", {f"module_{n}.py": module(2, first + 2 * n) for n in range(count)})
    return repository


def written(out):
    return {name: (out / name).read_bytes() for name in FILES}


def samples(out):
    return [json.loads(line) for name in FILES[:3] for line in (out / name).read_text().splitlines()]


@pytest.fixture
def order(tmp_path):
    return Order((polyglot(tmp_path / "shop").folder,), "code-search", tmp_path / "out")


FIELDS = {
    "code-completion": {"input", "gt"},
    "code-search": {"code", "code_tokens", "docstring", "docstring_tokens", "func_name"},
    "code-to-text": {"code", "code_tokens", "docstring", "docstring_tokens", "func_name"},
    "defect-detection": {"func", "func_name", "target", "commit_id"},
    "line-completion": {"input", "gt"},
    "program-repair": {"buggy", "fixed", "func_name", "commit_id"},
}


@pytest.mark.parametrize("task", RECIPES)
def test_every_task_has_samples_in_seven_languages_with_its_fields(order, task):
    built = build_data(replace(order, task=task), silent)
    found = samples(order.out)
    assert sum(built.samples.values()) == len(found)
    assert set(built.languages) == set(POLYGLOT)
    assert {frozenset(one) for one in found} == {frozenset(FIELDS[task] | {"language", "path", "repo"})}


@pytest.mark.parametrize("task", RECIPES)
def test_every_line_is_canonical_json(order, task):
    build_data(replace(order, task=task), silent)
    for line in (line for name in FILES[:3] for line in (order.out / name).read_bytes().splitlines()):
        assert canonical.dumps(canonical.loads(line, 10**6)) == line


def test_a_fix_says_which_commit_it_was(order, tmp_path):
    build_data(replace(order, task="program-repair"), silent)
    by_path = {one["path"]: one for one in samples(order.out)}
    repository = GitRepository.__new__(GitRepository)
    repository.folder, repository._commits = tmp_path / "shop", 0
    for path, one in by_path.items():
        assert repository.git("show", "--no-patch", "--format=%s", one["commit_id"]) == f"Fix {path}"


READERS = {
    "code-completion": read_completion_lines,
    "code-search": read_queries,
    "code-to-text": read_summaries,
    "defect-detection": read_defects,
    "line-completion": read_completion_lines,
    "program-repair": read_fix_rows,
}


@pytest.mark.parametrize("task", RECIPES)
def test_the_readers_of_codexglue_read_what_was_built(order, task):
    built = build_data(replace(order, task=task), silent)
    pieces = [piece for name in FILES[:3] for piece in READERS[task](order.out / name)]
    assert len(pieces) == sum(built.samples.values())


def test_the_order_of_repositories_and_where_they_lie_do_not_matter(tmp_path):
    here = [modules(tmp_path / "here" / name, 4, first).folder for name, first in (("a", 0), ("b", 100), ("c", 200))]
    there = [modules(tmp_path / "there" / name, 4, first).folder for name, first in (("c", 200), ("a", 0), ("b", 100))]
    build_data(Order(tuple(here), "code-search", tmp_path / "one"), silent)
    build_data(Order(tuple(there), "code-search", tmp_path / "two"), silent)
    assert written(tmp_path / "one") == written(tmp_path / "two")


def test_a_second_build_parses_nothing_and_gives_the_same(order):
    first = build_data(order, silent)
    before = written(order.out)
    again = build_data(order, silent)
    assert (first.contents, first.parsed, again.parsed) == (7, 7, 0)
    assert replace(again, parsed=7) == first
    assert written(order.out) == before


@pytest.mark.parametrize(("task", "parsed"), [("code-search", 1), ("program-repair", 1), ("code-completion", 1)])
def test_a_new_commit_parses_what_it_changed(order, tmp_path, task, parsed):
    order = replace(order, task=task)
    build_data(order, silent)
    repository = GitRepository(tmp_path / "fresh" / "shop")
    repository.git("pull", "--quiet", str(tmp_path / "shop"), "main")
    path = f"0/{POLYGLOT['go'].path}"
    repository._commits = 100
    repository.commit("Fix the sum", {path: POLYGLOT["go"].text.replace("sum += item", "sum -= item")})
    order = replace(order, repositories=(repository.folder,))
    assert build_data(order, silent).parsed == parsed

    afresh = replace(order, out=tmp_path / "afresh")
    build_data(afresh, silent)
    assert written(order.out) == written(afresh.out)


def test_what_no_commit_holds_any_more_is_forgotten(tmp_path):
    repository = modules(tmp_path / "shop", 3)
    order = Order((repository.folder,), "code-search", tmp_path / "out")
    build_data(order, silent)
    text = (repository.folder / "module_0.py").read_text()
    repository.commit("Change", {"module_0.py": module(2, 50)})
    build_data(order, silent)
    repository.commit("Change back", {"module_0.py": text})
    assert build_data(order, silent).parsed == 1


class Killed(BaseException):
    """What a killed process would not even see."""


@pytest.mark.parametrize("when", [1, 3, 7])
def test_a_build_that_was_stopped_goes_on_where_it_was(order, monkeypatch, when, tmp_path):
    monkeypatch.setattr("node.learning.data.repositories.kept.WRITTEN_TOGETHER", 1)

    def stop(done, total, place):
        if done == when:
            raise Killed

    with pytest.raises(Killed):
        build_data(order, stop)
    assert not [name for name in FILES if (order.out / name).exists()]
    assert build_data(order, silent).parsed == 7 - when

    afresh = replace(order, out=tmp_path / "afresh")
    build_data(afresh, silent)
    assert written(order.out) == written(afresh.out)


KILL = """
import os, signal, sys
from pathlib import Path
from node.learning.data.repositories import Order, build_data, kept
kept.WRITTEN_TOGETHER = 1
def report(done, total, place):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
build_data(Order((Path(sys.argv[1]),), "code-search", Path(sys.argv[2])), report)
"""


def test_a_killed_build_leaves_no_lock_and_loses_nothing_that_was_written(order, tmp_path):
    arguments = [sys.executable, "-c", KILL, str(order.repositories[0]), str(order.out), "4"]
    assert subprocess.run(arguments, check=False).returncode == -9
    assert build_data(order, silent).parsed == 3
    build_data(replace(order, out=tmp_path / "afresh"), silent)
    assert written(order.out) == written(tmp_path / "afresh")


def test_a_build_killed_while_it_writes_is_written_by_the_next(order):
    build_data(order, silent)
    whole = written(order.out)
    (order.out / ".train.jsonl.tmp").write_text("half a li")
    (order.out / "valid.jsonl").unlink()
    build_data(order, silent)
    assert written(order.out) == whole
    assert not (order.out / ".train.jsonl.tmp").exists()


def test_the_same_content_in_two_places_is_parsed_and_written_once(tmp_path):
    one, two = modules(tmp_path / "one", 3), modules(tmp_path / "two", 3)
    built = build_data(Order((two.folder, one.folder), "code-search", tmp_path / "out"), silent)
    assert (built.contents, built.parsed, built.duplicates) == (6, 3, 6)
    assert {sample["repo"] for sample in samples(tmp_path / "out")} == {"one"}


def test_progress_counts_every_content_to_the_end(order):
    seen = []
    build_data(order, lambda done, total, place: seen.append((done, total, place)))
    assert [done for done, _, _ in seen] == list(range(1, 8))
    assert {total for _, total, _ in seen} == {7}
    assert seen[0][2].startswith("shop/0/")


def test_other_limits_make_everything_anew(order):
    build_data(order, silent)
    assert build_data(replace(order, limits=Limits(file_bytes=500_000)), silent).parsed == 7


def test_large_files_are_left_out_and_counted(order):
    built = build_data(replace(order, limits=Limits(file_bytes=900)), silent)
    large = sum(len(one.text.encode()) > 900 for one in POLYGLOT.values())
    assert 0 < large < 7
    assert (built.too_large, built.contents) == (large, 7 - large)


@pytest.mark.parametrize(
    ("limits", "count"), [(Limits(commits=3), 3), (Limits(diff_lines=1), 0), (Limits(file_bytes=10), 0)]
)
def test_history_is_bounded(order, limits, count):
    build_data(replace(order, task="program-repair", limits=limits), silent)
    assert len(samples(order.out)) == count


def test_languages_can_be_chosen(order):
    assert set(build_data(replace(order, languages=("go", "c")), silent).languages) == {"go", "c"}


@pytest.mark.parametrize("folder", [".hidden", "node_modules/left", "build/lib"])
def test_installed_and_built_things_are_left_out(tmp_path, folder):
    repository = GitRepository(tmp_path / "shop")
    repository.commit("Begin", {f"{folder}/a.py": module(2), "src/b.py": module(2, 10)})
    build_data(Order((repository.folder,), "code-search", tmp_path / "out"), silent)
    assert {one["path"] for one in samples(tmp_path / "out")} == {"src/b.py"}


def test_files_that_are_no_text_give_nothing(tmp_path):
    repository = GitRepository(tmp_path / "shop")
    repository.commit("Begin", {"a.py": b"\0\1\2", "b.py": module(1).encode() + b"# \xff\xfe\n"})
    built = build_data(Order((repository.folder,), "code-search", tmp_path / "out"), silent)
    assert (built.contents, len(samples(tmp_path / "out"))) == (2, 1)


def test_fixes_of_tests_are_no_fixes(tmp_path):
    repository = GitRepository(tmp_path / "shop")
    repository.commit("Begin", {"tests/basket.py": POLYGLOT["python"].buggy})
    repository.commit("Fix it", {"tests/basket.py": POLYGLOT["python"].text})
    assert build_data(Order((repository.folder,), "program-repair", tmp_path / "out"), silent).contents == 0


def test_repositories_of_one_name_are_refused(tmp_path):
    one, two = modules(tmp_path / "x" / "shop", 1), modules(tmp_path / "y" / "shop", 1)
    with pytest.raises(DataError, match="another repository is called 'shop'"):
        build_data(Order((one.folder, two.folder), "code-search", tmp_path / "out"), silent)


def test_a_repository_named_twice_counts_once(order):
    assert build_data(replace(order, repositories=order.repositories * 2), silent).contents == 7


def test_too_many_files_are_refused(order, monkeypatch):
    monkeypatch.setattr("node.learning.data.repositories.build.FILE_COUNT_LIMIT", 6)
    with pytest.raises(DataError, match="7 files, at most 6"):
        build_data(order, silent)


def test_two_builds_do_not_write_into_one_folder(order):
    order.out.mkdir()
    with locked(order.out / ".lock"), pytest.raises(DataError, match="another build is writing"):
        build_data(order, silent)


@pytest.mark.parametrize("task", [*NOT_BUILDABLE, "poetry"])
def test_other_tasks_are_refused_before_anything_is_read(order, task):
    with pytest.raises(DataError, match=task):
        build_data(replace(order, task=task, repositories=()), silent)
    assert not order.out.exists()


def test_no_repository_is_refused(order):
    with pytest.raises(DataError, match="name one with --repo"):
        build_data(replace(order, repositories=()), silent)


def test_building_needs_no_torch():
    code = "import sys, node.learning.data.repositories; print({'torch', 'transformers', 'web3'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
