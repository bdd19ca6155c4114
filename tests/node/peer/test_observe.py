"""What the observer makes of the chain, where it is more than reading: whether a result can still be disclosed."""

from types import SimpleNamespace

import pytest

from node.chain.words import Phase, Progress
from node.peer.conclude import conclude
from node.peer.inputs import gather, load_record
from node.peer.journal import Journal, PreparedResult
from node.peer.observe import Observer

ACCOUNT = "0x" + "a" * 40
UNTIL = 500


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite", 1, "federation", ACCOUNT)
    opened.remember_result(PreparedResult(3, b"result", bytes(32)))
    yield opened
    opened.close()


def undisclosed(journal, phase, *, number=3, progress=Progress.ATTESTED, until=UNTIL, now=400):
    seat = SimpleNamespace(progress=progress, round=3)
    federation = SimpleNamespace(seat=lambda *_: seat, disclosable_until=lambda _: until)
    ended = phase in (Phase.FINALISED, Phase.FAILED)
    view = SimpleNamespace(number=number, phase=phase, ended=ended)
    observer = Observer(ACCOUNT, federation, None, journal, None)
    return observer._undisclosed(view, now)


@pytest.mark.parametrize("phase", [Phase.DISCLOSE, Phase.FINALISED, Phase.FAILED])
def test_an_attested_result_is_owed_in_its_own_round(journal, phase):
    assert undisclosed(journal, phase) == 3


@pytest.mark.parametrize("phase", [Phase.COMMIT, Phase.ATTEST, Phase.FINALISED])
def test_and_in_the_next_round_until_time_is_up(journal, phase):
    assert undisclosed(journal, phase, number=4, now=UNTIL - 1) == 3
    assert undisclosed(journal, phase, number=4, now=UNTIL) is None


def test_not_while_others_attest(journal):
    assert undisclosed(journal, Phase.ATTEST) is None


def test_not_when_the_clock_ended_the_round(journal):
    assert undisclosed(journal, Phase.FAILED, until=0) is None


@pytest.mark.parametrize("progress", [Progress.VOUCHED, Progress.DISCLOSED, Progress.SETTLED])
def test_nothing_is_owed_without_an_open_attestation(journal, progress):
    assert undisclosed(journal, Phase.DISCLOSE, progress=progress) is None


def test_nothing_can_be_disclosed_without_the_journalled_result(tmp_path):
    empty = Journal(tmp_path / "empty.sqlite", 1, "federation", ACCOUNT)
    assert undisclosed(empty, Phase.DISCLOSE) is None
    empty.close()


@pytest.fixture
def observer(paper, journal):
    """Two finalised rounds: the ledger of the first can be claimed from."""
    federation = SimpleNamespace(earned=lambda _: 0)
    first = paper.past(1, paper.honest())
    first = paper.finalised(first, conclude(gather(paper.history(first), 1, paper.store)), 1)
    base = first.finalisation.state
    second = paper.past(2, paper.honest(base, seed=9), base)
    second = paper.finalised(second, conclude(gather(paper.history(first, second), 2, paper.store)), 2)
    paid = load_record(paper.store, first.finalisation.record).updates
    account = next(one.trainer for one in paid if one.contribution)
    return Observer(account, federation, paper.store, journal, None, history=paper.history(first, second))


def test_the_ledger_before_the_last_can_be_claimed_from(observer):
    claim = observer.claimable()
    assert (claim.ordinal, claim.amount) == (1, claim.cumulative)
    assert claim.amount > 0
    observer.forget_claim()
    assert observer.claimable() is None


def test_a_lost_record_costs_the_claim_for_now_and_nothing_else(observer, paper, caplog):
    record = observer.history.rounds[1].finalisation.record
    del paper.store.contents[record]
    assert observer.claimable() is None
    assert record in caplog.text
