import pytest


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """Sixty modules of two files, and tests, which nobody learns from."""
    root = tmp_path_factory.mktemp("library")
    for number in range(60):
        folder = root / f"module_{number}"
        folder.mkdir()
        (folder / "core.py").write_text(f"def function_{number}(value):\n    return value + {number}\n" * 5)
        (folder / "more.py").write_text(f"VALUE_{number} = 1\n")
    return root
