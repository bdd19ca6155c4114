"""What every function of the model uses: who calls and when, how it refuses, how it tells, how it hashes."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from eth_utils.crypto import keccak

from node.chain.model.state import Content, Emitted, World
from node.cid import DAG_PB, RAW
from node.types import Address

__all__ = ["Message", "Reverted", "emit", "hash_words", "plain", "require_valid"]


@dataclass(frozen=True)
class Message:
    """`msg.sender` and `block.timestamp` (unix seconds)."""

    sender: Address
    now: int


class Reverted(Exception):
    """A contract's custom error; nothing of the transaction remains. Enumerations are those of `node.chain.words`."""

    def __init__(self, name: str, *arguments: object) -> None:
        self.name = name
        self.arguments = arguments
        super().__init__(name, *arguments)


def emit(world: World, contract: str, name: str, **arguments: Any) -> World:
    """The world with one more event in its log."""
    told = Emitted(contract, name, {key: plain(value) for key, value in arguments.items()})
    return replace(world, log=(*world.log, told))


def plain(value: Any) -> Any:
    """A value as the ABI decodes it: enumerations are integers, content ids mappings."""
    if isinstance(value, Content):
        return {"digest": value.digest, "codec": value.codec}
    return int(value) if isinstance(value, IntEnum) else value


def hash_words(*words: int | bytes) -> bytes:
    """keccak256(abi.encode(…)) of static values: integers and 32-byte words."""
    return keccak(b"".join(word if isinstance(word, bytes) else word.to_bytes(32) for word in words))


def require_valid(content: Content) -> None:
    """`CidLib.requireValid`: a digest, under a codec that fednode knows."""
    if not any(content.digest):
        raise Reverted("CidEmpty")
    if content.codec not in (RAW, DAG_PB):
        raise Reverted("CidUnknownCodec", content.codec)
