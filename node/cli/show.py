"""What commands print: one JSON document for scripts, or plain lines and tables for people."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["json_option", "print_json", "print_table", "tokens"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")


def print_json(value: "DataclassInstance | Sequence[DataclassInstance]") -> None:
    """Print a frozen dataclass, or several, as JSON; amounts in token wei stay integers."""
    plain: Any = asdict(value) if is_dataclass(value) else [asdict(one) for one in value]
    click.echo(json.dumps(plain, indent=2, ensure_ascii=False, default=str))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; values from others are shown as text, never as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")  # an id that is cut off cannot be copied
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)


def tokens(wei: int) -> str:
    """An amount of token wei in whole tokens, with at most four decimals."""
    whole = f"{wei / 10**18:,.4f}"
    return whole.rstrip("0").rstrip(".")
