"""Account addresses as people type them."""

from node.errors import ConfigError
from node.types import Address

__all__ = ["checked_address"]


def checked_address(text: str, where: str) -> Address:
    """The address in checksum form. Raises `ConfigError` for anything else, a wrong checksum included."""
    from eth_utils.address import is_address, to_checksum_address

    if not text.startswith("0x") or not is_address(text):
        raise ConfigError(f"{where}: {text[:60]!r} is not an account address; give 0x and 40 hex digits")
    return Address(to_checksum_address(text))
