"""Account addresses as people type them."""

from node.errors import ConfigError
from node.types import Address

__all__ = ["checked_address"]


def checked_address(text: str, where: str) -> Address:
    """The address in checksum form. Raises `ConfigError` for anything else, a wrong checksum included."""
    from eth_utils.address import is_hex_address, to_checksum_address

    valid = text.startswith("0x") and is_hex_address(text)
    if not valid or text not in (text.lower(), to_checksum_address(text)):
        raise ConfigError(f"{where}: {text[:60]!r} is not an account address; give 0x and 40 hex digits, copied whole")
    return Address(to_checksum_address(text))
