import json
import os
import stat
import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from node.errors import KeystoreError
from node.peer.keys import Kdf, Keys, create_keystore, load_keystore, password_from

SECRET = bytes(range(1, 33))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "node.json"


def test_what_is_created_is_what_is_loaded(path: Path) -> None:
    created = create_keystore(path, "correct horse", kdf=Kdf.LIGHT)

    assert load_keystore(path, "correct horse") == created
    assert str(created.account().address) == created.address


def test_the_file_is_a_version_3_keystore_for_its_owner_only(path: Path) -> None:
    old = os.umask(0)
    try:
        create_keystore(path, "password", kdf=Kdf.LIGHT, keys=Keys.of(SECRET))
    finally:
        os.umask(old)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = json.loads(path.read_bytes())
    assert document["version"] == 3
    assert document["crypto"]["kdfparams"]["n"] == Kdf.LIGHT.value
    assert SECRET.hex() not in path.read_text()
    assert [entry.name for entry in path.parent.iterdir()] == ["node.json"]


def test_the_standard_setting_is_the_libraries_default() -> None:
    assert Kdf.STANDARD.value == 262144


def test_an_existing_keystore_is_never_overwritten(path: Path) -> None:
    create_keystore(path, "password", kdf=Kdf.LIGHT)
    before = path.read_bytes()

    with pytest.raises(KeystoreError, match="already exists"):
        create_keystore(path, "password", kdf=Kdf.LIGHT)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["node.json"]


def test_a_wrong_password_is_said_without_quoting_it(path: Path) -> None:
    create_keystore(path, "password", kdf=Kdf.LIGHT)

    with pytest.raises(KeystoreError, match="wrong password") as refused:
        load_keystore(path, "s3cret-guess")
    assert "s3cret-guess" not in str(refused.value)
    assert refused.value.exit_code == 4


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644])
def test_a_keystore_open_to_others_is_refused(path: Path, mode: int) -> None:
    create_keystore(path, "password", kdf=Kdf.LIGHT)
    path.chmod(mode)

    with pytest.raises(KeystoreError, match="chmod 600"):
        load_keystore(path, "password")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version": 3}',
        b'{"version": 1}',
        b"[" * 9000,
        b'{"version": 3, "crypto": 7}',
    ],
)
def test_a_malformed_keystore_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(KeystoreError, match="not a version 3 keystore"):
        load_keystore(path, "password")


def test_an_oversized_or_missing_keystore_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    path.write_bytes(b" " * 20_000)
    path.chmod(0o600)

    with pytest.raises(KeystoreError, match="larger than"):
        load_keystore(path, "password")
    with pytest.raises(KeystoreError, match="No such file"):
        load_keystore(tmp_path / "missing.json", "password")


@pytest.mark.parametrize("make", [lambda path: path.mkdir(mode=0o700), lambda path: os.mkfifo(path, 0o600)])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, make: object) -> None:
    path = tmp_path / "odd"
    make(path)  # type: ignore[operator]

    with pytest.raises(KeystoreError):
        load_keystore(path, "password")


def test_an_empty_password_is_refused(path: Path) -> None:
    with pytest.raises(KeystoreError, match="empty"):
        create_keystore(path, "", kdf=Kdf.LIGHT)
    assert not path.exists()


def test_the_secret_appears_in_no_text() -> None:
    keys = Keys.of(SECRET)

    for text in (repr(keys), str(keys), f"{keys}", repr([keys])):
        assert SECRET.hex() not in text
        assert repr(SECRET) not in text


@pytest.mark.parametrize("secret", [b"", bytes(32), b"\xff" * 32, b"\x01" * 31])
def test_an_invalid_secret_is_refused_without_quoting_it(secret: bytes) -> None:
    with pytest.raises(KeystoreError) as refused:
        Keys.of(secret)
    if secret:
        text = "".join(traceback.format_exception(refused.value))
        assert secret.hex() not in text
        assert repr(secret) not in text


def test_the_encryption_key_follows_from_the_account_key_by_rfc_5869() -> None:
    def hmac(key: bytes, data: bytes) -> bytes:
        code = HMAC(key, SHA256())
        code.update(data)
        return code.finalize()

    expected = hmac(hmac(bytes(32), SECRET), b"fednode.encryption.x25519.1\x01")

    keys = Keys.of(SECRET)
    assert keys.encryption_key().private_bytes_raw() == expected
    assert keys.encryption_public() == X25519PrivateKey.from_private_bytes(expected).public_key().public_bytes_raw()
    assert keys.encryption_public() != Keys.of(SECRET[::-1]).encryption_public()


def test_what_is_encrypted_to_the_published_key_can_be_agreed_on() -> None:
    mine, ephemeral = Keys.of(SECRET), X25519PrivateKey.generate()
    published = X25519PublicKey.from_public_bytes(mine.encryption_public())

    assert ephemeral.exchange(published) == mine.encryption_key().exchange(ephemeral.public_key())


def test_a_password_file_gives_its_first_line(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(" pass wörd \r\nsecond line\n".encode())
    file.chmod(0o600)
    assert password_from(file) == " pass wörd "

    file.chmod(0o644)
    with pytest.raises(KeystoreError, match="chmod 600"):
        password_from(file)


@pytest.mark.parametrize(
    ("content", "complaint"), [(b"\n", "empty"), (b"", "empty"), (b"\xff\n", "UTF-8"), (b"x" * 2000, "larger")]
)
def test_a_useless_password_file_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    file.chmod(0o600)

    with pytest.raises(KeystoreError, match=complaint):
        password_from(file)


def test_without_a_file_the_password_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["one", "one", "one", "two"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))

    assert password_from(None, confirm=True) == "one"
    with pytest.raises(KeystoreError, match="differ"):
        password_from(None, confirm=True)


def test_without_a_terminal_the_password_file_is_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", closed)
    with pytest.raises(KeystoreError, match="--password-file"):
        password_from(None)
