"""Tiny bases of all families, found as an operator's own folder of models is."""

import shutil

import pytest

from node.learning.models import MODELS_VARIABLE
from tests.tiny_bases import FAMILIES, tiny_architecture, write_tiny_base


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bases")
    for family in FAMILIES:
        write_tiny_base(family, folder / family)
    return folder


@pytest.fixture
def tiny_folder(written, tmp_path, monkeypatch):
    """The folder of a family's base, which a test may change."""
    shutil.copytree(written, tmp_path / "bases")
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path / "bases"))
    return lambda family: tmp_path / "bases" / family


@pytest.fixture
def tiny(tiny_folder):
    """An architecture on a family's base."""
    return lambda family, **changes: tiny_architecture(family, tiny_folder(family), **changes)
