"""The tokenizer of the small bases: the bundled one, behind ids for padding, masking and T5's sentinels."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from node.learning.models import BASE_DIRECTORY
from node.learning.standard_library import END

__all__ = ["END_ID", "MASK_ID", "PADDING_ID", "SENTINELS", "SENTINEL_ID", "SPECIAL", "backend", "wrapped"]

# RoBERTa counts positions from the padding token's id on, so the special tokens stand before all others.
END_ID, PADDING_ID, MASK_ID, SENTINEL_ID = 0, 1, 2, 3
SENTINELS = 30
SPECIAL = ("<pad>", "<mask>", *(f"<extra_id_{number}>" for number in range(SENTINELS)))


def backend(directory: Path = BASE_DIRECTORY) -> Tokenizer:
    """The tokenizer in `directory` with `SPECIAL` as ids 1 to 32, its own tokens behind them, and 0 where it was."""
    document = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))
    moved = {token: place + len(SPECIAL) for token, place in document["model"]["vocab"].items() if place != END_ID}
    special = {token: place for place, token in enumerate((END, *SPECIAL))}
    document["model"]["vocab"] = special | moved
    first = document["added_tokens"][0]
    document["added_tokens"] = [first | {"id": place, "content": token} for token, place in special.items()]
    return Tokenizer.from_str(json.dumps(document))


def wrapped(tokenizer: Tokenizer) -> Any:
    """The same for transformers, where one token begins, ends and classifies a text."""
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END,
        eos_token=END,
        cls_token=END,
        sep_token=END,
        pad_token=SPECIAL[0],
        mask_token=SPECIAL[1],
        additional_special_tokens=list(SPECIAL[2:]),
    )
