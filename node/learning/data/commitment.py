"""A commitment to the texts that trained an update: a Merkle root for everybody, proofs for whom the operator chooses.

Merkle 1987, "A Digital Signature Based on a Conventional Encryption Function", with salted leaves. A salt is the
HMAC-SHA-256 of the text's digest under a key drawn for this update, so nobody can confirm a guess of a text from the
root, and a proof for one text says nothing about another. Leaves are sorted by their hashes: no order is kept.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from aggregator import canonical
from aggregator.canonical import Json
from aggregator.errors import AggregatorError
from aggregator.fields import Fields
from aggregator.merkle import merkle_path, merkle_top, merkle_tree
from node.errors import DataError
from node.files import write_atomically

__all__ = ["DataSet", "Membership", "Proof", "digests_of", "parse_proof", "text_digest"]

FORMAT = 1
PROOF_LIMIT = 64 * 1024 * 1024  # bytes
DIGEST_LIMIT = 500_000  # texts
PATH_LIMIT = 64  # siblings


@dataclass(frozen=True)
class DataSet:
    """The secret half: the key and the SHA-256 digests of all texts, sorted. Shown whole, it also proves absence."""

    key: bytes = field(repr=False)
    digests: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        """What the update carries, 32 bytes."""
        return merkle_tree(self._leaves(), _sha256)[0]

    def membership(self, digest: bytes) -> "Membership":
        """The proof that a text was in the set. Raises `DataError` when it was not."""
        if digest not in self.digests:
            raise DataError("proof: the text was not in the data set; only the whole data set can show that (--whole)")
        salt = _salt(self.key, digest)
        path = merkle_path(merkle_tree(self._leaves(), _sha256), _leaf(salt, digest))
        return Membership(digest, salt, path)

    def holds(self, digest: bytes) -> bool:
        """Whether a text was in the set that `root` stands for."""
        return digest in self.digests

    def to_bytes(self) -> bytes:
        """Canonical JSON, the same for the same set."""
        digests: list[Json] = [one.hex() for one in self.digests]
        return canonical.dumps({"format": FORMAT, "kind": "whole", "key": self.key.hex(), "digests": digests})

    def save(self, path: Path, *, durable: bool = True) -> None:
        """Write it for its owner alone. Raises `OSError`."""
        write_atomically(path, self.to_bytes(), 0o600, durable=durable)

    def _leaves(self) -> list[bytes]:
        return [_leaf(_salt(self.key, digest), digest) for digest in self.digests]


@dataclass(frozen=True)
class Membership:
    """The proof that one text was in a set: its digest, its salt and the siblings from its leaf to the root."""

    digest: bytes
    salt: bytes
    path: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        """The root that this proof leads to; it proves something only if an update carries it."""
        return merkle_top(_leaf(self.salt, self.digest), self.path, _sha256)

    def holds(self, digest: bytes) -> bool:
        """Whether this is the proof for that text."""
        return digest == self.digest

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        path: list[Json] = [one.hex() for one in self.path]
        return canonical.dumps(
            {"format": FORMAT, "kind": "member", "digest": self.digest.hex(), "salt": self.salt.hex(), "path": path}
        )


Proof: TypeAlias = DataSet | Membership


def digests_of(texts: Iterable[str]) -> tuple[bytes, ...]:
    """What a data set is made of: a digest for each text, sorted, copies once."""
    return tuple(sorted({text_digest(text) for text in texts}))


def text_digest(text: str) -> bytes:
    """SHA-256 of a text in UTF-8."""
    return _sha256(text.encode(errors="surrogatepass"))


def parse_proof(data: bytes) -> Proof:
    """Read what `to_bytes` of either wrote. Raises `DataError` for anything else."""
    try:
        document = canonical.loads(data, PROOF_LIMIT)
        if isinstance(document, dict) and document.get("kind") == "whole":
            fields = _fields(document, "whole", ("key", "digests"))
            digests = _hex_items(fields, "digests", DIGEST_LIMIT)
            if not digests or list(digests) != sorted(set(digests)):
                raise DataError("proof: digests are not sorted, or there are none; ask for the proof again")
            return DataSet(bytes.fromhex(fields.digest("key")), digests)
        fields = _fields(document, "member", ("digest", "salt", "path"))
        digest, salt = (bytes.fromhex(fields.digest(key)) for key in ("digest", "salt"))
        return Membership(digest, salt, _hex_items(fields, "path", PATH_LIMIT))
    except AggregatorError as error:
        raise DataError(f"proof: {error}; ask for the proof again") from error


def _fields(document: Json, kind: str, keys: tuple[str, ...]) -> Fields:
    fields = Fields(document, ("format", "kind", *keys), "proof")
    fields.exactly("format", FORMAT)
    fields.exactly("kind", kind)
    return fields


def _hex_items(fields: Fields, key: str, limit: int) -> tuple[bytes, ...]:
    items = enumerate(fields.items(key, limit))
    return tuple(bytes.fromhex(Fields({str(n): one}, (str(n),), f"proof {key}").digest(str(n))) for n, one in items)


def _leaf(salt: bytes, digest: bytes) -> bytes:
    """Hashed twice, as the ledger's leaves are: a leaf can never pass for an inner node."""
    return _sha256(_sha256(salt + digest))


def _salt(key: bytes, digest: bytes) -> bytes:
    return hmac.digest(key, digest, "sha256")


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
