"""Metrics of the code tasks, as the benchmarks that named them compute them. Numbers only: no model and no tokenizer.

`text` compares generated text, `ranking` judges retrieval, `execution` what running tests showed. Classification has
scikit-learn's own functions and needs none here.
"""

from node.learning.metrics.execution import pass_at_k
from node.learning.metrics.ranking import map_at_r, reciprocal_ranks
from node.learning.metrics.text import (
    corpus_bleu,
    edit_similarities,
    exact_matches,
    mean_fraction,
    most_frequent,
    restore_literals,
    smoothed_bleus,
)

__all__ = [
    "corpus_bleu",
    "edit_similarities",
    "exact_matches",
    "map_at_r",
    "mean_fraction",
    "most_frequent",
    "pass_at_k",
    "reciprocal_ranks",
    "restore_literals",
    "smoothed_bleus",
]
