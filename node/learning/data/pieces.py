"""Pieces of tasks with structured samples: one canonical JSON object of texts, which is a text itself.

So partitions, mixes and benchmarks treat it as any other piece. Which fields a task wants, the task says.
"""

from collections.abc import Mapping

from aggregator import canonical
from aggregator.errors import AggregatorError
from node.errors import DataError

__all__ = ["PIECE_LIMIT", "decode_piece", "encode_piece", "is_piece"]

PIECE_LIMIT = 4 * 1024 * 1024  # bytes


def encode_piece(**fields: str) -> str:
    """The text of one piece, the same for the same fields."""
    return canonical.dumps(dict(fields)).decode()


def is_piece(text: str) -> bool:
    """Whether a text looks like a piece rather than like source code, of which hardly any starts so."""
    return text.startswith('{"')


def decode_piece(text: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Mapping[str, str]:
    """The fields of a piece. Raises `DataError` unless it holds exactly these, all of them texts."""
    try:
        fields = canonical.loads(text.encode(errors="replace"), PIECE_LIMIT)
    except AggregatorError as error:
        raise DataError(f"data: a piece is {error}; make pieces with the readers of the data set") from error
    if not isinstance(fields, dict) or not set(required) <= set(fields) <= {*required, *optional}:
        raise DataError(f"data: a piece is no object of {', '.join(required)}; make pieces with the task's own reader")
    return {name: _text(name, value) for name, value in fields.items()}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise DataError(f"data: field {name!r} of a piece is no text; make pieces with the readers of the data set")
    return value
