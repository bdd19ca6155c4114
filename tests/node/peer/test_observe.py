"""What the observer makes of the chain, where it is more than reading: whether a result can still be disclosed."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from node.chain.words import Phase
from node.peer.conclude import conclude
from node.peer.history import Disclosure
from node.peer.inputs import gather, load_record
from node.peer.journal import Journal, PreparedResult
from node.peer.observe import Observer

UNTIL = 500


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite", 1, "federation", "account")
    opened.remember_result(PreparedResult(3, b"result", bytes(32)))
    yield opened
    opened.close()


@pytest.fixture
def undisclosed(paper, journal):
    """What a validator that attested in round 3 still owes, seen from a phase of round `number`."""
    me = paper.validators[0]
    attested = replace(paper.past(3, ()), attesters=(me,))

    def ask(phase, *, number=3, past=attested, until=UNTIL, now=400, journal=journal):
        federation = SimpleNamespace(disclosable_until=lambda _: until)
        ended = phase in (Phase.FINALISED, Phase.FAILED)
        observer = Observer(me, federation, paper.store, journal, None, history=paper.history(past, paper.past(4, ())))
        return observer._undisclosed(SimpleNamespace(number=number, phase=phase, ended=ended), now)

    return ask


@pytest.mark.parametrize("phase", [Phase.DISCLOSE, Phase.FINALISED, Phase.FAILED])
def test_an_attested_result_is_owed_in_its_own_round(undisclosed, phase):
    assert undisclosed(phase) == 3


@pytest.mark.parametrize("phase", [Phase.COMMIT, Phase.ATTEST, Phase.FINALISED])
def test_and_in_the_next_round_until_time_is_up(undisclosed, phase):
    assert undisclosed(phase, number=4, now=UNTIL - 1) == 3
    assert undisclosed(phase, number=4, now=UNTIL) is None


def test_not_while_others_attest(undisclosed):
    assert undisclosed(Phase.ATTEST) is None


def test_not_when_the_clock_ended_the_round(undisclosed):
    assert undisclosed(Phase.FAILED, until=0) is None


def test_nothing_is_owed_without_an_open_attestation(undisclosed, paper):
    vouched = paper.past(3, ())
    disclosure = Disclosure(paper.validators[0], b"\x01" * 24, True)
    disclosed = replace(vouched, attesters=paper.validators, disclosures=(disclosure,))
    assert undisclosed(Phase.DISCLOSE, past=vouched) is None
    assert undisclosed(Phase.DISCLOSE, past=disclosed) is None


def test_nothing_can_be_disclosed_without_the_journalled_result(undisclosed, tmp_path):
    empty = Journal(tmp_path / "empty.sqlite", 1, "federation", "account")
    assert undisclosed(Phase.DISCLOSE, journal=empty) is None
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


def test_shared_work_is_done_in_an_order_that_all_agree_on(paper, journal):
    def waiting(account, stagger):
        federation = SimpleNamespace(drawn=lambda role: paper.validators)
        observer = Observer(account, federation, paper.store, journal, None, stagger)
        view = SimpleNamespace(number=3, phase=Phase.FINALISED)
        assert observer._my_turn(view, 100, True) is (stagger == 0 or observer._seconds_to_my_turn(view) == 0)
        assert not observer._my_turn(view, 100, False)
        return observer._seconds_to_my_turn(view)

    assert sorted(waiting(one, 3.0) for one in paper.validators) == [3.0 * one for one in range(len(paper.validators))]
    assert waiting("a stranger", 3.0) == 3.0 * len(paper.validators)
    assert {waiting(one, 0.0) for one in paper.validators} == {0.0}
