"""docs/protocol.md against the code: whatever has a name on the wire is on the page, and its example is true."""

from dataclasses import fields
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from aggregator.delta import StateHeader, UpdateHeader
from aggregator.record import RoundRecord, UpdateRecord, ValidatorCredit
from node.chain.artifacts import artifact
from node.chain.commitments import Domain, Result
from node.chain.draw import draw_seed, permute
from node.cid import cid_of
from node.guideline import GUIDELINE_LIMIT
from node.peer.inputs import LEDGER_LIMIT, RECORD_LIMIT, STATE_LIMIT, UPDATE_OVERHEAD

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
OURS = ("RoundManager", "GuidelineRegistry", "Membership", "ReleaseRegistry", "ContributionToken")
# Of ERC-20 and ERC-5805.
STANDARD = {"Approval", "Transfer", "DelegateChanged", "DelegateVotesChanged", "EIP712DomainChanged"}


@pytest.mark.parametrize("contract", OURS)
def test_every_event_is_on_the_page(contract):
    events = {entry["name"] for entry in artifact(contract).abi if entry["type"] == "event"}
    assert [name for name in sorted(events - STANDARD) if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("value", [UpdateHeader, StateHeader, RoundRecord, UpdateRecord, ValidatorCredit])
def test_every_key_of_a_file_is_on_the_page(value):
    assert [field.name for field in fields(value) if f"`{field.name}`" not in PAGE] == []


def test_limits_are_those_of_the_code():
    assert (GUIDELINE_LIMIT, RECORD_LIMIT, LEDGER_LIMIT, STATE_LIMIT) == (256 << 10, 1 << 20, 64 << 20, 1 << 30)
    for limit in ("256 KiB", "1 MiB", "64 MiB", "1 GiB", f"{UPDATE_OVERHEAD:,} bytes"):
        assert limit in PAGE


def test_the_example_is_true():
    domain, member, salt = Domain(31337, "0x" + "11" * 20), "0x" + "22" * 20, bytes(range(32))
    update = domain.update_commitment(7, member, cid_of(b"update"), 12, salt)
    result = Result(0b1011, 0b10, 0, cid_of(b"record"), cid_of(b"state"), b"\x33" * 32)
    attestation = domain.result_commitment(7, member, result, salt)
    shown = (cid_of(b"update"), update.hex(), result.hash().hex(), attestation.hex())
    assert [value for value in shown if value not in PAGE] == []


def as_the_page_says(x, n, key, role):
    seed = keccak(key.to_bytes(32) + role.to_bytes(32))
    h = next(h for h in range(1, 99) if 4**h >= n)
    while True:
        left, right = x >> h, x % 2**h
        for r in range(4):
            mixed = int.from_bytes(keccak(seed + r.to_bytes(32) + right.to_bytes(32))) % 2**h
            left, right = right, left ^ mixed
        x = left << h | right
        if x < n:
            return x


@pytest.mark.parametrize("n", [1, 2, 5, 16, 17, 300])
def test_the_draw_is_the_permutation_described(n):
    described = [as_the_page_says(x, n, 5, 1) for x in range(n)]
    assert described == [permute(x, n, draw_seed(5, 1)) for x in range(n)]
    assert sorted(described) == list(range(n))
