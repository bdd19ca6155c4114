import pytest

from node.chain.in_process import eth_tester_chain
from node.chain.words import Phase
from node.errors import TransactionRefused
from tests.federations import PHASE_SECONDS, Backend, Small, account, addresses, content, salt, small_federation
from tests.node.chain.conftest import InProcessBackend


@pytest.fixture(scope="module")
def small(backend: Backend) -> Small:
    return small_federation(backend)


def test_time_passes_only_when_told_to(backend: InProcessBackend) -> None:
    chain = backend.chain.connect({})
    before = chain.now()
    assert chain.now() == before
    assert backend.chain.advance(500) >= before + 500
    assert chain.now() >= before + 500


def test_a_view_is_never_older_than_the_last_block(small: Small) -> None:
    one, other = small.members[0], small.members[1]
    one.open_round()
    number = one.round().number
    assert (one.round().committed, other.round().committed) == (0, 0)
    other.commit(number, content(1), 1, salt(1))
    assert (one.round().committed, other.round().committed) == (1, 1)

    small.backend.advance(PHASE_SECONDS + 1)
    assert one.round().phase is other.round().phase is Phase.FAILED


def test_a_view_is_executed_once_for_everybody(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    first = small.members[0].latest()
    monkeypatch.setattr("eth_tester.EthereumTester.call", lambda *_: pytest.fail("executed again"))
    assert [member.latest() for member in small.members] == [first] * 3


def test_a_refused_view_is_refused_again(small: Small) -> None:
    for _ in range(2):
        with pytest.raises(TransactionRefused, match="UnknownRelease"):
            small.members[0].release(4)


def test_a_refused_transaction_says_why_although_it_was_mined(small: Small) -> None:
    before = small.backend.nonce(account(0))
    with pytest.raises(TransactionRefused, match="MembershipNotSuspended"):
        small.members[0].resume()
    assert small.backend.nonce(account(0)) == before + 1


def test_two_chains_know_nothing_of_each_other() -> None:
    rich, poor = addresses(2)
    chain = eth_tester_chain([rich], wei=5 * 10**18)
    assert chain.connect({}).balance(rich) == 5 * 10**18
    assert chain.connect({}).balance(poor) == 0
