"""The plug points: what stands behind each is somebody else's file, and passes the suite in `tests/conformance/`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from node.types import Address, Cid, UnixSeconds

__all__ = ["Chain", "ContentStore", "Event", "Head", "Metrics", "Receipt", "Task"]

Head: TypeAlias = Literal["causal", "encoder", "classifier", "seq2seq"]


@dataclass(frozen=True)
class Event:
    """One decoded contract event.

    `contract` is the contract's name (`RoundManager`), `arguments` maps the ABI's argument names to values; addresses
    are checksummed strings, bytes are `bytes`, structs are mappings.
    """

    block: int
    index: int
    timestamp: UnixSeconds
    contract: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Receipt:
    """A mined transaction that succeeded; `gas` in gas units, `events` those it emitted."""

    transaction: str
    block: int
    gas: int
    events: tuple[Event, ...] = field(default=())


class Chain(Protocol):
    """The federation's contracts on one chain, spoken to by one account."""

    def call(self, contract: str, function: str, *arguments: object) -> Any:
        """Read a view function at the latest block. Raises `ChainUnreachable`, `TransactionRefused`."""
        ...

    def transact(self, contract: str, function: str, *arguments: object) -> Receipt:
        """Sign, send and wait for one transaction.

        Raises `TransactionRefused`, `InsufficientFunds`, `ChainUnreachable`.
        """
        ...

    def events(self, since: int) -> Sequence[Event]:
        """All events of the federation from block `since` (inclusive) to the latest, in order."""
        ...

    def now(self) -> UnixSeconds:
        """The timestamp of the latest block, or the wall clock where that is later (the next block's earliest time)."""
        ...

    def balance(self, account: Address) -> int:
        """The account's gas money in wei."""
        ...


class ContentStore(Protocol):
    """Immutable bytes by content id (CIDv1 as in `node.cid`)."""

    def put(self, data: bytes) -> Cid:
        """Store, pin and return the content id. Raises `StoreUnreachable`."""
        ...

    def get(self, cid: Cid, limit: int) -> bytes:
        """The bytes of `cid`, re-hashed before they are returned.

        Raises `ContentTooLarge` above `limit` bytes (before they are held), `ContentNotFound`, `ContentCorrupted`.
        """
        ...

    def pin(self, cid: Cid, limit: int) -> None:
        """Fetch if missing and keep until unpinned. Raises as `get`."""
        ...

    def unpin(self, cid: Cid) -> None:
        """Allow the content to be dropped; unknown content ids are fine."""
        ...

    def pins(self) -> Iterator[Cid]:
        """Every pinned content id."""
        ...


@dataclass(frozen=True)
class Metrics:
    """What a task measured, by name; the first is its headline metric.

    `parts`: what each test sample adds to the headline, which is Σ numerators / Σ denominators of these pairs: (right,
    1) of an accuracy, (right, tokens) of a token accuracy, (2·tp, 2·tp + fp + fn) of an F1.
    """

    values: Mapping[str, float]
    parts: Sequence[tuple[float, float]] = field(default=(), repr=False)

    @property
    def headline(self) -> float:
        """The number that releases and comparisons go by."""
        return next(iter(self.values.values()))

    def __getitem__(self, name: str) -> float:
        return self.values[name]


class Task(Protocol):
    """What the federation learns: turns private texts into samples, trains on batches, measures a model.

    `head` says which kind of model it needs: a causal language model, a bare encoder of hidden states, a classifier of
    sequences, or one from sequence to sequence.
    """

    name: str
    head: Head

    def pieces(self, texts: Sequence[str]) -> Iterator[str]:
        """Texts cut where they may be parted: what partitions, mixes and benchmarks are made of."""
        ...

    def samples(self, texts: Sequence[str], tokenizer: Any, length: int) -> Any:
        """Samples of `length` tokens, as something with a `len`. Raises `DataError` when the texts give none."""
        ...

    def batches(self, samples: Any, size: int, seed: int) -> Iterator[Any]:
        """An endless, seeded stream of training batches of `size` samples."""
        ...

    def loss(self, model: Any, batch: Any) -> Any:
        """The scalar training loss tensor of one batch."""
        ...

    def evaluate(self, model: Any, samples: Any) -> Metrics:
        """Metrics on held-out samples."""
        ...
