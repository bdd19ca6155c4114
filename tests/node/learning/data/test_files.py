import pytest

from node.errors import DataError
from node.learning.data import files
from node.learning.data.files import list_files, read_text, suffixes_of


def write(path, text="x = 1\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_source_files_are_found_sorted_with_names_that_do_not_depend_on_the_place(tmp_path):
    for name in ("b.py", "a/z.py", "a/notes.txt"):
        write(tmp_path / "one" / name)
        write(tmp_path / "two" / name)
    names = [[file.name for file in list_files(tmp_path / place, (".py",), "shop/")] for place in ("one", "two")]
    assert names == [["shop/a/z.py", "shop/b.py"]] * 2


@pytest.mark.parametrize("name", [".git/hook.py", "node_modules/x.py", "pkg/__pycache__/x.py", "venv/lib/x.py"])
def test_hidden_and_generated_folders_are_left_out(tmp_path, name):
    write(tmp_path / name)
    write(tmp_path / "kept.py")
    assert [file.name for file in list_files(tmp_path, (".py",))] == ["kept.py"]


def test_symlinks_are_not_followed(tmp_path):
    secret = write(tmp_path / "elsewhere" / "secret.py")
    root = tmp_path / "root"
    write(root / "kept.py")
    (root / "linked.py").symlink_to(secret)
    (root / "linked").symlink_to(secret.parent)
    assert [file.name for file in list_files(root, (".py",))] == ["kept.py"]


def test_huge_files_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FILE_SIZE_LIMIT", 10)
    write(tmp_path / "small.py", "x = 1\n")
    write(tmp_path / "large.py", "x = 1_000_000\n")
    assert [file.name for file in list_files(tmp_path, (".py",))] == ["small.py"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere: no such folder.*data.directories"):
        list_files(tmp_path / "nowhere", (".py",))


def test_the_number_of_files_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FILE_COUNT_LIMIT", 2)
    for number in range(3):
        write(tmp_path / f"{number}.txt")
    with pytest.raises(DataError, match="more than 2 files"):
        list_files(tmp_path, (".py",))


def test_undecodable_bytes_are_replaced_and_missing_files_named(tmp_path):
    (tmp_path / "x.py").write_bytes(b"a = '\xff'\r\n")
    (file,) = list_files(tmp_path, (".py",))
    assert read_text(file) == "a = '�'\n"
    file.path.unlink()
    with pytest.raises(DataError, match=r"x.py: cannot be read"):
        read_text(file)


def test_languages_become_suffixes():
    assert suffixes_of(("python", "go")) == (".py", ".go")
    with pytest.raises(DataError, match=r"data.languages: 'klingon' is not known; known are .*python"):
        suffixes_of(("klingon",))
