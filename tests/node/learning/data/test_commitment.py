"""What the root of a data set proves, to whom, and what it does not tell."""

import hmac
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import DataError
from node.learning.data.commitment import DataSet, digests_of, parse_proof, text_digest

KEY = bytes(range(32))
TEXTS = ("x = 1\n", "y = 2\n", "z = 3\n", "grüße = 'ß'\n", "\ud800")
DATA_SET = DataSet(KEY, digests_of(TEXTS))


@given(st.lists(st.text(), min_size=1, max_size=20), st.randoms())
def test_neither_order_nor_copies_change_the_root(texts, generator):
    root = DataSet(KEY, digests_of(texts)).root
    assert DataSet(KEY, digests_of(generator.sample(texts, len(texts)) + texts[:1])).root == root
    assert DataSet(KEY, digests_of([*texts, "one more text than there was"])).root != root


@given(st.lists(st.text(), min_size=1, max_size=20))
def test_every_text_has_a_proof_that_leads_to_the_root(texts):
    data_set = DataSet(KEY, digests_of(texts))
    for text in texts:
        proof = parse_proof(data_set.membership(text_digest(text)).to_bytes())
        assert proof.root == data_set.root
        assert proof.holds(text_digest(text))
        assert not proof.holds(text_digest(text + " "))


def test_a_text_that_was_not_there_has_no_proof_but_the_whole_set_shows_it():
    absent = text_digest("other = 4\n")
    with pytest.raises(DataError, match="--whole"):
        DATA_SET.membership(absent)
    whole = parse_proof(DATA_SET.to_bytes())
    assert whole.root == DATA_SET.root
    assert not whole.holds(absent)
    assert whole.holds(text_digest(TEXTS[0]))


def test_the_root_confirms_no_guess_without_the_key():
    # whoever knows every text still has to guess 32 random bytes
    assert DataSet(bytes(32), DATA_SET.digests).root != DATA_SET.root


def test_a_proof_for_one_text_says_nothing_about_another():
    proof = DATA_SET.membership(text_digest(TEXTS[0]))
    shown = proof.to_bytes()
    assert KEY.hex().encode() not in shown
    for other in TEXTS[1:]:
        assert text_digest(other).hex().encode() not in shown
        assert hmac.digest(KEY, text_digest(other), "sha256").hex().encode() not in shown


def test_a_proof_with_one_bit_changed_leads_elsewhere():
    proof = DATA_SET.membership(text_digest(TEXTS[1]))
    generator = random.Random(1)
    for _ in range(20):
        path = [bytearray(one) for one in proof.path]
        path[generator.randrange(len(path))][generator.randrange(32)] ^= 1
        assert type(proof)(proof.digest, proof.salt, tuple(map(bytes, path))).root != DATA_SET.root


def test_it_is_written_for_its_owner_alone(tmp_path):
    DATA_SET.save(tmp_path / "1.json")
    assert (tmp_path / "1.json").stat().st_mode & 0o777 == 0o600
    assert parse_proof((tmp_path / "1.json").read_bytes()) == DATA_SET
    assert KEY.hex() not in repr(DATA_SET)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 10_000,
        DATA_SET.to_bytes()[:-1],
        DATA_SET.to_bytes().replace(b"whole", b"other"),
        DATA_SET.to_bytes().replace(b'"format":1', b'"format":2'),
        DataSet(KEY, ()).to_bytes(),
        DataSet(KEY, DATA_SET.digests[::-1]).to_bytes(),
        DataSet(KEY[:5], DATA_SET.digests).to_bytes(),
        DataSet(KEY, (b"short",)).to_bytes(),
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(DataError, match=r"^proof: .*ask for the proof again"):
        parse_proof(data)
