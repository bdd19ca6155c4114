"""The file in which a server optimiser's moments travel from one round to the next, beside the state.

It also carries the round's aggregate: with an optimiser the difference of two states is no longer what the rule made,
and the next round needs that, as the centre of rules that have one and as the direction in which an echo earns nothing.
Framed as `frame` says. `plain` keeps nothing and has no such file.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregator.delta import LARGEST_VALUE
from aggregator.errors import BadParameter, Malformed, shown
from aggregator.fields import Fields
from aggregator.frame import PREFIX, Bytes, arrays_of, pack, unpack
from aggregator.optimiser import FIRST_LIMIT, MOMENT_TYPES, OPTIMISERS, SECOND_LIMIT, Moments
from aggregator.updates import Delta

__all__ = ["OPTIMISER_MAGIC", "OptimiserHeader", "decode_optimiser_state", "encode_optimiser_state", "optimiser_limit"]

FORMAT = 1
OPTIMISER_MAGIC, OPTIMISER_HEADER_LIMIT = b"FEDNODEO", 4096  # bytes
AGGREGATE_TYPE = np.dtype(np.int16)
_BOUNDS = (
    ("aggregate", -LARGEST_VALUE, LARGEST_VALUE),
    ("first moment", -FIRST_LIMIT, FIRST_LIMIT),
    ("second moment", 0, SECOND_LIMIT),
)


@dataclass(frozen=True)
class OptimiserHeader:
    """What the file says about itself; the receiver knows every value beforehand, from the round record.

    `round` made it, in `lineage`, with the optimiser of that name. The payload is the aggregate (int16), then the first
    moment (int32), then the second (int64) if there are any, each with `length` values; the aggregate is in units of
    2^`step_exponent`.
    """

    lineage: int
    round: int
    optimiser: str
    step_exponent: int
    length: int


def optimiser_limit(length: int) -> int:
    """The most bytes that the file of any optimiser over `length` values can have."""
    values = AGGREGATE_TYPE.itemsize + sum(one.itemsize for one in MOMENT_TYPES)
    return PREFIX + OPTIMISER_HEADER_LIMIT + values * length


def encode_optimiser_state(header: OptimiserHeader, aggregate: Delta, moments: Moments) -> bytes:
    """Write the file; raises `BadParameter` for arrays that `decode_optimiser_state` would refuse."""
    arrays = (aggregate, *moments)
    try:
        _check_arrays(header, arrays)
    except Malformed as error:
        raise BadParameter(error.reason) from None
    return pack(OPTIMISER_MAGIC, {"format": FORMAT, **asdict(header)}, arrays)


def decode_optimiser_state(data: Bytes, expected: OptimiserHeader) -> tuple[Delta, Moments]:
    """Read a file that must carry the `expected` header: the aggregate and the moments, read-only views.

    Raises `Malformed`, also for moments that no aggregates can lead to.
    """
    members, payload = unpack(data, OPTIMISER_MAGIC, OPTIMISER_HEADER_LIMIT)
    wanted: dict[str, int | str] = {"format": FORMAT, **asdict(expected)}
    fields = Fields(members, wanted, "optimiser state header")
    for key, value in wanted.items():
        fields.exactly(key, value)
    arrays = arrays_of(payload, _types(expected.optimiser), expected.length)
    _check_values(arrays)
    return arrays[0], arrays[1:]


def _types(optimiser: str) -> tuple[np.dtype[Any], ...]:
    if optimiser not in OPTIMISERS:
        raise Malformed(f"optimiser state is of {shown(optimiser)}, which is no server optimiser")
    return (AGGREGATE_TYPE, *MOMENT_TYPES[: OPTIMISERS[optimiser].moments])


def _check_arrays(header: OptimiserHeader, arrays: tuple[NDArray[np.integer], ...]) -> None:
    wanted = _types(header.optimiser)
    given = tuple((one.dtype.newbyteorder("="), one.shape) for one in arrays)
    if given != tuple((dtype, (header.length,)) for dtype in wanted):
        raise Malformed(f"{header.optimiser} keeps {', '.join(map(str, wanted))} of {header.length} values each")
    _check_values(arrays)


def _check_values(arrays: Moments) -> None:
    """Refuse what would leave the range that the optimisers' arithmetic was laid out for, NaN from a root included."""
    for (name, low, high), array in zip(_BOUNDS, arrays, strict=False):
        least, most = int(array.min()), int(array.max())
        if least < low or most > high:
            raise Malformed(f"{name} holds values from {least} to {most}, expected {low} to {high} at most")
