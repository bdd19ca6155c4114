from node.learning.data.directory import list_directories


def test_folders_are_read_as_one_repository_with_names_that_survive_a_move(tmp_path):
    for place in ("here", "there"):
        for folder in ("server", "client"):
            (tmp_path / place / folder).mkdir(parents=True)
            (tmp_path / place / folder / "main.py").write_text("x = 1\n")
    names = [
        [file.name for file in list_directories([tmp_path / place / "server", tmp_path / place / "client"], (".py",))]
        for place in ("here", "there")
    ]
    assert names == [["client/main.py", "server/main.py"]] * 2
