"""Metrics of the code tasks, as the benchmarks that named them compute them. Numbers only: no model and no tokenizer.

`text` compares generated text, `ranking` judges retrieval, `classification` labels, and `execution` what running tests
showed.
"""

from node.learning.metrics.classification import best_f1, f1_parts, precision_recall
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
    "best_f1",
    "corpus_bleu",
    "edit_similarities",
    "exact_matches",
    "f1_parts",
    "map_at_r",
    "mean_fraction",
    "most_frequent",
    "pass_at_k",
    "precision_recall",
    "reciprocal_ranks",
    "restore_literals",
    "smoothed_bleus",
]
