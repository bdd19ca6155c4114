"""A real round told as a row of the report."""

import pytest

from node.chain.words import Penalty as Kind
from node.peer.history import Penalty
from node.peer.inputs import load_record
from node.ports import Metrics
from node.research.round_summary import summarise_round
from tests.federations import TOKEN
from tests.living_federation import Friend, living_federation


@pytest.fixture(scope="module")
def town():
    friends = [Friend(), Friend(), Friend(), Friend(lambda data: data[:-2])]
    with living_federation(rounds=1, friends=friends) as one:
        yield one


@pytest.fixture
def past(town):
    return town.history.rounds[1]


def names(town):
    known = {one.address.lower(): f"peer {place}" for place, one in enumerate(town.keys)}
    return lambda account: known[account.lower()]


def test_a_finalised_round(town, past):
    record = load_record(town.store, past.finalisation.record)
    row = summarise_round(
        past, record, Metrics({"accuracy": 0.25, "perplexity": 80.0}), {"0x1": 5}, town.history.penalties, names(town)
    )
    assert (row.round, row.status, row.accuracy, row.perplexity, row.bytes) == (1, "finalised", 0.25, 80.0, {"0x1": 5})
    assert (row.state, row.record) == (past.finalisation.state, past.finalisation.record)
    told = {one.name: one for one in row.updates}
    assert sorted(told) == ["peer 0", "peer 1", "peer 2", "peer 3"]
    bad = told["peer 3"]
    assert (bad.included, bad.well_formed, bad.selected, bad.contribution) == (True, False, False, 0)
    assert bad.reason.startswith("malformed: payload of 46 bytes")
    assert sum(one.contribution for one in row.updates) == pytest.approx(900)
    assert [(one.name, one.kind, one.burned, one.fault_points) for one in row.penalties] == [
        ("peer 3", "hard penalty", 50.0, 0)
    ]


def test_a_failed_round_keeps_its_base_and_has_no_figures(town, past):
    failed = past.__class__(**{**past.__dict__, "finalisation": None, "failed_in": 1})
    row = summarise_round(failed, None, None, {}, (), names(town))
    assert (row.status, row.state, row.record, row.accuracy, row.updates) == ("failed", past.base, "", None, ())


@pytest.mark.parametrize(
    ("kind", "word"), [(Kind.SILENT, "silent"), (Kind.SOFT, "small penalty"), (Kind.HARD, "hard penalty")]
)
def test_penalties_have_words(town, past, kind, word):
    penalty = Penalty(9, town.address(0), kind, 2 * TOKEN, 1)
    (row,) = summarise_round(past, None, None, {}, (penalty,), names(town)).penalties
    assert (row.kind, row.account, row.burned, row.fault_points) == (word, town.address(0).lower(), 2.0, 1)
