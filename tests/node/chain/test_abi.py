import re
from enum import IntEnum
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from node.chain import words
from node.chain.abi import (
    decode_call,
    decode_error,
    decode_log,
    decode_result,
    encode_call,
    encode_constructor,
    function_name,
)
from node.chain.artifacts import CONTRACTS, artifact
from node.chain.errors import refusal
from node.chain.views import Parameters
from tests.federations import PARAMETERS, addresses

INTERFACES = Path(__file__).parents[3] / "contracts" / "interfaces"


def test_every_contract_has_code_that_fits_a_block() -> None:
    for name in CONTRACTS:
        compiled = artifact(name)
        assert 1000 < len(compiled.bytecode) < 49_152, name  # EIP-3860 limits creation code


def test_a_call_is_selector_and_words() -> None:
    data = encode_call("RoundManager", "vouch", (3, 0b101))
    assert data == keccak(text="vouch(uint32,uint256)")[:4] + encode(["uint256", "uint256"], [3, 5])


def test_structs_are_given_as_tuples_or_mappings() -> None:
    cid = (b"\x01" * 32, 0x55)
    as_mapping = {"digest": cid[0], "codec": cid[1]}
    data = encode_call("RoundManager", "reveal", (1, cid, 2, b"\x02" * 32))
    assert data == encode_call("RoundManager", "reveal", (1, as_mapping, 2, b"\x02" * 32))
    assert data[:4] == keccak(text="reveal(uint32,(bytes32,uint8),uint32,bytes32)")[:4]


@pytest.mark.parametrize(("function", "arguments"), [("nonsense", ()), ("vouch", (1,))])
def test_an_unknown_function_is_a_mistake(function: str, arguments: tuple[int, ...]) -> None:
    with pytest.raises(KeyError, match=function):
        encode_call("RoundManager", function, arguments)


def test_a_constructor_follows_the_bytecode() -> None:
    names = addresses(2)
    data = encode_constructor("ContributionToken", ("name", "SYM", *names))
    tail = encode(["string", "string", "address", "address"], ["name", "SYM", *names])
    assert data == artifact("ContributionToken").bytecode + tail


def test_several_results_are_a_tuple_and_one_is_itself() -> None:
    assert decode_result("RoundManager", "minting", 0, encode(["uint256", "uint256"], [7, 8])) == (7, 8)
    assert decode_result("Membership", "memberCount", 0, encode(["uint256"], [9])) == 9


def test_addresses_are_checksummed_and_lists_tuples() -> None:
    some = tuple(addresses(3))
    assert decode_result("RoundManager", "seated", 3, encode(["address[]"], [[one.lower() for one in some]])) == some


def test_an_event_keeps_the_order_of_its_arguments() -> None:
    trainer = addresses(1)[0]
    topics = [
        keccak(text="UpdateRevealed(uint32,address,uint8,(bytes32,uint8),uint32)"),
        encode(["uint32"], [4]),
        encode(["address"], [trainer]),
    ]
    data = encode(["uint8", "(bytes32,uint8)", "uint32"], [2, (b"\x07" * 32, 0x70), 11])

    assert decode_log("RoundManager", topics, data) == (
        "UpdateRevealed",
        {"round": 4, "trainer": trainer, "slot": 2, "cid": {"digest": b"\x07" * 32, "codec": 0x70}, "examples": 11},
    )


def test_unknown_logs_are_left_out() -> None:
    assert decode_log("RoundManager", [keccak(b"other")], b"") is None
    assert decode_log("RoundManager", [], b"") is None


@given(st.binary(max_size=200))
def test_any_revert_data_is_decoded_or_left(data: bytes) -> None:
    found = decode_error(data)
    assert found is None or isinstance(found[0], str)


@given(st.binary(max_size=100))
def test_truncated_errors_are_left(tail: bytes) -> None:
    selector = keccak(text="RoundManagerWrongRound(uint32,uint32)")[:4]
    found = decode_error(selector + tail)
    assert found is None or found[0] == "RoundManagerWrongRound"


def test_solidity_s_own_errors_are_known() -> None:
    assert decode_error(keccak(text="Error(string)")[:4] + encode(["string"], ["no"])) == ("Error", ("no",))
    assert decode_error(keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [17])) == ("Panic", (17,))


def test_errors_read_as_words() -> None:
    phase = keccak(text="RoundManagerWrongPhase(uint32,uint8,uint8)")[:4] + encode(["uint32"] * 3, [7, 1, 2])
    found = refusal(phase)
    assert found.arguments == (7, 1, 2)
    assert "RoundManagerWrongPhase(7, COMMIT, REVEAL)" in str(found)

    name, zeros = b"softPenalty".ljust(32, b"\0"), bytes(32)
    bounds = keccak(text="GuidelineRegistryOutOfBounds(bytes32,uint256,uint256,uint256)")[:4]
    assert "(softPenalty, 9, 1, 5)" in str(refusal(bounds + name + encode(["uint256"] * 3, [9, 1, 5])))
    assert "(0x" + zeros.hex() in str(refusal(bounds + zeros + encode(["uint256"] * 3, [9, 1, 5])))


def test_an_enumeration_value_we_do_not_know_stays_a_number() -> None:
    phase = keccak(text="RoundManagerWrongPhase(uint32,uint8,uint8)")[:4] + encode(["uint32"] * 3, [7, 99, 2])
    assert "(7, 99, REVEAL)" in str(refusal(phase))


def test_parameters_are_the_contracts_struct() -> None:
    adopt = next(item for item in artifact("GuidelineRegistry").abi if item.get("name") == "adopt")
    struct = adopt["inputs"][2]["components"]
    assert [part["name"] for part in struct] == list(PARAMETERS.to_contract())
    assert Parameters.of(PARAMETERS.to_contract()) == PARAMETERS
    assert encode_call("GuidelineRegistry", "adopt", ((b"\x01" * 32, 85), (bytes(32), 0), PARAMETERS.to_contract()))


@pytest.mark.parametrize(
    ("interface", "enumeration", "ours"),
    [
        ("IRoundManager", "Phase", words.Phase),
        ("IRoster", "Role", words.Role),
        ("IRoster", "Progress", words.Progress),
        ("IMembership", "Status", words.MemberStatus),
        ("IMembership", "Penalty", words.Penalty),
    ],
)
def test_enumerations_have_the_contracts_numbers(interface: str, enumeration: str, ours: type[IntEnum]) -> None:
    source = (INTERFACES / f"{interface}.sol").read_text()
    found = re.search(rf"enum {enumeration} {{([^}}]*)}}", source)
    assert found
    names = [name.strip().upper() for name in found[1].split(",")]
    assert names == [one.name for one in ours]
    assert [one.value for one in ours] == list(range(len(names)))


def test_a_call_is_decoded_as_it_was_encoded() -> None:
    cid = {"digest": b"\x01" * 32, "codec": 0x55}
    data = encode_call("RoundManager", "reveal", [4, cid, 10, b"\x02" * 32])
    assert decode_call("RoundManager", data) == ("reveal", (4, cid, 10, b"\x02" * 32))
    assert function_name("RoundManager", data[:4]) == "reveal"
    assert function_name("Membership", data[:4]) is None
    with pytest.raises(KeyError):
        decode_call("Membership", data)
