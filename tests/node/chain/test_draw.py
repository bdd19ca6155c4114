from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain.draw import draw_seed, drawn, permute
from node.chain.words import Role
from tests.federations import PARAMETERS, Backend, small_federation

SEEDS = st.binary(min_size=32, max_size=32)


@given(st.integers(1, 300), SEEDS)
def test_the_draw_permutes(count: int, seed: bytes) -> None:
    assert sorted(permute(index, count, seed) for index in range(count)) == list(range(count))


@given(st.integers(1, 300), st.integers(1, 300), SEEDS)
def test_exactly_as_many_as_wanted_are_drawn(count: int, wanted: int, seed: bytes) -> None:
    assert sum(drawn(index, count, wanted, seed) for index in range(count)) == min(wanted, count)


def test_no_index_is_favoured() -> None:
    chosen = [index for key in range(400) for index in range(10) if drawn(index, 10, 3, draw_seed(key, 0))]
    counts = [chosen.count(index) for index in range(10)]
    assert sum(counts) == 1200
    assert all(75 < count < 165 for count in counts)  # 120 expected, standard deviation 9


def test_the_roles_are_drawn_apart() -> None:
    seats = [[index for index in range(50) if drawn(index, 50, 5, draw_seed(3, role))] for role in Role]
    assert seats[0] != seats[1]


@pytest.mark.parametrize("index", [-1, 5])
def test_an_index_beyond_the_count_is_a_mistake(index: int) -> None:
    with pytest.raises(ValueError, match="not among 5"):
        permute(index, 5, bytes(32))


def test_the_contract_draws_the_same(backend: Backend) -> None:
    few = replace(PARAMETERS, trainers=4, validators=3)
    small = small_federation(backend, founders=7, parameters=few)
    member = small.members[0]
    seen = set()
    for _ in range(4):
        member.open_round()
        for role, wanted in ((Role.TRAINER, 4), (Role.VALIDATOR, 3)):
            said = tuple(
                one for one in member.seated(role) if member.chain.call("RoundManager", "isDrawn", one, int(role))
            )
            assert member.drawn(role) == said
            assert len(said) == wanted
            seen.add(said)
        backend.advance(few.commit_seconds + 1)
    assert len(seen) > 1
