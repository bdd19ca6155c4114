import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from node.chain.connect import connect, open_rpc
from node.errors import ChainUnreachable, ConfigError, WrongChain
from node.types import Address
from tests.federations import addresses

WITH_CODE, WITHOUT_CODE = addresses(2)


class _Node(BaseHTTPRequestHandler):
    """A JSON-RPC node of chain 5 whose latest block is at second 1,000,000; code is at one address only."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": self._answer(**asked)}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass

    @staticmethod
    def _answer(method: str, params: list[Any], **_: object) -> object:
        if method == "eth_getCode":
            return "0x60" if params[0] == WITH_CODE else "0x"
        return {"eth_call": "0x" + "00" * 20, "eth_chainId": "0x5", "eth_getBlockByNumber": {"timestamp": hex(10**6)}}[
            method
        ]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Node)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_another_scheme_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"chain\.url.*ws://"):
        open_rpc("ws://127.0.0.1:1", 5)


def test_an_unreachable_node_is_named() -> None:
    with HTTPServer(("127.0.0.1", 0), _Node) as closed:
        port = closed.server_port
    with pytest.raises(ChainUnreachable, match=f"127.0.0.1:{port}") as refused:
        open_rpc(f"http://127.0.0.1:{port}", 5)
    assert refused.value.exit_code == 5


def test_another_chain_is_named_with_both_ids(url: str) -> None:
    with pytest.raises(WrongChain, match="serves chain 5, expected 6"):
        open_rpc(url, 6)


def test_an_address_without_code_is_named(url: str) -> None:
    contracts: dict[str, Address] = {"ContributionToken": WITH_CODE, "Membership": WITHOUT_CODE}
    with pytest.raises(WrongChain, match=f"no contract at {WITHOUT_CODE}, where Membership should be"):
        connect(url, 5, contracts)


def test_a_contract_of_another_kind_is_noticed(url: str) -> None:
    chain = connect(url, 5, {"RoundManager": WITH_CODE})
    with pytest.raises(WrongChain, match=f"{WITH_CODE} answers phase with 20 bytes that no RoundManager would"):
        chain.call("RoundManager", "phase")


@pytest.mark.parametrize(("wall", "now"), [(999_999.9, 10**6), (10**6 + 7.5, 10**6 + 7)])
def test_now_is_the_later_of_block_and_wall_clock(url: str, wall: float, now: int) -> None:
    chain = connect(url, 5, {"ContributionToken": WITH_CODE}, wall_clock=lambda: wall)
    assert chain.now() == now


def test_importing_the_chain_does_not_import_web3() -> None:
    modules = "connect, deploy, deployment, federation, governance, in_process, transactions, web3_chain"
    heavy = "{'web3', 'eth_account', 'eth_tester'}"
    code = f"import sys\nfrom node.chain import {modules}\nprint(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
