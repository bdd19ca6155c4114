"""Transactions of an earlier run: read back, and taken up where the run was killed."""

import pytest

from node.chain.in_process import InProcessChain, eth_tester_chain
from node.chain.signed import Signed, read_signed, unused
from node.errors import ChainError
from tests.federations import account, addresses

NOBODY = "0x" + "11" * 20


class Killed(BaseException):
    """Stands for `kill -9`."""


@pytest.fixture
def chain():
    return eth_tester_chain(addresses(2))


def sign_and_die(chain: InProcessChain, data: bytes = b"") -> bytes:
    """Sign a transaction and die before it is broadcast; what the journal would hold."""
    recorded: list[bytes] = []

    def record(_label: str, _hash: str, raw: bytes) -> None:
        recorded.append(raw)
        raise Killed

    with pytest.raises(Killed):
        chain.transactor(account(0), record).send(NOBODY, data, "test")
    return recorded[0]


def test_what_was_signed_is_read_back(chain):
    raw = sign_and_die(chain, b"\1\2")
    signed = read_signed(raw)
    assert (signed.to, signed.data, signed.nonce) == (NOBODY, b"\1\2", 0)
    assert signed.max_fee > signed.tip > 0
    assert signed.gas > 21_000


@pytest.mark.parametrize("raw", [b"", b"\2", b"\xff" * 40, b"\2\xc0"])
def test_what_is_no_transaction_is_refused(raw):
    with pytest.raises(ChainError, match="the journal is damaged"):
        read_signed(raw)


def test_a_transaction_that_was_never_broadcast_is_taken_up(chain):
    raw = sign_and_die(chain)
    next_life = chain.transactor(account(0))
    assert next_life.nonce() == 0
    assert next_life.resume([raw]) == (read_signed(raw).hash,)
    assert next_life.nonce() == 1


def test_what_was_mined_is_left_alone(chain):
    raw = sign_and_die(chain)
    chain.transactor(account(0)).resume([raw])
    assert chain.transactor(account(0)).resume([raw]) == ()
    assert chain.transactor(account(0)).nonce() == 1


def test_nothing_recorded_is_nothing_to_do(chain):
    assert chain.transactor(account(0)).resume([]) == ()


def test_of_several_attempts_the_dearest_is_sent_and_only_one_is_mined(chain):
    raw = sign_and_die(chain)
    first = read_signed(raw)
    dearer = account(0).sign_transaction(
        {
            "chainId": chain.chain_id,
            "nonce": 0,
            "gas": first.gas,
            "maxFeePerGas": first.max_fee * 2,
            "maxPriorityFeePerGas": first.tip * 2,
            "value": 0,
            "to": NOBODY,
            "data": b"",
        }
    )
    found = chain.transactor(account(0)).resume([bytes(dearer.raw_transaction), raw])
    assert found == ("0x" + dearer.hash.hex(),)
    assert chain.transactor(account(0)).nonce() == 1


def test_a_gap_ends_what_can_be_taken_up():
    def attempt(nonce: int, fee: int = 5) -> Signed:
        return Signed(f"0x{nonce}{fee}", None, b"", nonce, 21_000, fee, 1)

    one, dear, two, four = attempt(1), attempt(1, 9), attempt(2), attempt(4)
    assert unused([four, dear, two, one, attempt(0)], 1) == ((one, dear), (two,))
    assert unused([four], 1) == ()
