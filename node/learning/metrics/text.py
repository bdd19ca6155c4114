"""How close generated text is to its reference: BLEU in two dialects, exact match, edit similarity.

Every function gives one value a sample where the metric has one, so that confidence intervals over samples can be
drawn; the corpus value is their mean. All values are in percent.
"""

import math
import re
import sys
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from node.errors import DataError

__all__ = [
    "corpus_bleu",
    "edit_similarities",
    "exact_matches",
    "mean_fraction",
    "most_frequent",
    "restore_literals",
    "smoothed_bleus",
]

LONGEST_GRAM = 4
_WORD_OR_MARK = re.compile(r"\w+|[^\s\w]")
_MARKS = re.compile(r"([{-~\[-` -&(-+:-@/])")
_STOP_AFTER_TEXT = re.compile(r"([^0-9])([.,])")
_STOP_BEFORE_TEXT = re.compile(r"([.,])([^0-9])")
_DASH_AFTER_DIGIT = re.compile(r"([0-9])(-)")
_LITERAL = re.compile(r"<(?:STR|NUM|CHAR)_LIT:(.*?)>", re.DOTALL)
_EMPTY_LITERALS = {"<NUM_LIT>": "0", "<STR_LIT>": "", "<CHAR_LIT>": ""}


def smoothed_bleus(predictions: Sequence[str], references: Sequence[str]) -> tuple[float, ...]:
    """Smoothed sentence BLEU-4 of each prediction, as CodeXGLUE's code-to-text task computes it.

    Lower-cased, punctuation split off; add-one smoothing of the 2- to 4-gram precisions (Lin and Och 2004, "ORANGE")
    and a brevity penalty of exp(min(0, 1 − (r + 1) / (c + 1))). Raises `DataError` when the lengths differ or are 0.
    """
    _require_pairs(predictions, references)
    return tuple(_smoothed_bleu(*pair) for pair in zip(predictions, references, strict=True))


def corpus_bleu(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU-4 of white-space separated tokens without smoothing, as CodeXGLUE's code-refinement computes it.

    Papineni et al. 2002. Raises `DataError` when the lengths differ or are 0.
    """
    import sacrebleu

    _require_pairs(predictions, references)
    score = sacrebleu.corpus_bleu(
        list(predictions), [list(references)], tokenize="none", smooth_method="none", force=True
    )
    return float(score.score)


def exact_matches(predictions: Sequence[str], references: Sequence[str]) -> tuple[float, ...]:
    """100 for each prediction whose white-space separated tokens are those of its reference, else 0."""
    _require_pairs(predictions, references)
    return tuple(100.0 * (one.split() == other.split()) for one, other in zip(predictions, references, strict=True))


def edit_similarities(predictions: Sequence[str], references: Sequence[str]) -> tuple[float, ...]:
    """Edit similarity of each prediction, whole percent, as CodeXGLUE's line completion computes it.

    2 · matches / (characters of both), with the matching blocks of difflib (Ratcliff and Obershelp). A library that
    counts Levenshtein edits differs.
    """
    _require_pairs(predictions, references)
    return tuple(
        float(round(100 * SequenceMatcher(None, one, other).ratio()))
        for one, other in zip(predictions, references, strict=True)
    )


def restore_literals(code: str) -> str:
    """Put back what CodeXGLUE's completion sets replaced by its kind: `<STR_LIT:a>` is `a`, `<NUM_LIT>` is 0."""
    for placeholder, text in _EMPTY_LITERALS.items():
        code = code.replace(placeholder, text)
    return _LITERAL.sub(r"\1", code)


def mean_fraction(percents: Sequence[float]) -> float:
    """The mean of one or more percentages, as a fraction of one."""
    return sum(percents) / len(percents) / 100


def most_frequent(references: Sequence[str]) -> str:
    """The most frequent text, of equally frequent ones the first in order: the least that a generator must beat."""
    counts = Counter(references)
    return min(counts, key=lambda text: (-counts[text], text))


def _require_pairs(predictions: Sequence[str], references: Sequence[str]) -> None:
    if not references or len(predictions) != len(references):
        raise DataError(
            f"metric: {len(predictions)} predictions for {len(references)} references; give one for each, at least one"
        )


def _smoothed_bleu(prediction: str, reference: str) -> float:
    given, wanted = _tokens(prediction), _tokens(reference)
    logarithm = 0.0
    for size in range(1, LONGEST_GRAM + 1):
        smoothing = int(size > 1)
        right = sum((_grams(given, size) & _grams(wanted, size)).values()) + smoothing
        tried = max(len(given) - size + 1, 0) + smoothing
        logarithm += math.log(right + sys.float_info.min) - math.log(tried + sys.float_info.min)
    brevity = min(0.0, 1 - (len(wanted) + 1) / (len(given) + 1))
    return 100 * math.exp(logarithm / LONGEST_GRAM + brevity)


def _grams(tokens: list[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[start : start + size]) for start in range(len(tokens) - size + 1))


def _tokens(text: str) -> list[str]:
    """Words and marks, then the tokenisation of the mteval-v11 script, which the benchmark puts on top."""
    text = " " + " ".join(_WORD_OR_MARK.findall(text.strip().lower())) + " "
    text = _MARKS.sub(r" \1 ", text)
    text = _STOP_AFTER_TEXT.sub(r"\1 \2 ", text)
    text = _STOP_BEFORE_TEXT.sub(r" \1 \2", text)
    return _DASH_AFTER_DIGIT.sub(r"\1 \2 ", text).split()
