"""Server optimisers: how a round's aggregate moves the state, and the moments that a federation keeps for it.

Every coordinate goes by itself through IEEE float64 with + − × ÷ √ alone, one numpy call an operation, so that nothing
is fused, no CPU differs, and no value is ever subnormal. Results are rounded half to even onto integers: the step onto
the grid of the state, the moments onto grids of their own, which makes them files of exact bytes (`optimiser_state`).
Hyperparameters are decimals in the papers' units (of the model, not of the grid), used as exact fractions and turned
into float64 once. Averages of states are in `averaging`: they change what is released, not where a round goes on from.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ldexp
from typing import ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aggregator.delta import apply
from aggregator.errors import BadParameter, shown
from aggregator.named import lister, make
from aggregator.updates import CHUNK, Delta

__all__ = [
    "FIRST_LIMIT",
    "MOMENT_TYPES",
    "OPTIMISERS",
    "SECOND_LIMIT",
    "FedAdagrad",
    "FedAdam",
    "FedAvgM",
    "FedDyn",
    "FedYogi",
    "Moments",
    "Optimiser",
    "Plain",
    "advance",
    "optimiser",
]

Floats: TypeAlias = NDArray[np.float64]
Moments: TypeAlias = tuple[NDArray[np.integer], ...]
Move: TypeAlias = Callable[[Floats, tuple[Floats, ...]], tuple[Floats, tuple[Floats, ...]]]

MOMENT_TYPES = (np.dtype(np.int32), np.dtype(np.int64))  # of the first and the second moment
FRACTION_BITS = 16  # of both moments: units of 2^-16 steps, and of 2^-16 squared steps
FIRST_LIMIT = 32767 << FRACTION_BITS  # the first moment is a mean of aggregates, or FedDyn's sum of them
SECOND_LIMIT = 1 << 53  # up to here float64 holds every integer; only FedAdagrad's sum can get there, and stays
LARGEST_TAU_BITS = 18  # τ in steps, so that v starts within half of its limit
DIGITS = 28  # of a hyperparameter, as in the guideline
RANGES = {  # they keep every step below η · 32767 ⁄ τ < 2^55, so that it fits int64 before the state refuses it
    "learning_rate": (Decimal("1e-9"), Decimal(1000)),
    "beta1": (Decimal(0), Decimal("0.999999")),
    "beta2": (Decimal(0), Decimal("0.999999")),
    "tau": (Decimal("1e-9"), Decimal(1000)),
}


class Optimiser(Protocol):
    """A way to turn an aggregate into a step of the state; `moments` counts the arrays it keeps from round to round."""

    name: ClassVar[str]
    moments: ClassVar[int]

    @property
    def parameters(self) -> Mapping[str, str]:
        """Every hyperparameter as a plain decimal, defaults included, as the round record writes them."""

    def start(self, length: int, step_exponent: int) -> Moments:
        """Make the moments before the first round, each of shape (length,); raises `BadParameter` off the grid."""

    def move(self, step_exponent: int) -> Move:
        """Give the function of one chunk, from the aggregate and the moments to the step and the new moments.

        All float64, the aggregate and the step in units of 2^step_exponent; the step is not rounded yet.
        """


OPTIMISERS: dict[str, type[Optimiser]] = {}
register = lister(OPTIMISERS)


def optimiser(name: str, /, **parameters: str | int | Decimal) -> Optimiser:
    """Make the optimiser of that name; decimals are strings, integers or `Decimal`, never floats.

    Raises `UnknownRule`, or `BadParameter` for a parameter it does not have and a value out of range.
    """
    return make(
        "server optimiser", OPTIMISERS, name, {key: _decimal(name, key, one) for key, one in parameters.items()}
    )


def advance(
    optimiser: Optimiser,
    state: NDArray[np.int32],
    aggregate: Delta,
    moments: Moments,
    step_exponent: int,
    chunk: int = CHUNK,
) -> tuple[NDArray[np.int32], Moments]:
    """Move an int32 state of shape (d,) by what `optimiser` makes of an int16 aggregate; give it and the new moments.

    `moments` are those of the round before, or what `start` gave. Beside what it returns it holds a few arrays of
    `chunk` values; the chunk changes no byte. Raises `BadParameter` when shapes or dtypes do not agree and
    `StateOverflow` when the step would leave int32.
    """
    _check_moments(optimiser, state, aggregate, moments)
    move = optimiser.move(step_exponent)
    moved = np.empty(len(state), np.int32)
    kept = tuple(np.empty(len(state), dtype) for dtype in MOMENT_TYPES[: optimiser.moments])
    for start in range(0, len(state), chunk):
        part = slice(start, start + chunk)
        step, new = move(aggregate[part].astype(np.float64), tuple(one[part].astype(np.float64) for one in moments))
        moved[part] = apply(state[part], np.rint(step).astype(np.int64), start)
        for array, values in zip(kept, new, strict=True):
            array[part] = values
    return moved, kept


@register("plain")
@dataclass(frozen=True)
class Plain:
    """The state moves by the aggregate as it is: x ← x + Δ. No parameters, no moments.

    McMahan et al. 2017, "Communication-Efficient Learning of Deep Networks from Decentralized Data" (FedAvg, arXiv
    1602.05629), when the rule is the mean.
    """

    name: ClassVar[str]
    moments: ClassVar[int] = 0

    @property
    def parameters(self) -> dict[str, str]:
        """None."""
        return {}

    def start(self, length: int, step_exponent: int) -> Moments:
        """Nothing is kept."""
        return ()

    def move(self, step_exponent: int) -> Move:
        """The aggregate is the step."""
        return lambda aggregate, _: (aggregate, ())


@dataclass(frozen=True)
class _Tuned:
    """The base of optimisers with hyperparameters: their ranges, and how the record writes them."""

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_decimal(self.name, field.name, getattr(self, field.name))

    @property
    def parameters(self) -> dict[str, str]:
        """Every hyperparameter as a plain decimal, defaults included."""
        return {field.name: format(getattr(self, field.name).normalize(), "f") for field in fields(self)}


@register("fedavgm")
@dataclass(frozen=True)
class FedAvgM(_Tuned):
    """Server momentum: m ← β₁ m + Δ, x ← x + η m.

    Hsu, Qi and Brown 2019, "Measuring the Effects of Non-Identical Data Distribution for Federated Visual
    Classification" (arXiv 1909.06335). What is kept is (1 − β₁) m, a mean of the aggregates so far.
    """

    moments: ClassVar[int] = 1

    learning_rate: Decimal = Decimal(1)
    beta1: Decimal = Decimal("0.9")

    def start(self, length: int, step_exponent: int) -> Moments:
        """Zeros."""
        return (np.zeros(length, MOMENT_TYPES[0]),)

    def move(self, step_exponent: int) -> Move:
        """One chunk of the formula."""
        decay, gain = _mixture(self.beta1)
        rate = ldexp(float(Fraction(self.learning_rate) / (1 - Fraction(self.beta1))), -FRACTION_BITS)

        def move(aggregate: Floats, moments: tuple[Floats, ...]) -> tuple[Floats, tuple[Floats, ...]]:
            first = np.rint(decay * moments[0] + gain * aggregate)
            return rate * first, (first,)

        return move


@register("feddyn")
@dataclass(frozen=True)
class FedDyn:
    """The server's half of FedDyn: s ← s + Δ, x ← x + Δ + s. No parameters; exact integers throughout.

    Acar et al. 2021, "Federated Learning Based on Dynamic Regularization" (ICLR, arXiv 2111.04263): their h is −α s,
    which α divides out of the step. The sum s stands where others have the first moment, but in whole steps. It cannot
    pass FIRST_LIMIT: within 2^15 of it, three rounds in a row would move the state by more than int32 holds.
    """

    name: ClassVar[str]
    moments: ClassVar[int] = 1

    @property
    def parameters(self) -> dict[str, str]:
        """None."""
        return {}

    def start(self, length: int, step_exponent: int) -> Moments:
        """Zeros."""
        return (np.zeros(length, MOMENT_TYPES[0]),)

    def move(self, step_exponent: int) -> Move:
        """One chunk of the formula."""

        def move(aggregate: Floats, moments: tuple[Floats, ...]) -> tuple[Floats, tuple[Floats, ...]]:
            total = moments[0] + aggregate
            return aggregate + total, (total,)

        return move


@dataclass(frozen=True)
class _Adaptive(_Tuned, ABC):
    """Algorithm 2 of Reddi et al.: m ← β₁ m + (1 − β₁) Δ, v as the subclass says, x ← x + η m ⁄ (√v + τ).

    m starts at 0 and v at τ², which is what the paper asks of it at least. No bias correction.
    """

    moments: ClassVar[int] = 2

    learning_rate: Decimal = Decimal("0.01")
    beta1: Decimal = Decimal("0.9")
    tau: Decimal = Decimal("0.001")

    def start(self, length: int, step_exponent: int) -> Moments:
        """m = 0 and v = τ²; raises `BadParameter` when τ is more than 2^18 steps."""
        largest = Fraction(2) ** (LARGEST_TAU_BITS + step_exponent)
        if Fraction(self.tau) > largest:
            raise BadParameter(
                f"{self.name} parameter tau is {self.tau}, too large for a step of 2^{step_exponent}: "
                f"give at most {float(largest):g}"
            )
        second = round(Fraction(self.tau) ** 2 * Fraction(2) ** (FRACTION_BITS - 2 * step_exponent))
        return (np.zeros(length, MOMENT_TYPES[0]), np.full(length, second, MOMENT_TYPES[1]))

    def move(self, step_exponent: int) -> Move:
        """One chunk of the formula, numerator and denominator in units of 2^(step_exponent − 8)."""
        decay, gain = _mixture(self.beta1)
        half = FRACTION_BITS // 2  # √v comes in units of 2^-8 steps
        rate = ldexp(float(self.learning_rate), -step_exponent - half)
        tau = ldexp(float(self.tau), half - step_exponent)
        second_moment = self._second()

        def move(aggregate: Floats, moments: tuple[Floats, ...]) -> tuple[Floats, tuple[Floats, ...]]:
            first = np.rint(decay * moments[0] + gain * aggregate)
            second = np.minimum(np.rint(second_moment(moments[1], aggregate * aggregate)), SECOND_LIMIT)
            return rate * first / (np.sqrt(second) + tau), (first, second)

        return move

    @abstractmethod
    def _second(self) -> Callable[[Floats, Floats], Floats]:
        """Give the function from v and Δ² to the new v; v in units of 2^-16 squared steps, Δ² in squared steps."""


@register("fedadagrad")
@dataclass(frozen=True)
class FedAdagrad(_Adaptive):
    """v ← v + Δ², with x ← x + η m ⁄ (√v + τ).

    Reddi et al. 2021, "Adaptive Federated Optimization" (ICLR, arXiv 2003.00295), β₁ = 0 by default as there. v stops
    growing at 2^37 squared steps, after at least 128 rounds of the largest aggregate there is.
    """

    beta1: Decimal = Decimal(0)

    def _second(self) -> Callable[[Floats, Floats], Floats]:
        unit = float(1 << FRACTION_BITS)
        return lambda second, square: second + unit * square


@register("fedyogi")
@dataclass(frozen=True)
class FedYogi(_Adaptive):
    """v ← v − (1 − β₂) Δ² sign(v − Δ²), with x ← x + η m ⁄ (√v + τ).

    Reddi et al. 2021, "Adaptive Federated Optimization" (ICLR, arXiv 2003.00295).
    """

    beta2: Decimal = Decimal("0.99")

    def _second(self) -> Callable[[Floats, Floats], Floats]:
        _, gain = _mixture(self.beta2)
        unit = float(1 << FRACTION_BITS)
        return lambda second, square: second - gain * square * np.sign(second - unit * square)


@register("fedadam")
@dataclass(frozen=True)
class FedAdam(_Adaptive):
    """v ← β₂ v + (1 − β₂) Δ², with x ← x + η m ⁄ (√v + τ).

    Reddi et al. 2021, "Adaptive Federated Optimization" (ICLR, arXiv 2003.00295).
    """

    beta2: Decimal = Decimal("0.99")

    def _second(self) -> Callable[[Floats, Floats], Floats]:
        decay, gain = _mixture(self.beta2)
        return lambda second, square: decay * second + gain * square


def _mixture(beta: Decimal) -> tuple[float, float]:
    """β and 1 − β, the latter in units of the moments' grid: each the float64 nearest to the exact fraction."""
    return float(Fraction(beta)), ldexp(float(1 - Fraction(beta)), FRACTION_BITS)


def _decimal(name: str, key: str, value: str | int | Decimal) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadParameter(f"{name} parameter {key} is {shown(value)}: give a decimal as a string, such as '0.01'")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise BadParameter(f"{name} parameter {key} is {shown(value)}: give a decimal such as '0.01'") from None


def _check_decimal(name: str, key: str, value: Decimal) -> None:
    low, high = RANGES[key]
    fits = value.is_finite() and len(value.as_tuple().digits) <= DIGITS and abs(value.adjusted()) <= DIGITS
    if not fits or not low <= value <= high:
        raise BadParameter(
            f"{name} parameter {key} is {shown(str(value))}: give a decimal from {low:f} to {high:f} of at most "
            f"{DIGITS} digits"
        )


def _check_moments(optimiser: Optimiser, state: NDArray[np.int32], aggregate: Delta, moments: Moments) -> None:
    wanted = MOMENT_TYPES[: optimiser.moments]
    given = tuple(one.dtype.newbyteorder("=") for one in moments)
    if given != wanted or any(one.shape != state.shape for one in (aggregate, *moments)):
        shapes = ", ".join(f"{one.dtype} {one.shape}" for one in (aggregate, *moments))
        raise BadParameter(
            f"{optimiser.name} moves a state of shape {state.shape} by an aggregate and {len(wanted)} moments of that "
            f"shape ({', '.join(map(str, wanted)) or 'none'}), not by {shapes}"
        )
