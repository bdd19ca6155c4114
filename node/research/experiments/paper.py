"""The figures that the paper reports, as data: `paper.toml` beside this file. Nothing here is measured."""

import functools
import tomllib
from importlib import resources
from typing import Any

from pydantic import Field

from node.document import Strict, tuples

__all__ = ["PAPER_COLUMNS", "PaperRow", "PaperTable", "paper_table"]

PAPER_COLUMNS = ("centralised", "single", "FedAvg", "FedTrimmedAvg", "FedMedian", "FedProx")


class PaperRow(Strict):
    """One model under one distribution or language (`case`); None where the paper has no figure."""

    model: str
    case: str = ""
    centralised: float
    single: float
    FedAvg: float
    FedTrimmedAvg: float | None = None
    FedMedian: float | None = None
    FedProx: float | None = None

    @property
    def values(self) -> dict[str, float]:
        """What there is, by column."""
        row: dict[str, Any] = self.model_dump(exclude={"model", "case"})
        return {name: value for name, value in row.items() if value is not None}


class PaperTable(Strict):
    """One table in the paper's units. Table 4 has its runs below one another and a column for each language."""

    number: str
    title: str
    metric: str
    clients: str
    rows: tuple[PaperRow, ...] = Field(default=())


def paper_table(number: str) -> PaperTable:
    """The table of this number, or `repair`."""
    return _tables()[number]


@functools.cache
def _tables() -> dict[str, PaperTable]:
    text = (resources.files("node.research.experiments") / "paper.toml").read_text()
    tables = [PaperTable.model_validate(tuples(one)) for one in tomllib.loads(text)["tables"]]
    return {table.number: table for table in tables}
