"""Which updates are included and who vouched falsely, by example and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.peer.history import Vouch
from node.peer.inclusion import bitmap_of, bits, false_vouchers, included_slots, two_thirds, vouch_count

UPDATES = 10


def vouches(*bitmaps):
    return tuple(Vouch(position, f"0x{position:040x}", bitmap) for position, bitmap in enumerate(bitmaps))


@pytest.mark.parametrize(("drawn", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (9, 6), (32, 22)])
def test_two_thirds(drawn, needed):
    assert two_thirds(drawn) == needed


@given(st.integers(1, 32))
def test_two_thirds_is_the_smallest_such_count(drawn):
    needed = two_thirds(drawn)
    assert 3 * needed >= 2 * drawn > 3 * (needed - 1)


@given(st.sets(st.integers(0, 255)))
def test_bitmaps_and_positions_are_the_same_thing(positions):
    assert bits(bitmap_of(positions)) == tuple(sorted(positions))


def test_a_repeated_position_counts_once():
    assert bitmap_of([3, 3, 0]) == 0b1001


def test_two_thirds_of_the_drawn_decide_not_of_those_who_vouched():
    both, one = 0b11, 0b01
    assert included_slots(vouches(both, both, one), revealed=2, drawn_validators=4) == 0b01
    assert included_slots(vouches(both, both, one), revealed=2, drawn_validators=3) == 0b11
    assert included_slots((), revealed=2, drawn_validators=3) == 0


def test_served_to_half_of_the_validators_is_not_included_and_nobody_lied():
    half = vouches(0b1, 0b1, 0b0, 0b0)
    assert included_slots(half, 1, 4) == 0
    assert false_vouchers(half, 1, 4) == 0


def test_vouching_alone_is_vouching_falsely():
    said = vouches(0b101, 0b001, 0b001, 0b001, 0b011)
    assert included_slots(said, 3, 5) == 0b001
    assert bits(false_vouchers(said, 3, 5)) == (0, 4)


def test_a_third_of_the_drawn_is_believed():
    assert false_vouchers(vouches(1, 0, 0), 1, 3) == 0
    assert false_vouchers(vouches(1, 0, 0, 0), 1, 4) == 0b1


def test_false_vouchers_are_named_by_validator_slot_not_by_order():
    late = Vouch(5, "0x01", 0b1)
    assert bits(false_vouchers((*vouches(0, 0, 0), late), 1, 4)) == (5,)


@given(st.integers(1, 32), st.data())
def test_against_counting_by_hand(drawn, data):
    everything = (1 << UPDATES) - 1
    said = vouches(*data.draw(st.lists(st.integers(0, everything), max_size=drawn)))
    counts = [vouch_count(said, slot) for slot in range(UPDATES)]
    assert counts == [sum(slot in bits(one.bitmap) for one in said) for slot in range(UPDATES)]
    included, false = included_slots(said, UPDATES, drawn), false_vouchers(said, UPDATES, drawn)
    assert included == bitmap_of(slot for slot in range(UPDATES) if counts[slot] >= two_thirds(drawn))
    lonely = {slot for slot in range(UPDATES) if 0 < counts[slot] < drawn / 3}
    assert set(bits(false)) == {one.position for one in said if lonely & set(bits(one.bitmap))}


@given(st.integers(1, 32), st.data())
def test_order_of_vouches_does_not_matter(drawn, data):
    said = vouches(*data.draw(st.lists(st.integers(0, (1 << UPDATES) - 1), max_size=drawn)))
    mixed = data.draw(st.permutations(said))
    assert included_slots(mixed, UPDATES, drawn) == included_slots(said, UPDATES, drawn)
    assert false_vouchers(mixed, UPDATES, drawn) == false_vouchers(said, UPDATES, drawn)


@given(st.integers(4, 32), st.data())
def test_less_than_a_third_of_liars_cannot_frame_who_vouches_for_what_everybody_holds(drawn, data):
    liars = data.draw(st.integers(0, (drawn - 1) // 3))
    everything = (1 << UPDATES) - 1
    honest = [everything] * (drawn - liars)
    lies = data.draw(st.lists(st.integers(0, everything), min_size=liars, max_size=liars))
    said = vouches(*honest, *lies)
    assert included_slots(said, UPDATES, drawn) == everything
    assert false_vouchers(said, UPDATES, drawn) == 0
