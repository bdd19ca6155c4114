"""Every rule and preaggregation once more, in Python's integers and fractions, written for plainness and not for speed.

Rows are lists of ints, and nothing of the package is used.
"""

from fractions import Fraction
from hashlib import sha256
from itertools import combinations
from math import isqrt

__all__ = ["AGGREGATED", "PREAGGREGATED"]


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


def middle_of(rows, drop):
    columns = [sorted(column)[drop : len(rows) - drop] for column in zip(*rows, strict=True)]
    return mean_of(list(zip(*columns, strict=True)))


def closest_of(rows, keep):
    def kept(column):
        median = Fraction(sorted(column)[(len(rows) - 1) // 2] + sorted(column)[len(rows) // 2], 2)
        return sorted(column, key=lambda value: (abs(value - median), value))[:keep]

    return mean_of(list(zip(*map(kept, zip(*rows, strict=True)), strict=True)))


def by_krum(rows, neighbours):
    """The rows with the smallest summed squared distance to their nearest neighbours first."""

    def score(row):
        others = [distance(rows[row], other) for place, other in enumerate(rows) if place != row]
        return sum(sorted(others)[:neighbours])

    return [rows[row] for row in sorted(range(len(rows)), key=lambda row: (score(row), rows[row], row))]


def krum_of(rows, faults, keep):
    return mean_of(by_krum(rows, len(rows) - faults - 2)[:keep])


def bulyan_of(rows, faults):
    left, chosen = list(rows), []
    while len(chosen) < len(rows) - 2 * faults:
        chosen.append(by_krum(left, max(1, len(left) - faults - 2))[0])
        left.remove(chosen[-1])
    return closest_of(chosen, len(chosen) - 2 * faults)


def centre_of(rows, weights):
    return [
        Fraction(sum(w * x for w, x in zip(weights, column, strict=True)), sum(weights))
        for column in zip(*rows, strict=True)
    ]


def lengths_from(centre, rows, whole):
    """Distances to a centre, in units of 1 / whole, rounded down."""
    return [isqrt(int(whole**2 * distance(row, centre))) for row in rows]


def on_grid(weights):
    """Weights rounded, halves up, to 2^-36 of their sum."""
    return [int(Fraction(weight << 36) / sum(weights) + Fraction(1, 2)) for weight in weights]


def geometric_median_of(rows, faults):
    weights = on_grid([1] * len(rows))
    for _ in range(32):
        whole = sum(weights)
        lengths = [max(whole, one) for one in lengths_from(centre_of(rows, weights), rows, whole)]
        weights = on_grid([(whole << 72) // one for one in lengths])
    return [round(value) for value in centre_of(rows, weights)]


def clipped_around_zero(rows, faults):
    n = len(rows)
    rows = [*rows, [0] * len(rows[0])]
    weights = [0] * n + [1 << 36]
    for _ in range(8):
        lengths = lengths_from(centre_of(rows, weights), rows[:n], sum(weights))
        radius = sorted(lengths)[(n - 1) // 2]
        factors = [Fraction((radius << 32) // one, 1 << 32) if one > radius else Fraction(1) for one in lengths]
        moved = [(1 - sum(factors) / n) * Fraction(weight, sum(weights)) for weight in weights]
        moved = [one + factor / n for one, factor in zip(moved, [*factors, 0], strict=True)]
        weights = [int(one * (1 << 36) + Fraction(1, 2)) for one in moved]
    return [round(value) for value in centre_of(rows, weights)]


def closest_together(rows, faults):
    def judged(subset):
        between = [distance(one, other) for one, other in combinations(subset, 2)]
        return max(between, default=0), sum(between), sorted(subset)

    return mean_of(min(combinations(rows, len(rows) - faults), key=judged))


def filtered(rows, faults):
    n, unit = len(rows), 1 << 30
    weights, tried = [unit] * n, []
    while sum(weights) > (n - 2 * faults) * unit or not tried:
        variance, deviations = worst_direction(rows, weights)
        tried.append((variance, weights))
        squares = [one**2 if weight else 0 for one, weight in zip(deviations, weights, strict=True)]
        if not any(squares):
            break
        weights = [
            int(weight * (1 - Fraction(one, max(squares)))) for weight, one in zip(weights, squares, strict=True)
        ]
    best = min(tried, key=lambda one: one[0])[1]
    return [round(value) for value in centre_of(rows, on_grid([one if 100 * one >= max(best) else 0 for one in best]))]


def worst_direction(rows, weights):
    """The largest variance, with 32 fractional bits, and the deviations along its direction up to a common factor."""
    n, whole = len(rows), sum(weights)
    centre = centre_of(rows, weights)
    centred = [[int(whole * (value - middle)) for value, middle in zip(row, centre, strict=True)] for row in rows]
    roots = [isqrt(weight << 30) for weight in weights]
    scaled = [[root * value for value in row] for root, row in zip(roots, centred, strict=True)]
    bits = (53 - n.bit_length()) // 2
    power = [[sum(map(int.__mul__, one, other)) for other in scaled] for one in scaled]
    power = [[value >> shift_of(power, bits) for value in row] for row in power]
    for _ in range(10):
        power = [[sum(map(int.__mul__, one, other)) for other in power] for one in power]
        power = [[round(Fraction(value, 1 << shift_of(power, bits))) for value in row] for row in power]
    top = min(range(n), key=lambda row: (-power[row][row], rows[row]))
    parts = [root * row[top] for root, row in zip(roots, power, strict=True)]
    direction = [sum(map(int.__mul__, parts, column)) for column in zip(*centred, strict=True)]
    deviations = [sum(map(int.__mul__, row, direction)) for row in centred]
    spread = sum(weight * one**2 for weight, one in zip(weights, deviations, strict=True))
    length = sum(value**2 for value in direction)
    return (spread << 32) // (whole**3 * length) if length else 0, deviations


def shift_of(power, bits):
    return max(0, max(row[place] for place, row in enumerate(power)).bit_length() - bits)


AGGREGATED = {
    "bulyan": bulyan_of,
    "caf": filtered,
    "centred_clipping": clipped_around_zero,
    "geometric_median": geometric_median_of,
    "krum": lambda rows, faults: krum_of(rows, faults, 1),
    "mda": closest_together,
    "meamed": lambda rows, faults: closest_of(rows, len(rows) - faults),
    "mean": lambda rows, faults: mean_of(rows),
    "median": lambda rows, faults: middle_of(rows, (len(rows) - 1) // 2),
    "multi_krum": lambda rows, faults: krum_of(rows, faults, len(rows) - faults),
    "trimmed_mean": middle_of,
}
