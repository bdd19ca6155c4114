from node.ports import Event, Receipt
from node.research.metering import GasMeter, MeteredChain
from node.research.round_summary import gas_summary

EVENT = Event(1, 0, 5, "RoundManager", "RoundOpened", {})


class Chain:
    """Answers everything with something to recognise."""

    def call(self, *question):
        return ("called", *question)

    def transact(self, contract, function, *arguments):
        return Receipt("0x1", 1, 100 + len(arguments))

    def events(self, since):
        return [since, EVENT]

    def now(self):
        return 77

    def balance(self, account):
        return f"balance of {account}"


def test_transactions_are_metered_by_function_and_reads_are_not():
    meter = GasMeter()
    chain = MeteredChain(Chain(), meter)
    assert chain.call("A", "f", 1) == ("called", "A", "f", 1)
    assert chain.events(3) == [3, EVENT]
    assert (chain.now(), chain.balance("0x2")) == (77, "balance of 0x2")
    assert meter.used == {}
    assert chain.transact("A", "f", 1).gas == 101
    chain.transact("A", "f", 1, 2)
    chain.transact("B", "g")
    assert meter.used == {"A.f": [101, 102], "B.g": [100]}


def test_a_reset_gives_what_was_used_and_starts_again():
    meter = GasMeter()
    meter.add("A.f", 5)
    assert meter.reset() == {"A.f": [5]}
    assert meter.reset() == {}


def test_gas_is_summed_by_function():
    assert gas_summary({"B.g": [7], "A.f": [1, 2]}) == {
        "total": 10,
        "by_function": {"A.f": 3, "B.g": 7},
        "calls": {"A.f": 2, "B.g": 1},
    }
