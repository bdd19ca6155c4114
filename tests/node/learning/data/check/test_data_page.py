"""docs/data.md names every key of the data protocol and every kind of finding."""

import re
from pathlib import Path

import pytest

from node.guideline import DataProtocol
from node.learning.data.check.findings import KINDS

PAGE = (Path(__file__).parents[5] / "docs" / "data.md").read_text()
FIRST_CELLS = " ".join(re.findall(r"^\| (`[^|]*`) \|", PAGE, re.MULTILINE))


@pytest.mark.parametrize("name", [*DataProtocol.model_fields, *KINDS])
def test_the_page_has_a_row_for_it(name):
    assert f"`{name}`" in FIRST_CELLS
