from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain.commitments import Domain, Result
from node.cid import cid_of, to_contract
from node.errors import ContentIdMalformed
from node.types import Address, RoundId
from tests.federations import Backend, Small, content, salt, small_federation

ME = Address("0x" + "11" * 20)
RESULT = Result(0b1011, 0b1, 0b10, content("record"), cid_of(bytes(300_000)), b"\x05" * 32)


@pytest.fixture(scope="module")
def small(backend: Backend) -> Small:
    return small_federation(backend)


@pytest.mark.parametrize("cid", [content("raw"), cid_of(bytes(300_000))])
@pytest.mark.parametrize(("number", "examples"), [(1, 0), (2**32 - 1, 2**32 - 1)])
def test_an_update_commitment_is_the_contracts(small: Small, cid: str, number: int, examples: int) -> None:
    member = small.members[0]
    mine = member.domain.update_commitment(RoundId(number), member.account, content(cid), examples, salt(1))

    struct = to_contract(content(cid))
    assert mine == member.chain.call(
        "RoundManager", "updateCommitment", number, member.account, struct, examples, salt(1)
    )


def test_a_result_commitment_is_the_contracts(small: Small) -> None:
    member = small.members[0]
    mine = member.domain.result_commitment(RoundId(7), member.account, RESULT, salt(2))

    struct = RESULT.to_contract()
    assert mine == member.chain.call("RoundManager", "resultCommitment", 7, member.account, struct, salt(2))


def test_every_input_changes_the_commitment() -> None:
    domain = Domain(1, Address("0x" + "22" * 20))
    base = (RoundId(1), ME, content("a"), 5, salt("a"))
    others = [
        domain.update_commitment(RoundId(2), *base[1:]),
        domain.update_commitment(base[0], Address("0x" + "33" * 20), *base[2:]),
        domain.update_commitment(*base[:2], content("b"), *base[3:]),
        domain.update_commitment(*base[:3], 6, base[4]),
        domain.update_commitment(*base[:4], salt("b")),
        replace(domain, chain_id=2).update_commitment(*base),
        replace(domain, round_manager=ME).update_commitment(*base),
    ]
    found = {domain.update_commitment(*base), *others}
    assert len(found) == 8
    assert {len(one) for one in found} == {24}


words = st.integers(0, 2**256 - 1)


@given(words, words, st.integers(0, 2**32 - 1), st.binary(), st.binary(), st.binary(min_size=32, max_size=32))
def test_results_survive_the_journal(
    included: int, malformed: int, false: int, record: bytes, state: bytes, root: bytes
) -> None:
    result = Result(included, malformed, false, cid_of(record), cid_of(state), root)
    assert Result.from_bytes(result.to_bytes()) == result


@pytest.mark.parametrize("data", [b"", bytes(255), bytes(257), b"\xff" * 256, bytes(256)])
def test_other_bytes_are_no_result(data: bytes) -> None:
    with pytest.raises((ValueError, ContentIdMalformed)):
        Result.from_bytes(data)


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33)])
def test_a_salt_has_32_bytes(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Domain(1, ME).update_commitment(RoundId(1), ME, content("a"), 1, wrong)
