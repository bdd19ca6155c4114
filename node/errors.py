"""The one error tree. Every error ends in a sentence that tells the operator what to do, and has a stable exit code.

::

    FednodeError                     1
      ConfigError                    2   config file, command line
      GuidelineError                 3   guideline document
      KeystoreError                  4   keystore file or password
      ChainError                     5   the chain or a contract
        ChainUnreachable             5   no answer from the RPC endpoint
        WrongChain                   5   other chain id, or no contract at the address
        TransactionRefused           5   a contract reverted: carries the custom error's name and arguments
        InsufficientFunds            5   not enough gas money
        NotModelled                  5   the in-memory chain does not have this part of the contracts
      StoreError                     6   the content store
        ArchiveMalformed             6   an archive cannot be written or read
        ContentIdMalformed           6   not a content id of this project
        ContentNotFound              6   nobody served the CID in time
        ContentCorrupted             6   bytes do not hash to the CID
        ContentTooLarge              6   more bytes than the caller allows
        StoreUnreachable             6   the IPFS daemon does not answer
      DataError                      7   training data
      ModelError                     8   base model or adapter
        TrainingDiverged             8   loss or weights not finite
      JournalError                   9   the journal cannot be used
      ReplayMismatch                10   audit: a re-executed round differs from the chain
"""

__all__ = [
    "ArchiveMalformed",
    "ChainError",
    "ChainUnreachable",
    "ConfigError",
    "ContentCorrupted",
    "ContentIdMalformed",
    "ContentNotFound",
    "ContentTooLarge",
    "DataError",
    "FednodeError",
    "GuidelineError",
    "InsufficientFunds",
    "JournalError",
    "KeystoreError",
    "ModelError",
    "NotModelled",
    "ReplayMismatch",
    "StoreError",
    "StoreUnreachable",
    "TrainingDiverged",
    "TransactionRefused",
    "WrongChain",
]


class FednodeError(Exception):
    """Base of every error fednode raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class ConfigError(FednodeError):
    """A config file, environment variable or flag is wrong."""

    exit_code = 2


class GuidelineError(FednodeError):
    """A guideline document is malformed or could not run."""

    exit_code = 3


class KeystoreError(FednodeError):
    """A keystore file is missing, readable by others, malformed, or its password is wrong."""

    exit_code = 4


class ChainError(FednodeError):
    """The chain or a contract did not do what was asked."""

    exit_code = 5


class ChainUnreachable(ChainError):
    """The RPC endpoint does not answer."""


class WrongChain(ChainError):
    """The endpoint serves another chain, or there is no federation at the address."""


class TransactionRefused(ChainError):
    """A contract reverted.

    `name` is the custom error (for example `RoundManagerWrongPhase`), `arguments` its decoded arguments; `name` is
    `Error` or `Panic` for Solidity's built-in reverts and `Unknown` when the selector is in no ABI of ours.
    """

    def __init__(self, name: str, arguments: tuple[object, ...] = (), advice: str = "") -> None:
        self.name = name
        self.arguments = arguments
        shown = ", ".join(map(str, arguments))
        super().__init__(f"refused by the contract: {name}({shown})" + (f"; {advice}" if advice else ""))


class InsufficientFunds(ChainError):
    """The account cannot pay for gas; the message names the missing amount."""


class NotModelled(ChainError):
    """The in-memory chain was asked for something that only the real contracts do."""


class StoreError(FednodeError):
    """The content store did not do what was asked."""

    exit_code = 6


class ArchiveMalformed(StoreError):
    """An archive's folder is taken, or its files are not what an archive holds."""


class ContentIdMalformed(StoreError):
    """A content id is not CIDv1, base32, sha2-256, raw or dag-pb."""


class ContentNotFound(StoreError):
    """Nobody served the content in time."""


class ContentCorrupted(StoreError):
    """The bytes served do not hash to the content id."""


class ContentTooLarge(StoreError):
    """The content is larger than the caller allows."""


class StoreUnreachable(StoreError):
    """The store's daemon does not answer."""


class DataError(FednodeError):
    """The training or held-out data cannot be used."""

    exit_code = 7


class ModelError(FednodeError):
    """The base model or an adapter cannot be used."""

    exit_code = 8


class TrainingDiverged(ModelError):
    """A loss or weight is not finite."""


class JournalError(FednodeError):
    """The journal cannot be opened or belongs to another node."""

    exit_code = 9


class ReplayMismatch(FednodeError):
    """A re-executed round differs from what the chain recorded."""

    exit_code = 10
