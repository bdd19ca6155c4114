"""Code fragments that solve the same problem or not, and the labelled pairs that clone detection learns from.

Text in, text out: reading benchmark files is `codexglue`'s business, tokens are the task's.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from node.learning.data.pieces import encode_piece
from node.learning.data.split import Split, is_held_out

__all__ = ["Solution", "pair_pieces", "paired", "split_by_problem"]

SPREAD = (
    8  # clones that a solution is paired with in each direction: a problem of up to 17 solutions gives all its pairs
)


@dataclass(frozen=True)
class Solution:
    """A fragment of code and the problem that it solves; all solutions of one problem are clones of each other."""

    problem: str
    code: str

    def piece(self) -> str:
        """The text of this solution as a piece of clone detection."""
        return encode_piece(code=self.code, problem=self.problem)


def paired(problems: Sequence[str], seed: int = 0) -> list[tuple[int, int, int]]:
    """Pairs of places and whether they are clones (1 or 0), as many of one as of the other; the same for the same seed.

    Solutions of one problem are clones of each other; of more than 17, each is paired with the 16 nearest in a circle.
    For each such pair comes one of its first fragment with a solution drawn from all those of other problems, if any.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, problem in enumerate(problems):
        places[problem].append(place)
    generator = np.random.default_rng(seed)
    pairs: list[tuple[int, int, int]] = []
    for problem, own in places.items():
        for first, second in _within(own):
            pairs.append((first, second, 1))
            if len(places) > 1:
                pairs.append((first, _elsewhere(generator, problems, problem), 0))
    return pairs


def pair_pieces(solutions: Sequence[Solution], seed: int = 0) -> tuple[str, ...]:
    """The pairs of `paired` as pieces of clone detection, which partitions can deal out by label."""
    codes = [solution.code for solution in solutions]
    return tuple(
        encode_piece(clone=str(label), first=codes[first], second=codes[second])
        for first, second, label in paired([solution.problem for solution in solutions], seed)
    )


def split_by_problem(solutions: Sequence[Solution], percent: int, seed: int = 0) -> Split:
    """Pairs to train on and held out: by a hash of the problem's name, so that no problem is on both sides."""
    sides: Mapping[bool, list[Solution]] = {True: [], False: []}
    for solution in solutions:
        sides[is_held_out(solution.problem, percent)].append(solution)
    return Split(pair_pieces(sides[False], seed), pair_pieces(sides[True], seed))


def _within(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    n = len(places)
    for start in range(n):
        for offset in range(1, min(SPREAD, n // 2) + 1):
            if 2 * offset == n and start >= offset:  # seen from the other side
                continue
            yield places[start], places[(start + offset) % n]


def _elsewhere(generator: np.random.Generator, problems: Sequence[str], problem: str) -> int:
    while True:
        place = int(generator.integers(len(problems)))
        if problems[place] != problem:
            return place
