"""The corpus that the project's own base models learn from: the Python standard library of the running interpreter.

Read without its tests and character tables, and split by top-level module so that held-out numbers are honest. What is
trained on it, `pretraining` and `small_bases` say.
"""

import hashlib
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

__all__ = ["END", "STANDARD_LIBRARY", "Corpus", "read_corpus", "token_stream"]

END = "<|endoffile|>"  # token 0 of every tokenizer of the project's own
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
SKIPPED = frozenset({"site-packages", "test", "tests", "idle_test", "encodings", "pydoc_data", "__pycache__"})


@dataclass(frozen=True)
class Corpus:
    """Source text by file: `train` and `held_out` come from disjoint top-level modules."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]


def read_corpus(root: Path, one_in: int) -> Corpus:
    """Read every Python file under `root`; one top-level module in `one_in`, by hash of its name, is held out."""
    train: list[str] = []
    held_out: list[str] = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if SKIPPED.isdisjoint(parts):
            module = parts[0].removesuffix(".py").encode()
            chosen = int.from_bytes(hashlib.sha256(module).digest()[:4], "big") % one_in == 0
            (held_out if chosen else train).append(path.read_text(encoding="utf-8", errors="replace"))
    return Corpus(tuple(train), tuple(held_out))


def token_stream(tokenizer: Tokenizer, texts: Sequence[str]) -> torch.Tensor:
    """All texts as one int64 tensor (n,) of token ids, a 0 after each text."""
    ids = [token for encoding in tokenizer.encode_batch(list(texts)) for token in (*encoding.ids, 0)]
    return torch.tensor(ids, dtype=torch.int64)
