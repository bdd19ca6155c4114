"""The person behind a command: config, key, store and federation, each opened when a command first asks for it.

How they are opened is `node.peer.compose`'s. A test or another program can stand in for the chain by passing an
`OpenFederation` as click's `obj`.
"""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from node.config import Config, load_config
from node.types import Address

if TYPE_CHECKING:
    from node.chain.federation import Federation
    from node.peer.compose import OpenFederation
    from node.peer.keys import Keys
    from node.ports import ContentStore

__all__ = ["Operator"]


class Operator:
    """One operator for the time of one command; every property raises what opening it raises."""

    def __init__(self, path: Path, overrides: Mapping[str, object], opener: "OpenFederation | None" = None) -> None:
        self._path = path
        self._overrides = overrides
        self._opener = opener

    @cached_property
    def config(self) -> Config:
        """Flags, environment and file as one value."""
        return load_config(self._path, os.environ, self._overrides)

    @cached_property
    def password(self) -> str:
        """The keystore's password, asked for when no file is configured."""
        from node.peer.keys import password_from

        return password_from(self.config.keystore.password_file)

    @cached_property
    def keys(self) -> "Keys":
        """The unlocked account."""
        from node.peer.keys import load_keystore

        return load_keystore(self.config.keystore.path, self.password)

    @property
    def address(self) -> Address:
        """The account's address, which the keystore says without its password."""
        from node.peer.keys import keystore_address

        return keystore_address(self.config.keystore.path)

    @cached_property
    def store(self) -> "ContentStore":
        """The configured content store."""
        from node.peer.compose import open_store

        return open_store(self.config)

    @cached_property
    def federation(self) -> "Federation":
        """The federation, with the key to sign."""
        return self.opener(self.config, self.keys.account(), None)

    @cached_property
    def reader(self) -> "Federation":
        """The federation, read only: no key is needed."""
        return self.opener(self.config, None, None)

    @cached_property
    def opener(self) -> "OpenFederation":
        """What opens federations: `compose.open_federation` unless the caller brought another."""
        from node.peer.compose import open_federation

        return self._opener or open_federation
