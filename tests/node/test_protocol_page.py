"""docs/protocol.md against the code: whatever has a name on the wire is on the page, and its example is true."""

import math
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from eth_utils.crypto import keccak

import aggregator
from aggregator.delta import StateHeader, UpdateHeader
from aggregator.optimiser import OPTIMISERS
from aggregator.optimiser_state import OptimiserHeader, optimiser_limit
from aggregator.record import PreaggregationRecord, RoundRecord, UpdateRecord, ValidatorCredit
from node.chain.artifacts import artifact
from node.chain.commitments import Domain, Result
from node.chain.draw import draw_seed, permute
from node.cid import cid_of, to_contract
from node.guideline import GUIDELINE_LIMIT
from node.peer.history import Reveal
from node.peer.inputs import LEDGER_LIMIT, RECORD_LIMIT, STATE_LIMIT, UPDATE_OVERHEAD
from node.peer.seed import round_seed

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
OURS = ("RoundManager", "GuidelineRegistry", "Membership", "ReleaseRegistry", "ContributionToken")
# Of ERC-20 and ERC-5805.
STANDARD = {"Approval", "Transfer", "DelegateChanged", "DelegateVotesChanged", "EIP712DomainChanged"}


@pytest.mark.parametrize("contract", OURS)
def test_every_event_is_on_the_page(contract):
    events = {entry["name"] for entry in artifact(contract).abi if entry["type"] == "event"}
    assert [name for name in sorted(events - STANDARD) if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize(
    "value",
    [UpdateHeader, StateHeader, OptimiserHeader, RoundRecord, UpdateRecord, ValidatorCredit, PreaggregationRecord],
)
def test_every_key_of_a_file_is_on_the_page(value):
    assert [field.name for field in fields(value) if f"`{field.name}`" not in PAGE] == []


def test_limits_are_those_of_the_code():
    assert (GUIDELINE_LIMIT, RECORD_LIMIT, LEDGER_LIMIT, STATE_LIMIT) == (256 << 10, 1 << 20, 64 << 20, 1 << 30)
    assert optimiser_limit(1) - optimiser_limit(0) == 14
    assert optimiser_limit(0) == UPDATE_OVERHEAD
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


def test_the_seed_is_the_hash_described():
    reveals = [Reveal(slot, "0x" + "22" * 20, cid_of(bytes([slot])), 1) for slot in range(3)]
    words = sorted(digest + codec.to_bytes(32) for digest, codec in (to_contract(one.cid) for one in reveals))
    assert round_seed(4, reveals) == int.from_bytes(keccak((4).to_bytes(32) + b"".join(words))) % 2**64


SYMBOLS = {"learning_rate": "η", "beta1": "β₁", "beta2": "β₂", "tau": "τ"}


def floats(optimiser, s):
    """The constants of the page's table: exact fractions, rounded once."""
    given = {key: Fraction(value) for key, value in optimiser.parameters.items()}
    eta, beta1, beta2, tau = (given.get(key, Fraction(0)) for key in SYMBOLS)
    q, t, r = eta * Fraction(2) ** (-s - 8), tau * Fraction(2) ** (8 - s), eta / (1 - beta1) / 2**16
    return map(float, (beta1, beta2, (1 - beta1) * 2**16, (1 - beta2) * 2**16, q, t, r))


def step_as_the_page_says(optimiser, a, m, v, s):
    beta1, beta2, c1, c2, q, t, r = floats(optimiser, s)
    if optimiser.name == "plain":
        return a, m, v
    if optimiser.name == "feddyn":
        return a + m + a, m + a, v
    m = round((beta1 * m) + (c1 * a))
    match optimiser.name:
        case "fedavgm":
            return round(r * m), m, v
        case "fedadagrad":
            v = min(round(v + (2**16 * a**2)), 2**53)
        case "fedyogi":
            v = round(v - ((c2 * a**2) * ((v > 2**16 * a**2) - (v < 2**16 * a**2))))
        case "fedadam":
            v = round((beta2 * v) + (c2 * a**2))
    return round((q * m) / (math.sqrt(v) + t)), m, v


@pytest.mark.parametrize("name", sorted(OPTIMISERS))
def test_the_optimisers_are_the_table_described(name):
    optimiser, s = aggregator.optimiser(name), -12
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    for key, value in optimiser.parameters.items():
        assert f"{SYMBOLS[key]} ({value})" in row
        assert f"`{key}` {SYMBOLS[key]}" in PAGE
    x, m, v = 0, 0, round(Fraction(optimiser.parameters.get("tau", 0)) ** 2 * Fraction(2) ** (16 - 2 * s))
    state, moments = np.zeros(1, np.int32), optimiser.start(1, s)
    for a in (5, -300, 32767, 0, -32767, 1):
        state, moments = aggregator.advance(optimiser, state, np.array([a], np.int16), moments, s)
        step, m, v = step_as_the_page_says(optimiser, a, m, v, s)
        x += step
        assert (state.tolist(), [int(one[0]) for one in moments]) == ([x], [m, v][: len(moments)])
