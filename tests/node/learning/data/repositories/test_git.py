import os
import shutil
import subprocess

import pytest

from node.errors import DataError
from node.learning.data.repositories.git import open_repository
from tests.git_repositories import GitRepository

LIMIT = 1000


@pytest.fixture
def shop(tmp_path):
    repository = GitRepository(tmp_path / "shop")
    repository.commit("Begin", {"a.py": "a = 1\n", "lib/b.py": "b = 1\n"})
    return repository


def contents(folder):
    with open_repository(folder) as repository:
        return {entry.path: repository.read(entry.blob, LIMIT) for entry in repository.files()}


def test_the_files_of_the_last_commit_are_read_and_nothing_else(shop):
    (shop.folder / "a.py").write_text("changed = True\n")
    (shop.folder / "new.py").write_text("new = True\n")
    assert contents(shop.folder) == {"a.py": b"a = 1\n", "lib/b.py": b"b = 1\n"}


def test_name_and_commit(shop):
    with open_repository(shop.folder) as repository:
        assert (repository.name, repository.commit) == ("shop", shop.git("rev-parse", "HEAD"))


def test_sizes_are_told_before_anything_is_read(shop):
    shop.commit("More", {"large.py": "x" * 5000, "small.py": "y"})
    with open_repository(shop.folder) as repository:
        sizes = {entry.path: entry.size for entry in repository.files()}
        blobs = {entry.path: entry.blob for entry in repository.files()}
        assert (sizes["large.py"], sizes["small.py"]) == (5000, 1)
        assert repository.read(blobs["large.py"], LIMIT) is None
        assert repository.read(blobs["small.py"], LIMIT) == b"y"


def test_links_and_submodules_are_no_files(shop):
    (shop.folder / "link.py").symlink_to("/etc/passwd")
    other = GitRepository(shop.folder / "module")
    other.commit("Inside", {"c.py": "c = 1\n"})
    shop.commit("Link", {})
    assert set(contents(shop.folder)) == {"a.py", "lib/b.py"}


def test_odd_paths_are_read_whole(shop):
    odd = {"tab\there.py": "1", "line\nend.py": "2", 'quote".py': "3", "ü.py": "4", "-rf": "5"}
    shop.commit("Odd", odd)
    (shop.folder / os.fsdecode(b"\xff.py")).write_text("6")
    shop.commit("Odder", {})
    found = contents(shop.folder)
    assert {name: text.decode() for name, text in found.items() if name in odd} == odd
    assert found["\ufffd.py"] == b"6"


def test_messages_go_back_so_far_and_leave_out_merges(shop):
    shop.git("switch", "--quiet", "--create", "side")
    shop.commit("Side\n\nwith a body", {"side.py": "s"})
    shop.git("switch", "--quiet", "main")
    shop.commit("Main", {"main.py": "m"})
    shop.git("merge", "--quiet", "--no-edit", "side")
    with open_repository(shop.folder) as repository:
        assert {message for _, message in repository.messages(10)} == {"Begin\n", "Main\n", "Side\n\nwith a body\n"}
        assert len(list(repository.messages(2))) == 2


def test_changes_are_files_that_a_commit_modified(shop):
    first = shop.git("rev-parse", "HEAD")
    second = shop.commit("Fix", {"a.py": "a = 2\n", "new.py": "n\n"})
    shop.git("mv", "lib/b.py", "lib/c.py")
    third = shop.commit("Move", {})
    with open_repository(shop.folder) as repository:
        changes = list(repository.changes([first, second, third]))
        assert [(one.commit, one.path) for one in changes] == [(second, "a.py")]
        assert (repository.read(changes[0].before, LIMIT), repository.read(changes[0].after, LIMIT)) == (
            b"a = 1\n",
            b"a = 2\n",
        )
        assert list(repository.changes([])) == []


def clone(shop, folder, *options):
    shop.git("clone", "--quiet", *options, f"file://{shop.folder}", str(folder))
    return folder


def test_bare_repositories_have_the_same_name_and_files(shop, tmp_path):
    bare = clone(shop, tmp_path / "copy" / "shop.git", "--bare")
    with open_repository(bare) as repository:
        assert repository.name == "shop"
    assert contents(bare) == contents(shop.folder)


def test_linked_worktrees_are_read_at_their_own_head(shop, tmp_path):
    shop.git("worktree", "add", "--quiet", str(tmp_path / "tree"))
    shop.commit("Later", {"later.py": "l"})
    assert set(contents(tmp_path / "tree")) == {"a.py", "lib/b.py"}


def test_a_shallow_clone_has_the_history_that_it_has(shop, tmp_path):
    shop.commit("Fix it", {"a.py": "a = 2\n"})
    with open_repository(clone(shop, tmp_path / "shallow", "--depth=1")) as repository:
        messages = list(repository.messages(10))
        assert [message for _, message in messages] == ["Fix it\n"]
        assert list(repository.changes(commit for commit, _ in messages)) == []


def test_repositories_with_long_object_ids(tmp_path):
    GitRepository(tmp_path / "long", "--object-format=sha256").commit("Begin", {"a.py": "a"})
    with open_repository(tmp_path / "long") as repository:
        assert len(repository.commit) == 64
    assert contents(tmp_path / "long") == {"a.py": b"a"}


def test_folders_that_are_no_repository(tmp_path, shop):
    GitRepository(tmp_path / "empty")
    (tmp_path / "plain").mkdir()
    for name, says in {
        "plain": "plain: git rev-parse says: not a git repository",
        "missing": "missing: no such folder",
        "empty": "empty: has no commits",
        "shop/lib": "lib: a folder inside a git repository",
    }.items():
        with pytest.raises(DataError, match=says), open_repository(tmp_path / name):
            pass


def test_missing_and_broken_objects_are_errors(shop):
    with open_repository(shop.folder) as repository, pytest.raises(DataError, match=r"content 0000.* is missing"):
        repository.read("0" * 40, LIMIT)
    shutil.rmtree(shop.folder / ".git" / "objects")
    (shop.folder / ".git" / "objects").mkdir()
    with pytest.raises(DataError, match="shop: git cat-file says"), open_repository(shop.folder):
        pass


def test_a_head_that_is_no_commit_is_refused(shop):
    (shop.folder / ".git" / "HEAD").write_text(shop.git("rev-parse", "HEAD:a.py") + "\n")
    with pytest.raises(DataError, match="HEAD is no commit"), open_repository(shop.folder):
        pass


def test_without_git_the_user_is_told(shop, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DataError, match="install git"), open_repository(shop.folder):
        pass


def test_nobodys_variables_lead_git_elsewhere(shop, tmp_path, monkeypatch):
    GitRepository(tmp_path / "other").commit("Other", {"other.py": "o"})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert set(contents(shop.folder)) == {"a.py", "lib/b.py"}


TRAPS = (
    ("core.fsmonitor", "{trap}"),
    ("core.pager", "{trap}"),
    ("pager.log", "{trap}"),
    ("core.sshCommand", "{trap}"),
    ("core.alternateRefsCommand", "{trap}"),
    ("core.hooksPath", "{folder}"),
    ("diff.external", "{trap}"),
    ("diff.mine.textconv", "{trap}"),
    ("diff.mine.command", "{trap}"),
    ("filter.mine.smudge", "{trap}"),
    ("filter.mine.process", "{trap}"),
    ("log.showSignature", "true"),
    ("gpg.program", "{trap}"),
    ("alias.log", "!{trap}"),
    ("extensions.partialClone", "origin"),
    ("remote.origin.promisor", "true"),
    ("remote.origin.url", "ssh://example.invalid/x"),
    ("remote.origin.uploadpack", "{trap}"),
    ("protocol.ssh.allow", "always"),
    ("protocol.allow", "always"),
)


def test_a_repository_that_wants_to_run_programs_runs_none(shop, tmp_path):
    """Whatever its configuration, attributes and hooks say, and even when an object is missing that it would fetch."""
    shop.commit("Fix", {"a.py": "a = 2\n", ".gitattributes": "*.py diff=mine filter=mine\n"})
    lost = shop.git("rev-parse", "HEAD:lib/b.py")
    (shop.folder / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    trap, sprung = tmp_path / "traps" / "trap", tmp_path / "sprung"
    trap.parent.mkdir()
    trap.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{sprung}'\nexit 1\n")
    trap.chmod(0o755)
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"):
        shutil.copy(trap, trap.parent / hook)
        shutil.copy(trap, shop.folder / ".git" / "hooks" / hook)
    for key, value in TRAPS:
        shop.git("config", "--replace-all", key, value.format(trap=trap, folder=trap.parent))
    sprung.unlink(missing_ok=True)

    with open_repository(shop.folder) as repository:
        assert lost in {entry.blob for entry in repository.files()}
        changes = list(repository.changes(commit for commit, _ in repository.messages(10)))
        assert repository.read(changes[0].after, LIMIT) == b"a = 2\n"
        with pytest.raises(DataError, match="is missing"):
            repository.read(lost, LIMIT)

    assert not sprung.exists(), sprung.read_text()
    with pytest.raises(subprocess.CalledProcessError):  # and so it goes for whoever looks at it with plain git
        shop.git("log", "--patch", "--ext-diff")
    assert sprung.exists()


def test_replaced_objects_are_read_as_they_were_committed(shop):
    shop.git("replace", shop.git("rev-parse", "HEAD:a.py"), shop.git("rev-parse", "HEAD:lib/b.py"))
    assert shop.git("show", "HEAD:a.py") == "b = 1"
    assert contents(shop.folder)["a.py"] == b"a = 1\n"


def test_nothing_in_the_repository_is_written(shop):
    before = {path: path.stat().st_mtime_ns for path in shop.folder.rglob("*")}
    contents(shop.folder)
    assert {path: path.stat().st_mtime_ns for path in shop.folder.rglob("*")} == before
