"""A content store behind an IPFS daemon (Kubo RPC), over ipfshttpclient 0.7. Import it late: it costs 0.3 seconds.
Which addresses are allowed is `node.config`'s; whatever a daemon answers is re-hashed."""

import io
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager

from ipfshttpclient import Client, exceptions

from node import errors
from node.cid import cid_of, is_cid, parse_cid
from node.types import Cid

__all__ = ["IpfsStore"]

_AS_OUR_CIDS = {"pin": True, "cid_version": 1, "raw_leaves": True, "chunker": "size-262144"}
# A broken stream is one of requests' OSErrors; an answer of another shape fails in ipfshttpclient's own reading.
_NO_ANSWER = (exceptions.Error, OSError, AssertionError, AttributeError, LookupError, TypeError)
_MARGIN_SECONDS = 10.0  # the daemon gives up first, and says why
# ipfshttpclient 0.7 passes an argument that urllib3 2 warns about and ignores; operators cannot do anything about it.
warnings.filterwarnings("ignore", message="The 'strict' parameter is no longer needed", category=FutureWarning)


class IpfsStore:
    """`ContentStore` of the daemon at multiaddr `address`, for one thread; fetches give up after `timeout` seconds."""

    def __init__(self, address: str, timeout: float = 60.0) -> None:
        self.address = address
        self._patience = {"timeout": f"{timeout:g}s"}  # without it, a content that nobody has is waited for forever
        try:
            self._client = Client(address, session=True, timeout=timeout + _MARGIN_SECONDS)
        except exceptions.AddressError as error:
            raise errors.ConfigError(f"store address {address!r} must look like /ip4/127.0.0.1/tcp/5001") from error

    def put(self, data: bytes) -> Cid:
        """Add, pin and return the content id. Raises `StoreUnreachable`, `StoreError` when the daemon names another."""
        cid, file, options = cid_of(data), io.BytesIO(data), {"cid-base": "base32"}
        with self._translated():
            added = self._client.add(file, opts=options, **_AS_OUR_CIDS)["Hash"]
        if added != cid:
            raise errors.StoreError(f"IPFS daemon at {self.address} added {cid} as {added}; use a current Kubo")
        return cid

    def get(self, cid: Cid, limit: int) -> bytes:
        """The re-hashed bytes. Raises `ContentTooLarge`, `ContentNotFound`, `ContentCorrupted`, `StoreUnreachable`."""
        parse_cid(cid)
        data, options = bytearray(), self._patience | {"length": str(limit + 1)}  # one more is enough to refuse
        with self._translated(cid), closing(self._client.cat(cid, stream=True, opts=options)) as pieces:
            for piece in pieces:
                data += piece
                if len(data) > limit:
                    raise errors.ContentTooLarge(
                        f"content {cid} has more than the {limit} bytes allowed; do not use it"
                    )
        if cid_of(bytes(data)) != cid:
            problem = f"IPFS daemon at {self.address} sent {len(data)} bytes that do not hash to {cid}"
            raise errors.ContentCorrupted(f"{problem}; try again, then run `ipfs repo verify`")
        return bytes(data)

    def pin(self, cid: Cid, limit: int) -> None:
        """Fetch, check and keep until unpinned. Raises as `get`, which runs first: a daemon pins without any limit."""
        self.get(cid, limit)
        with self._translated(cid):
            self._client.pin.add(cid, opts=dict(self._patience))

    def unpin(self, cid: Cid) -> None:
        """Allow the daemon to drop the content; unknown content ids are fine. Raises `StoreUnreachable`."""
        parse_cid(cid)
        with self._translated():
            try:
                self._client.pin.rm(cid)
            except exceptions.ErrorResponse as error:
                if "not pinned" not in str(error):
                    raise

    def pins(self) -> Iterator[Cid]:
        """Every content id pinned on the daemon, by whomever, that is one of this project's form."""
        with self._translated():
            keys = self._client.pin.ls(type="recursive", opts={"cid-base": "base32"})["Keys"]
        return (Cid(key) for key in sorted(keys) if is_cid(key))

    def close(self) -> None:
        """Close the connection to the daemon."""
        self._client.close()

    @contextmanager
    def _translated(self, cid: Cid | None = None) -> Iterator[None]:
        try:
            yield
        except exceptions.ErrorResponse as error:
            if cid is None:
                raise errors.StoreError(f"IPFS daemon at {self.address} refused: {error}; see its log") from error
            problem = f"IPFS daemon at {self.address} found no {cid}: {error}"
            raise errors.ContentNotFound(f"{problem}; check that the peer who pinned it is connected") from error
        except _NO_ANSWER as error:
            problem = f"no answer from the IPFS daemon at {self.address}: {error}"
            raise errors.StoreUnreachable(f"{problem}; start `ipfs daemon`, or correct store.address") from error
