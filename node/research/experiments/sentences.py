"""What a study's numbers answer, in sentences: each is computed, none is written for a particular outcome."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from node.research.experiments.results import StudyFindings
from node.research.experiments.statistics import difference, recovered
from node.research.resampling import Interval

__all__ = ["Answer", "answer", "bars", "imbalance", "sentences", "shown", "title_of"]

UNIFORM, LABELS = "uniform", "label_imbalanced"
ENOUGH_RECOVERED = 0.8
CANDIDATES = ("FedAvg", "FedProx")  # the methods that the bars speak of
BETTER_BAR, RECOVERED_BAR = 4, 3  # of six tasks


@dataclass(frozen=True)
class Answer:
    """What one federated method came to under one distribution, beside clients alone and centralised training.

    `gain` is over the mean client alone, `share` what was recovered of centralised training's gain over the base (None
    when that has none).
    """

    method: str
    distribution: str
    gain: Interval
    share: Interval | None


def answer(found: StudyFindings, distribution: str, method: str) -> Answer:
    """Compare one method."""
    one = found.by_distribution[distribution][method]
    return Answer(
        method,
        distribution,
        gain=difference(one, found.single(distribution)),
        share=recovered(one, found.base, found.central),
    )


def sentences(found: StudyFindings) -> Iterator[str]:
    """One sentence for each distribution and method on what it gained and recovered; then on label imbalance."""
    for distribution in found.study.distributions:
        for method in found.federated(distribution):
            yield _sentence(found, answer(found, distribution, method))
    yield from imbalance(found)


def _sentence(found: StudyFindings, one: Answer) -> str:
    gain = one.gain.scaled(found.study.scale)
    where = f", {one.distribution.replace('_', '-')}" if len(found.study.distributions) > 1 else ""
    text = f"{one.method}{where}: {_against(gain, 'the mean single client')}"
    if one.share is None:
        gained = _against(difference(found.central, found.base).scaled(found.study.scale), "the base")
        return f"{text}; centralised training itself is {gained}, so there is nothing to recover."
    share = f"{_percent(one.share.value)} ({_percent(one.share.low)} to {_percent(one.share.high)})"
    return f"{text}; it recovers {share} of what centralised training gains over the base."


def imbalance(found: StudyFindings) -> Iterator[str]:
    """For each method, whether label imbalance costs anything against uniform data; nothing without both."""
    if not {UNIFORM, LABELS} <= set(found.study.distributions):
        return
    for method, uneven in found.federated(LABELS).items():
        cost = difference(uneven, found.by_distribution[UNIFORM][method]).scaled(found.study.scale)
        yield f"{method}: label-imbalanced data comes to {_against(cost, 'uniform data')}."


def _against(gain: Interval, other: str) -> str:
    clear = "" if gain.above_zero or gain.below_zero else ", which includes zero"
    side = "above" if gain.value > 0 else "below"
    apart = f"{shown(abs(gain.value))} {side} {other}" if gain.value else f"no different from {other}"
    return f"{apart} (95 % interval {_interval(gain)}{clear})"


def bars(studies: Sequence[StudyFindings]) -> Iterator[str]:
    """On how many tasks federation is clear of clients alone, and recovers 80 % of centralised training's gain.

    A task counts by the first distribution of the first study of its table: the best one is not searched for.
    """
    first = {one.study.table: one for one in reversed(studies)}
    by_task = {title_of(one): _candidates(one) for one in studies if first[one.study.table] is one}
    better = [task for task, found in by_task.items() if any(one.gain.above_zero for one in found)]
    near = [
        task
        for task, found in by_task.items()
        if any(one.share and one.share.value >= ENOUGH_RECOVERED for one in found)
    ]
    of = len(by_task)
    yield (
        f"FedAvg or FedProx is above the mean single client, its 95 % interval clear of zero, on {len(better)} of {of} "
        f"tasks (aim: {BETTER_BAR} of 6){_named(better, by_task)}."
    )
    yield (
        f"FedAvg or FedProx recovers at least {_percent(ENOUGH_RECOVERED)} of centralised training's gain on "
        f"{len(near)} of {of} tasks (aim: {RECOVERED_BAR} of 6){_named(near, by_task)}."
    )


def _candidates(found: StudyFindings) -> list[Answer]:
    first = found.study.distributions[0]
    return [answer(found, first, name) for name in found.federated(first) if name in CANDIDATES]


def _named(reached: Sequence[str], every: Mapping[str, object]) -> str:
    missed = [task for task in every if task not in reached]
    return f"; not on {', '.join(missed)}" if missed else ""


def title_of(found: StudyFindings) -> str:
    """A study's name in sentences over several."""
    case = f" ({found.study.case})" if found.study.case else ""
    return f"table {found.study.table}{case}, {found.study.model}"


def shown(value: float, *, sign: bool = False) -> str:
    """A number with two decimals from ten on, three below that, and four below one tenth."""
    digits = 2 if abs(value) >= 10 else 3 if abs(value) >= 0.1 or value == 0 else 4
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def _interval(one: Interval) -> str:
    return f"{shown(one.low, sign=True)} to {shown(one.high, sign=True)}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"
