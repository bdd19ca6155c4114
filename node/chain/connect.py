"""A checked connection to a JSON-RPC node: it answers, it is the right chain, and the federation is there."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from node.chain.errors import translated
from node.chain.event_log import BLOCKS_A_REQUEST, EventLog
from node.chain.transactions import OnSigned, Transactor
from node.chain.web3_chain import Web3Chain
from node.errors import ConfigError, WrongChain
from node.types import Address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

__all__ = ["connect", "open_rpc"]

REQUEST_SECONDS = 30


def open_rpc(url: str, expected_chain_id: int) -> "Web3":
    """Reach the node at `url`.

    Raises `ConfigError` for another scheme than http(s), `ChainUnreachable` naming the URL, `WrongChain` with both ids.
    """
    from web3 import HTTPProvider, Web3

    if urlsplit(url).scheme not in {"http", "https"}:
        raise ConfigError(f"chain.url: {url!r} is not an http:// or https:// URL; give the URL of a JSON-RPC node")
    # No middleware: it would ask for the chain id with every request and look up names, and we need neither.
    w3 = Web3(HTTPProvider(url, request_kwargs={"timeout": REQUEST_SECONDS}), middleware=[])
    with translated(url):
        chain_id = int(w3.eth.chain_id)
    if chain_id != expected_chain_id:
        raise WrongChain(f"{url} serves chain {chain_id}, expected {expected_chain_id}; check chain.url and chain.id")
    return w3


def connect(  # noqa: PLR0913 -- one argument for each thing a connection depends on
    url: str,
    expected_chain_id: int,
    addresses: Mapping[str, Address],
    *,
    deploy_block: int = 0,
    account: "LocalAccount | None" = None,
    on_signed: OnSigned | None = None,
    wall_clock: Callable[[], float] = time.time,
    blocks_a_request: int = BLOCKS_A_REQUEST,
) -> Web3Chain:
    """Connect to the federation whose contracts are at `addresses` (by contract name); `account` None reads only.

    Raises as `open_rpc`, and `WrongChain` naming the contract and address where there is no code.
    """
    w3 = open_rpc(url, expected_chain_id)
    for name, address in addresses.items():
        with translated(url):
            code = w3.eth.get_code(address)  # type: ignore[arg-type]
        if not code:
            raise WrongChain(f"{url}: no contract at {address}, where {name} should be; check the federation file")
    log = EventLog(w3, addresses, deploy_block, endpoint=url, blocks_a_request=blocks_a_request)
    transactor = Transactor(w3, account, url, on_signed=on_signed) if account else None
    return Web3Chain(w3, transactor, addresses, log, endpoint=url, wall_clock=wall_clock)
