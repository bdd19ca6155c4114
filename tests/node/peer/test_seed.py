"""The round's seed: known to nobody before everything is revealed, and then the same to everybody."""

from dataclasses import replace

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from node.cid import cid_of, parse_cid
from node.peer.history import Reveal
from node.peer.seed import round_seed

REVEALS = tuple(Reveal(slot, f"0x{slot:040x}", cid_of(f"update {slot}".encode()), 10) for slot in range(5))


def test_the_seed_is_the_hash_of_what_was_revealed():
    parts = sorted((parse_cid(one.cid).digest, parse_cid(one.cid).codec) for one in REVEALS)
    words = [(7).to_bytes(32), *(word for digest, codec in parts for word in (digest, codec.to_bytes(32)))]
    assert round_seed(7, REVEALS) == int.from_bytes(keccak(b"".join(words))) % 2**64


@given(st.permutations(REVEALS))
def test_who_revealed_first_does_not_matter(order):
    again = [replace(one, slot=slot, trainer="0x" + "77" * 20, examples=1) for slot, one in enumerate(order)]
    assert round_seed(7, again) == round_seed(7, REVEALS)


@pytest.mark.parametrize("place", range(5))
def test_every_content_and_every_absence_changes_it(place):
    other = replace(REVEALS[place], cid=cid_of(b"another update"))
    seeds = {
        round_seed(7, REVEALS),
        round_seed(7, (*REVEALS[:place], other, *REVEALS[place + 1 :])),
        round_seed(7, REVEALS[:place] + REVEALS[place + 1 :]),
        round_seed(8, REVEALS),
    }
    assert len(seeds) == 4
