"""The pinned held-out set that states are measured on: excerpts of many repositories as one canonical JSON document.

Tokens are not in it: the same benchmark measures models with different tokenizers.
"""

from collections.abc import Sequence

from aggregator import canonical
from aggregator.errors import AggregatorError
from node.errors import DataError
from node.learning.data.pieces import is_piece

__all__ = ["BENCHMARK_LIMIT", "decode_benchmark", "encode_benchmark", "mix"]

BENCHMARK_LIMIT = 16 * 1024 * 1024  # bytes
FORMAT = 1


def mix(repositories: Sequence[Sequence[str]], characters: int, excerpt: int = 2000) -> tuple[str, ...]:
    """About `characters` of held-out text in all, an equal share per repository, at most `excerpt` of a file.

    From its middle, because the first lines of source files are licences and imports. Pieces are taken whole, as many
    as the share has room for.
    """
    share = characters // max(len(repositories), 1)
    return tuple(text for texts in repositories for text in _excerpts(texts, share, excerpt))


def encode_benchmark(texts: Sequence[str]) -> bytes:
    """The canonical bytes that are pinned."""
    return canonical.dumps({"format": FORMAT, "texts": list(texts)})


def decode_benchmark(data: bytes) -> tuple[str, ...]:
    """The texts of a pinned benchmark. Raises `DataError` for what `encode_benchmark` would not have written."""
    try:
        document = canonical.loads(data, BENCHMARK_LIMIT)
    except AggregatorError as error:
        raise DataError(f"benchmark: {error}; the guideline's benchmark content is broken") from error
    if not isinstance(document, dict) or set(document) != {"format", "texts"} or document["format"] != FORMAT:
        raise DataError(f"benchmark: not a document of format {FORMAT} with texts; the guideline's benchmark is broken")
    texts = document["texts"]
    if not isinstance(texts, list) or not texts:
        raise DataError("benchmark: texts is not a list of texts; the guideline's benchmark is broken")
    return tuple(_text(text) for text in texts)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise DataError("benchmark: a text is not a string; the guideline's benchmark is broken")
    return value


def _excerpts(texts: Sequence[str], share: int, excerpt: int) -> list[str]:
    """Equal pieces of as many files as the share allows, in the order given."""
    chosen: list[str] = []
    for text in texts:
        if is_piece(text):
            if len(text) <= share:
                chosen.append(text)
                share -= len(text)
            continue
        start = max(len(text) - excerpt, 0) // 2
        chosen.append(text[start : start + min(excerpt, share)])
        share -= len(chosen[-1])
        if share <= 0:
            break
    return chosen
