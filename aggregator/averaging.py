"""The average of the last states, for release candidates.

Stochastic weight averaging, Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"
(arXiv 1803.05407): the mean of the last k states generalises better than the last alone. It is no server optimiser:
training goes on from the attested state, as if nothing had been averaged, and an average is made when somebody asks
for one. It needs no attestation either. The states are named on chain and the mean is exact, so whoever knows the last
round and k makes the same bytes.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter
from aggregator.exact import divide_half_even
from aggregator.updates import CHUNK

__all__ = ["LARGEST_AVERAGE", "average_states"]

LARGEST_AVERAGE = 1000  # states; as many as a guideline may keep


def average_states(states: Sequence[NDArray[np.int32]], chunk: int = CHUNK) -> NDArray[np.int32]:
    """Average 1 to 1,000 int32 states of shape (d,) to int32 of that shape, exactly, halves to the even neighbour.

    Holds a few arrays of `chunk` values beside what it returns. Raises `BadParameter` when they do not agree.
    """
    if not 1 <= len(states) <= LARGEST_AVERAGE:
        raise BadParameter(f"{len(states)} states: give from 1 to {LARGEST_AVERAGE}")
    if any(one.dtype.newbyteorder("=") != np.int32 or one.shape != (len(states[0]),) for one in states):
        raise BadParameter("states differ in length or are not int32: average states of one lineage")
    result = np.empty(len(states[0]), np.int32)
    for start in range(0, len(result), chunk):
        part = slice(start, start + chunk)
        total = np.zeros(len(result[part]), np.int64)
        for one in states:
            total += one[part]
        result[part] = divide_half_even(total, len(states))
    return result
