"""Updates that are not what they should be, all in one round: each costs its sender, with a reason.

Everybody validates honestly; the first three train honestly, too.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from aggregator import canonical
from node.chain.words import Penalty
from node.cid import cid_of
from node.peer.audit import replay
from node.peer.inputs import load_record
from tests.federations import TOKEN
from tests.living_federation import HONEST, LENGTH, Friend, living_federation

PREFIX = 12  # magic and header length
HONEST_TRAINERS = 3
BOND = 120 * TOKEN  # what a founder joins with: the airdrop


def split(data):
    end = PREFIX + int.from_bytes(data[8:PREFIX], "little")
    return canonical.loads(data[PREFIX:end], 4096), data[end:]


def joined(magic, header, payload):
    text = canonical.dumps(header)
    return magic + len(text).to_bytes(4, "little") + text + payload


def with_header(**changes):
    """The update with some header members changed; None drops one."""

    def forge(data):
        header, payload = split(data)
        changed = {key: value for key, value in {**header, **changes}.items() if value is not None}
        return joined(data[:8], changed, payload)

    return forge


def with_values(change):
    """The update with another payload made of its int16 values."""

    def forge(data):
        header, payload = split(data)
        return joined(data[:8], header, change(np.frombuffer(payload, "<i2").copy()).tobytes())

    return forge


def lowest(values):
    values[5] = -32768
    return values


@dataclass(frozen=True)
class Forgery:
    forge: object
    reason: str


OTHER_BASE = cid_of(b"another base")
FORGERIES = {
    "no update at all": Forgery(lambda data: b"print('hello')", "file does not start with"),
    "missing key": Forgery(with_header(lineage=None), "update header lacks key 'lineage'"),
    "unknown key": Forgery(with_header(note="hi"), "update header has the unknown key 'note'"),
    "another trainer's": Forgery(with_header(trainer="0x" + "ab" * 20), "update header key 'trainer' is '0xabab"),
    "length": Forgery(with_header(length=LENGTH + 1), f"update header key 'length' is {LENGTH + 1}, expected {LENGTH}"),
    "too few values": Forgery(with_values(lambda values: values[:-1]), "payload of 46 bytes is smaller than the 48"),
    "dtype": Forgery(with_values(lambda v: v.astype("<i4")), "payload of 96 bytes is larger than the 48"),
    "base": Forgery(with_header(base=OTHER_BASE), f"update header key 'base' is '{OTHER_BASE[:20]}"),
    "lineage": Forgery(with_header(lineage=2), "update header key 'lineage' is 2, expected 1"),
    "guideline version": Forgery(with_header(guideline=9), "update header key 'guideline' is 9, expected 1"),
    "the value -32768": Forgery(with_values(lowest), "payload holds the value -32768 at coordinate 5"),
    "larger than declared": Forgery(lambda data: data + b"\0\0", "payload of 50 bytes is larger than the 48"),
}
OVERSIZED = lambda data: data + bytes(5000)  # noqa: E731
PLACES = {name: HONEST_TRAINERS + number for number, name in enumerate(FORGERIES)}
OVERSIZED_PLACE = HONEST_TRAINERS + len(FORGERIES)


@pytest.fixture(scope="module")
def town():
    friends = [HONEST] * HONEST_TRAINERS + [Friend(one.forge) for one in FORGERIES.values()] + [Friend(OVERSIZED)]
    with living_federation(rounds=1, friends=friends) as one:
        yield one


@pytest.fixture(scope="module")
def record(town):
    return {one.trainer: one for one in load_record(town.store, town.history.rounds[1].finalisation.record).updates}


def penalties(town, place):
    return [(one.kind, one.burned) for one in town.history.penalties if one.account == town.address(place)]


@pytest.mark.parametrize("name", FORGERIES)
def test_is_malformed_with_the_reason_in_words_and_a_hard_penalty(town, record, name):
    place = PLACES[name]
    said = record[town.address(place).lower()]
    assert said.reason.startswith(f"malformed: {FORGERIES[name].reason}")
    assert (said.included, said.well_formed, said.selected, said.contribution) == (True, False, False, 0)
    assert penalties(town, place) == [(Penalty.HARD, 50 * TOKEN)]
    assert town.federation().member(town.address(place)).bond == BOND - 50 * TOKEN


def test_what_no_store_takes_is_not_included_and_costs_a_little(town, record):
    said = record[town.address(OVERSIZED_PLACE).lower()]
    drawn = len(town.keys)
    assert (said.included, said.well_formed, said.selected, said.contribution) == (False, False, False, 0)
    # Its sender validates honestly: it does not vouch for what it could not read either.
    assert said.reason.startswith(f"not included: 0 of {drawn} drawn validators vouched for it")
    assert penalties(town, OVERSIZED_PLACE) == [(Penalty.SOFT, 2 * TOKEN)]


def test_the_round_ends_and_the_honest_share_its_reward(town, record):
    past = town.history.rounds[1]
    assert past.failed_in is None
    assert past.finalisation.malformed.bit_count() == len(FORGERIES)
    honest = [record[town.address(place).lower()] for place in range(HONEST_TRAINERS)]
    assert all(one.selected and one.contribution > 0 for one in honest)
    assert sum(one.contribution for one in honest) == 900 * TOKEN
    for place in range(HONEST_TRAINERS):
        member = town.federation().member(town.address(place))
        assert (member.bond, member.fault_points, penalties(town, place)) == (BOND, 0, [])


def test_an_auditor_comes_to_the_same(town):
    assert replay(town.history, 1, town.store).confirmed
