"""What every test of a reader starts from: small files of its format."""

import pytest


@pytest.fixture
def write(tmp_path):
    """A file of this name and text, or bytes."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
