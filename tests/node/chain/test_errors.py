import pytest
import requests
from eth_abi.abi import encode
from eth_tester.exceptions import TransactionFailed
from eth_utils.crypto import keccak
from web3.exceptions import ContractCustomError, ContractLogicError, Web3RPCError

from node.chain.artifacts import CONTRACTS, artifact
from node.chain.errors import ADVICE, refusal, translated
from node.errors import ChainError, ChainUnreachable, InsufficientFunds, TransactionRefused

WRONG_ROUND = keccak(text="RoundManagerWrongRound(uint32,uint32)")[:4] + encode(["uint32", "uint32"], [1, 2])
HEX = "0x" + WRONG_ROUND.hex()


def translation_of(error: Exception) -> ChainError:
    with pytest.raises(ChainError) as caught, translated("http://node"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        TransactionFailed(f"execution reverted: {WRONG_ROUND!r}"),
        ContractCustomError(HEX, data=HEX),
        ContractLogicError("execution reverted: custom error", data=HEX),
        ContractLogicError("execution reverted", data={"data": HEX}),
        Web3RPCError("{'code': 3}", rpc_response={"error": {"code": 3, "message": "execution reverted", "data": HEX}}),
    ],
)
def test_one_custom_error_however_it_arrives(error: Exception) -> None:
    found = translation_of(error)
    assert isinstance(found, TransactionRefused)
    assert (found.name, found.arguments) == ("RoundManagerWrongRound", (1, 2))
    assert str(found).endswith(ADVICE["RoundManagerWrongRound"])
    assert found.__cause__ is error


def test_data_behind_another_exception_is_found() -> None:
    outer = RuntimeError("wrapped")
    outer.__cause__ = ContractCustomError(HEX, data=HEX)
    assert isinstance(translation_of(outer), TransactionRefused)


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("refused"),
        requests.Timeout("slow"),
        requests.HTTPError("502"),
        ConnectionResetError("reset"),
    ],
)
def test_no_answer_names_the_endpoint(error: Exception) -> None:
    found = translation_of(error)
    assert isinstance(found, ChainUnreachable)
    assert "http://node" in str(found)


@pytest.mark.parametrize(
    "error",
    [
        Web3RPCError("insufficient funds for gas * price + value"),
        ValueError("Sender b'..' cannot afford txn gas 5 with account balance 0"),
        Web3RPCError("sender doesn't have enough funds to send tx"),
    ],
)
def test_lack_of_gas_money_is_recognised(error: Exception) -> None:
    assert isinstance(translation_of(error), InsufficientFunds)


def test_an_unknown_error_is_shown_as_it_came() -> None:
    found = refusal(b"\xde\xad\xbe\xef" + bytes(4))
    assert found.name == "Unknown"
    assert "deadbeef" in str(found)
    assert translation_of(ContractLogicError("execution reverted")).__class__ is TransactionRefused
    assert translation_of(KeyError("other")).__class__ is ChainError


def test_a_long_message_is_cut() -> None:
    assert len(str(translation_of(KeyError("x" * 100_000)))) < 1000


def test_our_own_errors_pass() -> None:
    mine = InsufficientFunds("lacks 5 wei")
    assert translation_of(mine) is mine


def test_advice_is_given_for_errors_that_exist() -> None:
    known = {item["name"] for name in CONTRACTS for item in artifact(name).abi if item["type"] == "error"}
    assert set(ADVICE) <= known
