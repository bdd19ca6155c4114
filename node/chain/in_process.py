"""An EVM chain inside this process (eth-tester), for the demo and tests: no node to run, time passes when told to.

Every request takes one lock, because py-evm is not made for threads, and a view that was answered since the last block
is not executed again: many peers look at the same state. It is spoken to by the same `Web3Chain` as a real network.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from node.chain.event_log import BLOCKS_A_REQUEST, EventLog
from node.chain.transactions import OnSigned, Transactor
from node.chain.web3_chain import Web3Chain
from node.types import NOBODY, Address, UnixSeconds

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

__all__ = ["InProcessChain", "eth_tester_chain"]

GAS_LIMIT = 15_000_000  # of one transaction; the EVM in use refuses more than 16,777,216 in later forks
BLOCK_GAS_LIMIT = 60_000_000
ENDPOINT = "the in-process chain"
_READS = frozenset(
    f"eth_{name}"
    for name in (
        "blockNumber",
        "call",
        "chainId",
        "feeHistory",
        "gasPrice",
        "getBalance",
        "getBlockByNumber",
        "getCode",
        "getLogs",
        "getTransactionCount",
        "getTransactionReceipt",
        "maxPriorityFeePerGas",
    )
)  # what leaves the state as it is


class InProcessChain:
    """One chain, shared by everybody who connects to it."""

    def __init__(self, w3: "Web3", tester: Any) -> None:
        self.w3 = w3
        self.chain_id = int(w3.eth.chain_id)
        self._tester = tester
        self._logs: dict[tuple[Address, ...], EventLog] = {}

    def transactor(self, account: "LocalAccount", on_signed: OnSigned | None = None) -> Transactor:
        """What sends the transactions of `account` here."""
        return Transactor(self.w3, account, ENDPOINT, on_signed=on_signed, gas_limit=GAS_LIMIT)

    def connect(
        self,
        addresses: Mapping[str, Address],
        deploy_block: int = 0,
        account: "LocalAccount | None" = None,
        on_signed: OnSigned | None = None,
        *,
        fresh_log: bool = False,
        blocks_a_request: int = BLOCKS_A_REQUEST,
    ) -> Web3Chain:
        """A connection for `account` (None: read only).

        All connections to one federation share one event log, unless `fresh_log` asks for one of its own.
        """
        log = EventLog(self.w3, addresses, deploy_block, endpoint=ENDPOINT, blocks_a_request=blocks_a_request)
        if not fresh_log:
            log = self._logs.setdefault(tuple(sorted(addresses.values())), log)
        transactor = self.transactor(account, on_signed) if account else None
        return Web3Chain(self.w3, transactor, addresses, log, endpoint=ENDPOINT, wall_clock=None)

    def advance(self, seconds: int) -> UnixSeconds:
        """Let at least `seconds` pass: the next block carries the time returned, or a later one."""
        pending = int(self.w3.eth.get_block("pending")["timestamp"])
        provider: Any = self.w3.provider
        with provider.lock:
            provider.answers.clear()
            self._tester.time_travel(pending + seconds)
        return UnixSeconds(int(self.w3.eth.get_block("pending")["timestamp"]))


def eth_tester_chain(funded: Iterable[Address] = (), wei: int = 10**24) -> InProcessChain:
    """A fresh chain on which each of the `funded` accounts owns `wei`."""
    from eth_tester import EthereumTester, PyEVMBackend
    from eth_utils.address import to_canonical_address
    from web3 import Web3
    from web3.providers.eth_tester import EthereumTesterProvider

    class LockedProvider(EthereumTesterProvider):
        def __init__(self, tester: EthereumTester) -> None:
            super().__init__(tester)
            self.lock = threading.RLock()
            self.answers: dict[str, Any] = {}

        def make_request(self, method: Any, params: Any) -> Any:
            with self.lock:
                if method not in _READS:
                    self.answers.clear()
                if method != "eth_call":
                    return super().make_request(method, params)
                key = repr(params)
                if key not in self.answers:
                    self.answers[key] = super().make_request(method, params)
                return self.answers[key]

    state = {to_canonical_address(address): _account_state(wei) for address in (NOBODY, *funded)}
    genesis = PyEVMBackend.generate_genesis_params({"gas_limit": BLOCK_GAS_LIMIT})
    tester = EthereumTester(PyEVMBackend(genesis_parameters=genesis, genesis_state=state))
    return InProcessChain(Web3(LockedProvider(tester), middleware=[]), tester)


def _account_state(wei: int) -> dict[str, object]:
    return {"balance": wei, "nonce": 0, "code": b"", "storage": {}}
