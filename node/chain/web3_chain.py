"""`node.ports.Chain` over web3: the same class whatever answers, an in-process EVM, a test node or a real network.

Making a connection, and the checks that go with it, is `node.chain.connect`'s.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from node.chain.abi import decode_result, encode_call
from node.chain.errors import translated
from node.chain.event_log import EventLog, decode_logs
from node.chain.transactions import Transactor
from node.errors import ChainError, WrongChain
from node.ports import Event, Receipt
from node.types import NOBODY, Address, UnixSeconds

if TYPE_CHECKING:
    from web3 import Web3

__all__ = ["Web3Chain"]


class Web3Chain:
    """The federation's contracts, by name in `addresses`, spoken to by `transactor`'s account (None: read only).

    Views are read at the pending block: the latest state as the next transaction will see it, clock included; a phase
    that ends by time would otherwise seem to last until somebody mines a block. `wall_clock` gives unix seconds, None
    on chains that make their own time.
    """

    def __init__(
        self,
        w3: "Web3",
        transactor: Transactor | None,
        addresses: Mapping[str, Address],
        log: EventLog,
        *,
        endpoint: str,
        wall_clock: Callable[[], float] | None,
    ) -> None:
        self.addresses = dict(addresses)
        self._w3 = w3
        self._transactor = transactor
        self._log = log
        self._endpoint = endpoint
        self._wall_clock = wall_clock

    @property
    def account(self) -> Address:
        """The account that signs. Raises `ChainError` on a read-only connection."""
        return self._signer().address

    def call(self, contract: str, function: str, *arguments: object) -> Any:
        """Read a view function. Raises `ChainUnreachable`, `TransactionRefused`, `WrongChain` (not our contract)."""
        from eth_abi.exceptions import DecodingError

        # Nobody's address: no view depends on the caller, and eth-tester lets only those read who could pay for it.
        request: Any = {
            "from": NOBODY,
            "to": self.addresses[contract],
            "data": encode_call(contract, function, arguments),
        }
        with translated(self._endpoint):
            answer = bytes(self._w3.eth.call(request, "pending"))
        try:
            return decode_result(contract, function, len(arguments), answer)
        except DecodingError as error:
            raise WrongChain(
                f"{self._endpoint}: what is at {request['to']} answers {function} with {len(answer)} bytes that no "
                f"{contract} would; check the federation file"
            ) from error

    def transact(self, contract: str, function: str, *arguments: object) -> Receipt:
        """Sign, send and wait. Raises `TransactionRefused`, `InsufficientFunds`, `ChainUnreachable`."""
        data = encode_call(contract, function, arguments)
        receipt = self._signer().send(self.addresses[contract], data, f"{contract}.{function}")
        names = {address: name for name, address in self.addresses.items()}
        with translated(self._endpoint):
            events = tuple(decode_logs(self._w3, names, receipt["logs"]))
        return Receipt(
            "0x" + bytes(receipt["transactionHash"]).hex(), int(receipt["blockNumber"]), int(receipt["gasUsed"]), events
        )

    def resume(self, recorded: Iterable[bytes]) -> tuple[str, ...]:
        """Take up what an earlier run of the account signed; see `Transactor.resume`."""
        return self._signer().resume(recorded)

    def require_gas_money(self, gas: int, purpose: str) -> None:
        """See `Transactor.require_gas_money`."""
        self._signer().require_gas_money(gas, purpose)

    def events(self, since: int) -> Sequence[Event]:
        """Every event of the federation from block `since` (inclusive) on, in order. Raises `ChainUnreachable`."""
        return self._log.since(since)

    def now(self) -> UnixSeconds:
        """The earliest time the next block can have; unix seconds."""
        with translated(self._endpoint):
            if self._wall_clock is None:
                return UnixSeconds(int(self._w3.eth.get_block("pending")["timestamp"]))
            return UnixSeconds(max(int(self._w3.eth.get_block("latest")["timestamp"]), int(self._wall_clock())))

    def balance(self, account: Address) -> int:
        """The account's gas money in wei."""
        with translated(self._endpoint):
            return int(self._w3.eth.get_balance(account))  # type: ignore[arg-type]

    def _signer(self) -> Transactor:
        if self._transactor is None:
            raise ChainError("this connection is read only; unlock a keystore to send transactions")
        return self._transactor
