"""Everything is passed on."""

from types import SimpleNamespace

from node.research.wrapped import WrappedChain


def test_every_call_reaches_the_chain_behind():
    behind = SimpleNamespace(
        call=lambda *given: ("call", *given),
        transact=lambda *given: ("transact", *given),
        events=lambda since: ("events", since),
        now=lambda: 5,
        balance=lambda account: ("balance", account),
    )
    chain = WrappedChain(behind)
    assert chain.call("RoundManager", "round") == ("call", "RoundManager", "round")
    assert chain.transact("RoundManager", "settle", "0x") == ("transact", "RoundManager", "settle", "0x")
    assert (chain.events(3), chain.now(), chain.balance("0x")) == (("events", 3), 5, ("balance", "0x"))
