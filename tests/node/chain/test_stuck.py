"""A transaction that nobody mines, on a real node: it must take our replacement, and only one may count."""

import pytest

from node.chain.connect import open_rpc
from node.chain.transactions import Patience, Transactor
from node.types import Address
from tests.chain_nodes import CHAIN_ID, anvil, fund, request
from tests.federations import account, addresses


@pytest.mark.node_js
def test_a_stuck_transaction_is_replaced_and_mined_once() -> None:
    with anvil("--no-mining") as url:
        fund(url, addresses(1))
        recorded: list[str] = []
        now = [0.0]

        def pause(seconds: float) -> None:
            now[0] += seconds
            if len(recorded) == 3:
                request(url, "evm_mine")

        transactor = Transactor(
            open_rpc(url, CHAIN_ID),
            account(0),
            url,
            on_signed=lambda _label, one, _raw: recorded.append(one),
            patience=Patience(poll=1, bump=5, give_up=60),
            clock=lambda: now[0],
            pause=pause,
        )
        receipt = transactor.send(Address("0x" + "44" * 20), b"", "test")

        assert len(set(recorded)) == 3
        assert "0x" + bytes(receipt["transactionHash"]).hex() == recorded[2]
        assert transactor.nonce() == 1
