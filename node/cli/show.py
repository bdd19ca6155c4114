"""What commands print: one JSON document for scripts, or plain lines and tables for people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["json_option", "print_json", "print_table", "tokens"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")


def print_json(value: "DataclassInstance | Sequence[DataclassInstance]") -> None:
    """Print a frozen dataclass, or several, as JSON: integers as such, bytes as 0x and hex, words by name."""
    plain: Any = asdict(value) if is_dataclass(value) else [asdict(one) for one in value]
    click.echo(json.dumps(_worded(plain), indent=2, ensure_ascii=False, default=str))


def _worded(value: Any) -> Any:
    """What JSON has no form for, as a script can use it: bytes in hex, and states by name."""
    if isinstance(value, Mapping):
        return {key: _worded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_worded(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value.name.lower() if isinstance(value, Enum) else value


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
