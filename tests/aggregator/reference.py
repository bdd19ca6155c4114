"""Every rule and preaggregation once more, in Python's integers and fractions, written for plainness and not for speed.

Rows are lists of ints, and nothing of the package is used.
"""

from fractions import Fraction
from hashlib import sha256
from math import isqrt

__all__ = ["PREAGGREGATED", "distance", "mean_of", "nearest"]


def mean_of(rows):
    return [round(Fraction(sum(column), len(rows))) for column in zip(*rows, strict=True)]


def distance(one, other):
    """The squared distance."""
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def nearest(rows, row, count):
    """The `count` rows nearest to a row, itself first, equally distant ones by value."""
    others = [place for place in range(len(rows)) if place != row]
    others.sort(key=lambda place: (distance(rows[row], rows[place]), rows[place]))
    return [rows[row]] + [rows[place] for place in others[: count - 1]]


def mixed_with_nearest(rows, faults, seed):
    return [mean_of(nearest(rows, row, len(rows) - faults)) for row in range(len(rows))]


def buckets_of_two(rows, faults, seed):
    by_value = sorted(rows)
    places = sorted(range(len(rows)), key=lambda place: sha256(f"fednode bucketing {seed} {place}".encode()).digest())
    drawn = [by_value[place] for place in places]
    return [mean_of(drawn[start : start + 2]) for start in range(0, len(drawn), 2)]


def shrunk(rows, place):
    """Clip to the norm at `place` from the shortest: multiply by a factor floored to 32 fractional bits."""
    squares = [sum(value * value for value in row) for row in rows]
    cap = sorted(squares)[place]
    factors = [Fraction(isqrt((cap << 64) // one), 1 << 32) if one > cap else 1 for one in squares]
    return [[round(factor * value) for value in row] for factor, row in zip(factors, rows, strict=True)]


def clipped_to_the_median(rows, faults, seed):
    return shrunk(rows, (len(rows) - 1) // 2)


def clipped_adaptively(rows, faults, seed):
    n = len(rows)
    return shrunk(rows, n - 1 - int(Fraction(2 * faults, n) * (n - faults)))


PREAGGREGATED = {
    "arc": clipped_adaptively,
    "bucketing": buckets_of_two,
    "clipping": clipped_to_the_median,
    "nnm": mixed_with_nearest,
}
