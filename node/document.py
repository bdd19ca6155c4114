"""What the parts of a pinned document are made of: strict frozen models, and numbers and ids of one spelling each.

Numbers with a fraction are decimals, written as strings in the canonical form. What a document says is its own file's.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from aggregator.errors import AggregatorError

__all__ = [
    "UNPINNED",
    "Cid",
    "CopyrightText",
    "Digest",
    "Fraction",
    "Seconds",
    "SpdxId",
    "Strict",
    "TokenAmount",
    "as_value_error",
    "tuples",
]

UNPINNED = "unpinned"  # a template's word for a digest that only a machine with the model can tell
DECIMAL_DIGITS = 28  # what decimal's default context keeps


def _decimal(value: Any) -> Any:
    """A number of TOML, or the text of one in canonical JSON, as a decimal of bounded length."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("not a number: write a decimal such as 0.005") from None
    digits = len(number.as_tuple().digits)
    if not number.is_finite() or abs(number.adjusted()) > DECIMAL_DIGITS or digits > DECIMAL_DIGITS:
        raise ValueError(f"not a number of at most {DECIMAL_DIGITS} digits")
    return number


def _known(value: Any) -> Any:
    if value == UNPINNED:
        raise ValueError("not known yet: `fednode guideline pin FILE` fetches the model and writes its digest here")
    return value


def as_value_error(make: Callable[[], object]) -> None:
    """Pydantic names the field of a `ValueError`."""
    try:
        make()
    except AggregatorError as error:
        raise ValueError(str(error)) from error


Fraction = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    PlainSerializer(lambda value: format(value.normalize(), "f"), return_type=str),
]
Digest = Annotated[str, BeforeValidator(_known), Field(pattern=r"^[0-9a-f]{64}$")]
Cid = Annotated[str, Field(pattern=r"^b[a-z2-7]{58}$")]
SpdxId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+-]*$", max_length=100)]
CopyrightText = Annotated[str, Field(pattern=r"\S", max_length=200)]
Seconds = Annotated[int, Field(ge=1, le=7 * 24 * 3600)]
TokenAmount = Annotated[int, Field(ge=0, le=10**10)]  # whole tokens; the contracts hold at most 2^96 token wei


class Strict(BaseModel):
    """The base of every part of a document: unknown keys are errors, nothing is converted, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def tuples(value: Any) -> Any:
    """TOML and JSON arrays as tuples: the models are strict, frozen and hold tuples."""
    if isinstance(value, dict):
        return {key: tuples(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(tuples(item) for item in value)
    return value
