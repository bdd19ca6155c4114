"""Where a federation is: chain, contract addresses, founders; and `federation.json`, the file that says so.

Whoever wants to take part needs this file and nothing else; it holds no secret. Making a federation is
`node.chain.deploy`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eth_utils.address import is_checksum_address
from eth_utils.crypto import keccak

from aggregator import canonical
from aggregator.errors import AggregatorError
from aggregator.ledger import Ledger, merkle_proof, merkle_root
from node.chain.artifacts import CONTRACTS
from node.errors import ConfigError
from node.files import write_atomically
from node.types import Address, TokenWei

__all__ = ["Deployment", "Founder", "founders_proof", "founders_root"]

FORMAT = 1
FILE_LIMIT = 1 << 20  # bytes
FOUNDER_LIMIT = 4096
CHAIN_ID_LIMIT = 1 << 53
GRANT_LIMIT = 1 << 112  # token wei; what the contribution token can count


@dataclass(frozen=True)
class Founder:
    """An account that may join without a vote, and the voting tokens it is granted."""

    account: Address
    grant: TokenWei


@dataclass(frozen=True)
class Deployment:
    """One federation: contract addresses by name, and the block of its first contract."""

    chain_id: int
    deploy_block: int
    addresses: Mapping[str, Address]
    founders: tuple[Founder, ...]

    def grant_of(self, account: Address) -> TokenWei:
        """The grant of a founder. Raises `ConfigError` for anybody else."""
        for founder in self.founders:
            if founder.account == account:
                return founder.grant
        raise ConfigError(f"account {account} is not among the {len(self.founders)} founders; ask to be admitted")

    def to_bytes(self) -> bytes:
        """Canonical JSON, grants as decimal strings."""
        return canonical.dumps(
            {
                "format": FORMAT,
                "chain_id": self.chain_id,
                "deploy_block": self.deploy_block,
                "addresses": {name: str(address) for name, address in self.addresses.items()},
                "founders": [[str(founder.account), str(founder.grant)] for founder in self.founders],
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes, source: str = "federation file") -> "Deployment":
        """Read what `to_bytes` wrote. Raises `ConfigError` naming `source` and the field for anything else."""
        try:
            document = canonical.loads(data, FILE_LIMIT)
        except AggregatorError as error:
            raise ConfigError(f"{source}: {error}; get the federation's file again from a founder") from error
        keys = {"format", "chain_id", "deploy_block", "addresses", "founders"}
        if not isinstance(document, dict) or set(document) != keys or document["format"] != FORMAT:
            raise _wrong(source, "document", f"needs exactly {', '.join(sorted(keys))}, and format {FORMAT}")
        return cls(
            chain_id=_number(document["chain_id"], 1, CHAIN_ID_LIMIT, f"{source}: chain_id"),
            deploy_block=_number(document["deploy_block"], 0, CHAIN_ID_LIMIT, f"{source}: deploy_block"),
            addresses=_addresses(document["addresses"], source),
            founders=_founders(document["founders"], source),
        )

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all. Raises `ConfigError` when it cannot be written."""
        try:
            write_atomically(path, self.to_bytes())
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written ({error.strerror}); check the folder") from error

    @classmethod
    def load(cls, path: Path) -> "Deployment":
        """Read the file. Raises `ConfigError` when it is missing, too large or not valid."""
        try:
            with path.open("rb") as file:
                data = file.read(FILE_LIMIT + 1)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({error.strerror}); name the federation's file") from error
        return cls.from_bytes(data.removesuffix(b"\n"), str(path))


def founders_root(founders: tuple[Founder, ...]) -> bytes:
    """The Merkle root under which founders join: leaves and pairs as in the rewards ledger."""
    return merkle_root(_tree(founders), keccak)


def founders_proof(founders: tuple[Founder, ...], account: Address) -> tuple[bytes, ...]:
    """The proof of one founder's grant. Raises `aggregator.errors.BadParameter` for anybody else."""
    return merkle_proof(_tree(founders), account.lower(), keccak)


def _tree(founders: tuple[Founder, ...]) -> Ledger:
    return Ledger(tuple(sorted((founder.account.lower(), founder.grant) for founder in founders)))


def _addresses(value: object, source: str) -> dict[str, Address]:
    if not isinstance(value, dict) or set(value) != set(CONTRACTS):
        raise _wrong(source, "addresses", f"needs exactly {', '.join(CONTRACTS)}")
    return {name: _address(value[name], f"{source}: addresses.{name}") for name in CONTRACTS}


def _founders(value: object, source: str) -> tuple[Founder, ...]:
    if not isinstance(value, list) or len(value) > FOUNDER_LIMIT:
        raise _wrong(source, "founders", f"needs a list of at most {FOUNDER_LIMIT}")
    founders = []
    for place, item in enumerate(value):
        where = f"{source}: founders[{place}]"
        if not isinstance(item, list) or len(item) != 2 or not isinstance(item[1], str):
            raise _wrong(source, f"founders[{place}]", "needs [address, grant as a decimal string]")
        founders.append(Founder(_address(item[0], where), TokenWei(_decimal(item[1], where))))
    if len({founder.account for founder in founders}) < len(founders):
        raise _wrong(source, "founders", "an account is listed twice")
    return tuple(founders)


def _address(value: object, where: str) -> Address:
    if not isinstance(value, str) or not is_checksum_address(value):
        raise ConfigError(f"{where}: {str(value)[:60]!r} is not an address with a valid checksum")
    return Address(value)


def _decimal(value: str, where: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= len(str(GRANT_LIMIT)) and str(int(value)) == value):
        raise ConfigError(f"{where}: {value[:60]!r} is not a decimal number")
    return _number(int(value), 0, GRANT_LIMIT, where)


def _number(value: object, least: int, limit: int, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < limit:
        raise ConfigError(f"{where}: {str(value)[:60]!r} is not a number from {least} to {limit - 1}")
    return value


def _wrong(source: str, field: str, needs: str) -> ConfigError:
    return ConfigError(f"{source}: {field}: {needs}; get the federation's file again from a founder")
