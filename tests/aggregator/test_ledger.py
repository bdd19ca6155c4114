import pytest
from eth_abi import encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from aggregator import ledger as module
from aggregator.canonical import dumps
from aggregator.errors import BadParameter, Malformed
from aggregator.ledger import EMPTY_ROOT, Ledger, credit, merkle_proof, merkle_root

ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
AMOUNTS = st.dictionaries(ADDRESSES, st.integers(1, 2**256 - 1), max_size=20)
ONE, TWO, THREE = ("0x" + digit * 40 for digit in "123")


def verify(proof, root, leaf):
    """OpenZeppelin's MerkleProof.verify."""
    for sibling in proof:
        leaf = keccak(min(leaf, sibling) + max(leaf, sibling))
    return leaf == root


def leaf_of(address, amount):
    return keccak(keccak(encode(["address", "uint256"], [address, amount])))


def test_root_equals_the_published_example_of_openzeppelin():
    ledger = credit(Ledger(), {ONE: 5 * 10**18, TWO: 25 * 10**17})
    assert merkle_root(ledger, keccak).hex() == "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"


@given(AMOUNTS.filter(bool))
def test_every_entry_proves_its_amount_and_no_other(amounts):
    ledger = credit(Ledger(), amounts)
    root = merkle_root(ledger, keccak)
    for address, amount in ledger.entries:
        proof = merkle_proof(ledger, address, keccak)
        assert verify(proof, root, leaf_of(address, amount))
        assert not verify(proof, root, leaf_of(address, amount - 1))


def test_a_single_entry_is_its_own_root():
    ledger = credit(Ledger(), {ONE: 5})
    assert merkle_root(ledger, keccak) == leaf_of(ONE, 5)
    assert merkle_proof(ledger, ONE, keccak) == ()


def test_an_empty_ledger_has_a_root_and_no_proofs():
    assert merkle_root(Ledger(), keccak) == EMPTY_ROOT == bytes(32)
    with pytest.raises(BadParameter, match="is not in the ledger: it has earned nothing yet"):
        merkle_proof(Ledger(), ONE, keccak)


@given(AMOUNTS)
def test_bytes_come_back(amounts):
    ledger = credit(Ledger(), amounts)
    assert Ledger.from_bytes(ledger.to_bytes()) == ledger


def test_credits_accumulate_and_entries_stay_sorted():
    ledger = credit(credit(Ledger(), {TWO: 5, THREE: 0}), {TWO: 1, ONE: 2})
    assert ledger.entries == ((ONE, 2), (TWO, 6))
    assert ledger.amount(TWO) == 6
    assert ledger.amount(THREE) == 0
    assert ledger.to_bytes() == f'{{"entries":[["{ONE}","2"],["{TWO}","6"]],"format":1}}'.encode()


@pytest.mark.parametrize(
    ("amounts", "sentence"),
    [
        ({ONE.upper(): 1}, "cannot credit '0X1111"),
        ({ONE: -1}, "cannot credit -1"),
        ({TWO: 2**256 - 1}, "below 2\\^256 in total"),
    ],
)
def test_refuses_impossible_credits(amounts, sentence):
    with pytest.raises(BadParameter, match=sentence):
        credit(Ledger(((TWO, 1),)), amounts)


def test_refuses_to_grow_beyond_what_can_be_read_back(monkeypatch):
    monkeypatch.setattr(module, "ENTRY_LIMIT", 1)
    with pytest.raises(BadParameter, match="ledger of 2 accounts, at most 1"):
        credit(Ledger(), {ONE: 1, TWO: 1})


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "ledger is"),
        ({"format": 1}, "ledger lacks key 'entries'"),
        ({"format": 2, "entries": []}, "key 'format' is 2, expected 1"),
        ({"format": 1, "entries": {}}, "key 'entries' is {}"),
        ({"format": 1, "entries": [[ONE]]}, r"not \[address, amount\]"),
        ({"format": 1, "entries": [ONE]}, r"not \[address, amount\]"),
        ({"format": 1, "entries": [["0x", "1"]]}, "ledger entry key 'address'"),
        ({"format": 1, "entries": [[ONE, 1]]}, "ledger entry key 'amount'"),
        ({"format": 1, "entries": [[TWO, "1"], [ONE, "1"]]}, "accounts go up and come once"),
        ({"format": 1, "entries": [[ONE, "1"], [ONE, "1"]]}, "accounts go up and come once"),
    ],
)
def test_a_malformed_ledger_gets_a_sentence(value, sentence):
    with pytest.raises(Malformed, match=sentence):
        Ledger.from_bytes(dumps(value))


@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_malformed(data):
    with pytest.raises(Malformed):
        Ledger.from_bytes(data)


def test_a_ledger_is_hashed_once_for_everybodys_proof():
    ledger, hashed = Ledger(tuple((f"0x{place:040x}", place + 1) for place in range(20))), []

    def counting(data):
        hashed.append(data)
        return keccak(data)

    root = merkle_root(ledger, counting)
    once = len(hashed)
    proofs = [merkle_proof(ledger, address, counting) for address, _ in ledger.entries]
    assert len(hashed) == once
    assert merkle_root(ledger, keccak) == root
    assert proofs == [merkle_proof(ledger, address, keccak) for address, _ in ledger.entries]
