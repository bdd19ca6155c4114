"""The person behind a command: config, key, store and federation, each opened when a command first asks for it.

How they are opened is `node.peer.compose`'s. A test or another program can stand in for the chain by passing
`Connections` as click's `obj`.
"""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from node.config import Config, environment_name, load_config
from node.types import Address

if TYPE_CHECKING:
    from node.chain.federation import Federation
    from node.chain.governance import Governance
    from node.chain.transactions import Transactor
    from node.peer.compose import Connections
    from node.peer.history import History
    from node.peer.keys import Keys
    from node.ports import ContentStore

__all__ = ["Operator"]


class Operator:
    """One operator for the time of one command; every property raises what opening it raises."""

    def __init__(self, path: Path, overrides: Mapping[str, object], connections: "Connections | None" = None) -> None:
        self._path = path
        self._overrides = overrides
        self._connections = connections

    @property
    def has_config(self) -> bool:
        """Whether there is a config file; some commands do without."""
        return self._path.exists()

    @cached_property
    def config(self) -> Config:
        """Flags, environment and file as one value."""
        config = load_config(self._path, os.environ, self._overrides)
        for key, value in (("models.directory", config.models.directory), ("device", config.device)):
            if value:  # training reads these there, also in processes of its own, which inherit them
                os.environ[environment_name(key)] = str(value)
        return config

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
    def connections(self) -> "Connections":
        """What opens connections: real ones unless the caller brought others."""
        from node.peer.compose import Connections

        return self._connections or Connections()

    @cached_property
    def federation(self) -> "Federation":
        """The federation, with the key to sign."""
        return self.connections.federation(self.config, self.keys.account(), None)

    @cached_property
    def reader(self) -> "Federation":
        """The federation, read only: no key is needed."""
        return self.connections.federation(self.config, None, None)

    @cached_property
    def governance(self) -> "Governance":
        """The governor, with the key to sign."""
        from node.chain.governance import Governance

        return Governance(self.federation.chain, self.federation.deployment)

    @cached_property
    def reading_governance(self) -> "Governance":
        """The governor, read only."""
        from node.chain.governance import Governance

        return Governance(self.reader.chain, self.reader.deployment)

    @cached_property
    def transactor(self) -> "Transactor":
        """The account on the configured chain, whether or not there is a federation."""
        return self.connections.transactor(self.config, self.keys.account())

    @cached_property
    def history(self) -> "History":
        """The federation's past, read without a key."""
        from node.peer.history import fold

        return fold(self.reader.chain.events(self.reader.deployment.deploy_block))
