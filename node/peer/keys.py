"""The node's one secret: an account key in a keystore file, and the encryption key derived from it.

Keystores are Ethereum's version 3 JSON files, readable by their owner only; a raw private key is never written. The
X25519 key that others encrypt to is derived from the account key (HKDF-SHA256, see `Keys.encryption_key`), so there is
one file to back up and it restores both. Signing transactions is in `node.chain`, sealing updates is not here either.
"""

import getpass
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from node.errors import KeystoreError
from node.types import Address

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from eth_account.signers.local import LocalAccount

__all__ = ["Kdf", "Keys", "create_keystore", "keystore_address", "load_keystore", "password_from"]

_KEYSTORE_LIMIT = 16 * 1024  # bytes; a version 3 keystore has about 500
_PASSWORD_LIMIT = 1024  # bytes
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ENCRYPTION_CONTEXT = b"fednode.encryption.x25519.1"


class Kdf(Enum):
    """How dear each guess of the password is made: the scrypt work factor n (with r = 8, p = 1)."""

    STANDARD = 2**18  # about a second, 256 MiB
    LIGHT = 2**12  # milliseconds; for tests and the demo, whose keys guard nothing


@dataclass(frozen=True)
class Keys:
    """An unlocked account: its address is public, its secret stays out of `repr`, logs and tracebacks of this class."""

    address: Address
    _secret: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> "Keys":
        """The keys of a 32-byte secp256k1 private key. Raises `KeystoreError` when it is not a valid one."""
        from eth_account import Account

        try:
            return cls(Address(Account.from_key(secret).address), bytes(secret))
        except Exception:
            # `from None`: the library's message and frames may quote the secret.
            raise KeystoreError("not a valid private key: 32 bytes below the curve order are needed") from None

    def account(self) -> "LocalAccount":
        """The account that signs transactions locally."""
        from eth_account import Account

        signer: LocalAccount = Account.from_key(self._secret)
        return signer

    def encryption_key(self) -> "X25519PrivateKey":
        """The X25519 private key: HKDF-SHA256 (RFC 5869), no salt, of the account key; the info string is ours."""
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        derived = HKDF(SHA256(), length=32, salt=None, info=_ENCRYPTION_CONTEXT).derive(self._secret)
        return X25519PrivateKey.from_private_bytes(derived)

    def encryption_public(self) -> bytes:
        """The 32 bytes that `Membership` publishes for this member."""
        return self.encryption_key().public_key().public_bytes_raw()


def create_keystore(path: Path, password: str, *, kdf: Kdf = Kdf.STANDARD, keys: Keys | None = None) -> Keys:
    """Write a new keystore of fresh (or the given) keys, mode 0600; never overwrites.

    Raises `KeystoreError` when `path` exists, the password is empty or the file cannot be written.
    """
    from eth_account import Account

    if not password:
        raise KeystoreError(f"keystore {path}: the password is empty; choose one")
    keys = keys or Keys.of(secrets.token_bytes(32))
    document = Account.encrypt(keys._secret, password, kdf="scrypt", iterations=kdf.value)
    _write_private(path, json.dumps(document, sort_keys=True).encode() + b"\n")
    return keys


def load_keystore(path: Path, password: str) -> Keys:
    """Unlock the keystore at `path`.

    Raises `KeystoreError` when it is missing, readable by others, not a version 3 keystore, or the password is wrong.
    """
    from eth_account import Account

    document = _parse(path, _read_private(path, _KEYSTORE_LIMIT, "keystore"))
    try:
        secret = bytes(Account.decrypt(document, password))
    except ValueError as error:
        if "MAC mismatch" in str(error):
            raise KeystoreError(f"keystore {path}: wrong password") from None
        raise _malformed(path) from None
    except Exception:
        raise _malformed(path) from None
    return Keys.of(secret)


def keystore_address(path: Path) -> Address:
    """The address that the keystore at `path` names, without unlocking it; `load_keystore` is what proves it.

    Raises `KeystoreError` when the file is missing, readable by others or not a version 3 keystore with an address.
    """
    from eth_utils.address import is_hex_address, to_checksum_address

    named = _parse(path, _read_private(path, _KEYSTORE_LIMIT, "keystore")).get("address")
    if not is_hex_address(named):
        raise _malformed(path)
    return Address(to_checksum_address(named))


def password_from(file: Path | None, *, confirm: bool = False) -> str:
    """The password: first line of `file` (mode 0600), or from a prompt (twice with `confirm`) when `file` is None.

    Raises `KeystoreError` when the file is readable by others, empty or not UTF-8, or the two entries differ.
    """
    if file is not None:
        return _password_in(file)
    try:
        password = getpass.getpass("Keystore password: ")
        if confirm and getpass.getpass("Again: ") != password:
            raise KeystoreError("the two passwords differ; try again")
    except EOFError:
        raise KeystoreError("no password: there is no terminal to ask on; use --password-file") from None
    return password


def _password_in(file: Path) -> str:
    try:
        text = _read_private(file, _PASSWORD_LIMIT, "password file").decode()
    except UnicodeDecodeError:
        raise KeystoreError(f"password file {file}: not UTF-8 text") from None
    password = text.partition("\n")[0].rstrip("\r")
    if not password:
        raise KeystoreError(f"password file {file}: its first line is empty; write the password there")
    return password


def _parse(path: Path, data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are both ValueErrors
        raise _malformed(path) from None
    except RecursionError:
        raise _malformed(path) from None
    if not isinstance(document, dict) or document.get("version") != 3:
        raise _malformed(path)
    return document


def _malformed(path: Path) -> KeystoreError:
    return KeystoreError(f"keystore {path}: not a version 3 keystore file; restore it from your backup")


def _read_private(path: Path, limit: int, what: str) -> bytes:
    """At most `limit` bytes of a regular file that only its owner may read or write."""
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its writer before we can refuse it.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise KeystoreError(f"{what} {path}: not a regular file")
            if mode & _OTHERS:
                raise KeystoreError(
                    f"{what} {path}: others may access it (mode {stat.S_IMODE(mode):04o}); run: chmod 600 {path}"
                )
            data = file.read(limit + 1)
    except OSError as error:
        raise KeystoreError(f"{what} {path}: {error.strerror or error}") from None
    if len(data) > limit:
        raise KeystoreError(f"{what} {path}: larger than {limit} bytes")
    return data


def _write_private(path: Path, data: bytes) -> None:
    """Write `data` to a new file, mode 0600: complete or not at all, and never over an existing one."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # A hard link, unlike a rename, fails when the target exists.
        path.hardlink_to(temporary)
        _sync_directory(path.parent)
    except FileExistsError:
        raise KeystoreError(f"keystore {path}: already exists and is never overwritten; choose another path") from None
    except OSError as error:
        raise KeystoreError(f"keystore {path}: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
