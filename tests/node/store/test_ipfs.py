"""The store behind an IPFS daemon: on real daemons, and on a server that answers whatever a test tells it to."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from node.cid import CHUNK_BYTES, LINKS_PER_NODE, cid_of
from node.errors import (
    ConfigError,
    ContentCorrupted,
    ContentNotFound,
    ContentTooLarge,
    StoreError,
    StoreUnreachable,
)
from node.store.ipfs import IpfsStore
from node.store.local import LocalStore
from tests.conformance.content_store import ContentStoreSuite, Falsify, content
from tests.ipfs_daemon import connect, ipfs_daemon

DATA = b"what the daemon was asked for"
CID = cid_of(DATA)


@dataclass(frozen=True)
class Daemon:
    api: str
    directory: Path


@pytest.fixture(scope="session")
def daemons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, Daemon]]:
    """Two daemons that are connected to each other and to nobody else."""
    with ExitStack() as stack:
        directories = [tmp_path_factory.mktemp(name) for name in ("ipfs-first", "ipfs-second")]
        first, second = (Daemon(stack.enter_context(ipfs_daemon(each)), each) for each in directories)
        connect(second.api, first.api)
        yield first, second


@pytest.mark.node_js
class TestOnADaemon(ContentStoreSuite):
    @pytest.fixture
    def store(self, daemons: tuple[Daemon, Daemon]) -> Iterator[IpfsStore]:
        with closing(IpfsStore(daemons[0].api, timeout=10)) as store:
            yield store

    @pytest.fixture
    def falsify(self, daemons: tuple[Daemon, Daemon]) -> Falsify:
        def replace(data: bytes) -> None:
            files = (daemons[0].directory / "repo" / "blocks").rglob("*.data")
            block = next(path for path in files if path.read_bytes() == data)
            block.write_bytes(bytes(len(data)))

        return replace


@pytest.mark.node_js
@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES * (LINKS_PER_NODE + 1) + 1])
def test_one_daemon_fetches_and_pins_what_another_added(
    daemons: tuple[Daemon, Daemon], tmp_path: Path, size: int
) -> None:
    data = content(size, "bitswap")
    with closing(IpfsStore(daemons[0].api, 240)) as first, closing(IpfsStore(daemons[1].api, 240)) as second:
        cid = first.put(data)
        assert cid == LocalStore(tmp_path).put(data)
        second.pin(cid, size)
        assert cid in second.pins()
        assert second.get(cid, size) == data


@dataclass
class Script:
    """What the scripted server answers, and what it was asked."""

    status: int = 200
    body: bytes = b""
    declared: int | None = None  # Content-Length when it is not that of the body
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)


@contextmanager
def serving(script: Script) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            url = urlsplit(self.path)
            script.asked.append((url.path.removeprefix("/api/v0"), parse_qs(url.query)))
            self.send_response(script.status)
            self.send_header("Content-Length", str(script.declared or len(script.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(script.body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"/ip4/127.0.0.1/tcp/{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def store(script: Script) -> Iterator[IpfsStore]:
    with serving(script) as address, closing(IpfsStore(address, timeout=7)) as store:
        yield store


def test_asks_for_no_more_than_it_takes_and_no_longer_than_it_waits(script: Script, store: IpfsStore) -> None:
    script.body = DATA
    assert store.get(CID, 100) == DATA
    path, query = script.asked[0]
    assert (path, query["arg"], query["length"], query["timeout"]) == ("/cat", [CID], ["101"], ["7s"])


def test_refuses_other_bytes(script: Script, store: IpfsStore) -> None:
    script.body = DATA[:-1] + b"?"
    with pytest.raises(ContentCorrupted, match=f"{store.address}.*{CID}"):
        store.get(CID, 100)


def test_stops_reading_a_daemon_that_sends_more_than_asked(script: Script, store: IpfsStore) -> None:
    script.body = bytes(2000)
    with pytest.raises(ContentTooLarge, match=CID):
        store.get(CID, 1000)


def test_does_not_pin_what_it_refused(script: Script, store: IpfsStore) -> None:
    script.body = bytes(2000)
    with pytest.raises(ContentTooLarge):
        store.pin(CID, 1000)
    assert [path for path, _ in script.asked] == ["/cat"]


def test_a_daemon_that_refuses_has_not_found_it(script: Script, store: IpfsStore) -> None:
    script.status, script.body = 500, json.dumps({"Message": "context deadline exceeded", "Code": 0}).encode()
    with pytest.raises(ContentNotFound, match=f"{store.address}.*{CID}.*deadline"):
        store.get(CID, 100)


@pytest.mark.parametrize(
    "operation", [lambda store: store.put(DATA), lambda store: store.unpin(CID), lambda store: store.pins()]
)
def test_another_refusal_is_passed_on(
    script: Script, store: IpfsStore, operation: Callable[[IpfsStore], object]
) -> None:
    script.status, script.body = 500, json.dumps({"Message": "repository is locked", "Code": 0}).encode()
    with pytest.raises(StoreError, match=f"{store.address} refused: repository is locked"):
        operation(store)


def test_a_stream_that_breaks_off_is_no_answer(script: Script, store: IpfsStore) -> None:
    script.body, script.declared = DATA[:5], len(DATA)
    with pytest.raises(StoreUnreachable, match=store.address):
        store.get(CID, 100)


def test_refuses_a_daemon_that_names_the_content_otherwise(script: Script, store: IpfsStore) -> None:
    script.body = json.dumps({"Name": "x", "Hash": cid_of(b"other"), "Size": "5"}).encode()
    with pytest.raises(StoreError, match=cid_of(b"other")):
        store.put(DATA)


def test_says_explicitly_how_to_add(script: Script, store: IpfsStore) -> None:
    script.body = json.dumps({"Name": "x", "Hash": CID, "Size": "5"}).encode()
    assert store.put(DATA) == CID
    _, query = script.asked[0]
    asked = {name: query[name] for name in ("cid-version", "raw-leaves", "chunker", "cid-base")}
    assert asked == {"cid-version": ["1"], "raw-leaves": ["True"], "chunker": ["size-262144"], "cid-base": ["base32"]}


def test_does_not_list_pins_of_another_form(script: Script, store: IpfsStore) -> None:
    keys = {CID: {"Type": "recursive"}, "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPBdG": {"Type": "recursive"}}
    script.body = json.dumps({"Keys": keys}).encode()
    assert list(store.pins()) == [CID]


OPERATIONS: list[Callable[[IpfsStore], object]] = [
    lambda store: store.put(DATA),
    lambda store: store.get(CID, 100),
    lambda store: store.pin(CID, 100),
    lambda store: store.unpin(CID),
    lambda store: store.pins(),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("status", "body"), [(404, b"not found"), (500, b"<html>"), (403, b"")])
def test_what_is_no_daemon_is_unreachable(
    script: Script, store: IpfsStore, operation: Callable[[IpfsStore], object], status: int, body: bytes
) -> None:
    script.status, script.body = status, body
    with pytest.raises(StoreUnreachable, match=f"{store.address}.*correct store.address"):
        operation(store)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_stopped_daemon_is_unreachable(operation: Callable[[IpfsStore], object]) -> None:
    with serving(Script()) as address:
        pass
    with closing(IpfsStore(address)) as store, pytest.raises(StoreUnreachable, match=f"{address}.*ipfs daemon"):
        operation(store)


@pytest.mark.parametrize("answer", [b"no json", b"[]", b'{"Other": 1}', b""])
def test_an_answer_of_another_shape_is_unreachable(script: Script, store: IpfsStore, answer: bytes) -> None:
    script.body = answer
    with pytest.raises(StoreUnreachable, match=store.address):
        store.pins()
    with pytest.raises(StoreUnreachable, match=store.address):
        store.put(DATA)


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:5001", "/ip4/127.0.0.1", "/ip4/127.0.0.1/udp/5001"])
def test_refuses_an_address_that_is_no_multiaddr_of_an_api(address: str) -> None:
    with pytest.raises(ConfigError, match="must look like"):
        IpfsStore(address)
