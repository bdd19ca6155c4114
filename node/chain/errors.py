"""One typed error for every way a chain says no.

The same custom error arrives as `TransactionFailed` (eth-tester), `ContractCustomError` (anvil) or `ContractLogicError`
(hardhat); here its data is found, decoded once against our ABIs and raised as `TransactionRefused` with a sentence of
advice. Which errors contracts raise is in `contracts/interfaces/`.
"""

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager

from node.chain.abi import decode_error
from node.errors import ChainError, ChainUnreachable, InsufficientFunds, TransactionRefused

__all__ = ["ADVICE", "refusal", "refused", "translated"]

ADVICE = {
    "CidEmpty": "name content by its CID",
    "CidUnknownCodec": "only raw and dag-pb CIDs are known",
    "FederationGovernorForbiddenCall": "proposals may only call the functions listed at deployment",
    "GovernorAlreadyCastVote": "every account votes once",
    "GovernorInsufficientProposerVotes": "the proposer holds too few voting units",
    "GovernorUnexpectedProposalState": "see `fednode proposals` for the proposal's state",
    "GuidelineRegistryOutOfBounds": "change this value in the guideline",
    "MembershipFalseProof": "the account and grant must be those named when the federation was deployed",
    "MembershipInsufficientTokens": "use a smaller amount",
    "MembershipNotSuspended": "there is nothing to resume",
    "MembershipStillBonded": "wait until the unbonding delay is over",
    "MembershipWrongStatus": "see `fednode status` for where the account stands",
    "RoundManagerAlreadyDone": "this was done before in this round",
    "RoundManagerDiscloseFirst": "disclose the earlier round's result first",
    "RoundManagerFalseProof": "rebuild the proof from that round's ledger",
    "RoundManagerNotAgreed": "wait for more validators to disclose the same result",
    "RoundManagerNotDrawn": "wait for a round in which the account is drawn",
    "RoundManagerNotYetClaimable": "wait until a later round has finalised",
    "RoundManagerNothingToClaim": "wait for the next reward",
    "RoundManagerOldRoot": "claim with the latest ledger",
    "RoundManagerRevealMismatch": "reveal exactly what was committed to",
    "RoundManagerRunning": "wait for the round to end",
    "RoundManagerTooFewSeated": "more members have to join or resume before a round can open",
    "RoundManagerTooLate": "the time to disclose is over",
    "RoundManagerUnknownSlots": "vouch only for updates that were revealed",
    "RoundManagerWrongPhase": "wait for the phase, or for the next round",
    "RoundManagerWrongRound": "read the current round again",
    "TimelockUnexpectedOperationState": "the timelock's delay is not over, or the operation was executed before",
}

_MESSAGE_LIMIT = 300  # characters of a node's own words that we repeat
_POOR = re.compile(r"insufficient funds|cannot afford|doesn't have enough funds", re.IGNORECASE)
_REVERTED = re.compile(r"revert", re.IGNORECASE)
_TESTER_DATA = re.compile(r"(?s)execution reverted: (b(['\"]).*\2)")  # eth-tester prints the bytes into its message


@contextmanager
def translated(endpoint: str) -> Iterator[None]:
    """Turn whatever a request to `endpoint` raises into one `ChainError`."""
    try:
        yield
    except ChainError:
        raise
    except Exception as error:
        raise _translate(error, endpoint) from error


def refusal(data: bytes, message: str = "") -> TransactionRefused:
    """The typed error for revert `data`; `message` is used when the data is not ours."""
    return refused(*(decode_error(data) or ("Unknown", (message or f"0x{data[:36].hex()}",))))


def refused(name: str, arguments: tuple[object, ...]) -> TransactionRefused:
    """The typed error for a contract's error by name, with its advice."""
    return TransactionRefused(name, arguments, ADVICE.get(name, ""))


def _translate(error: Exception, endpoint: str) -> ChainError:
    message = str(error)[:_MESSAGE_LIMIT]
    if _POOR.search(message):
        return InsufficientFunds(f"{endpoint}: {message}; send gas money to the account")
    data = _revert_data(error)
    if data is not None:
        return refusal(data, message)
    if _REVERTED.search(message):
        return TransactionRefused("Unknown", (message,))
    if _is_connection(error):
        return ChainUnreachable(f"no answer from {endpoint} ({type(error).__name__}: {message}); is the node running?")
    return ChainError(f"{endpoint}: {type(error).__name__}: {message}; see the node's log")


def _revert_data(error: BaseException) -> bytes | None:
    """The revert data that a library's exception carries, itself or through what caused it."""
    seen: BaseException | None = error
    while seen is not None:
        data = _data_of(seen)
        if data:
            return data
        seen = seen.__cause__ or seen.__context__
    return None


def _data_of(error: BaseException) -> bytes | None:
    candidates = [getattr(error, "data", None), *error.args[:1], _tester_data(str(error))]
    response = getattr(error, "rpc_response", None)
    if isinstance(response, dict) and isinstance(response.get("error"), dict):
        candidates.append(response["error"].get("data"))
    for candidate in candidates:
        if isinstance(candidate, dict):
            candidate = candidate.get("data")  # noqa: PLW2901 -- hardhat nests it one deeper
        if isinstance(candidate, bytes) and len(candidate) >= 4:
            return candidate
        if isinstance(candidate, str) and re.fullmatch(r"0x([0-9a-fA-F]{2}){4,}", candidate):
            return bytes.fromhex(candidate[2:])
    return None


def _tester_data(message: str) -> bytes | None:
    printed = _TESTER_DATA.fullmatch(message)
    return ast.literal_eval(printed[1]) if printed else None


def _is_connection(error: BaseException) -> bool:
    import requests
    from web3.exceptions import PersistentConnectionError, ProviderConnectionError, TooManyRequests

    kinds = (OSError, requests.RequestException, ProviderConnectionError, PersistentConnectionError, TooManyRequests)
    return isinstance(error, kinds)
