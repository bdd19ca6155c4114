"""The data card: counts and rules, no names."""

from node.learning.data.check.card import card_of, render_card
from node.learning.data.check.findings import KINDS
from tests.node.learning.data.check.conftest import protocol

FILES = {"secretive_name.py": "key = 'SECRET'\nother = 'SECRET'\n", "clean.py": "x = 1  # and more\n"}


def test_a_card_counts_places_and_files_of_every_kind(check):
    card = card_of(check(FILES, {"b": ["text"]}), protocol())
    assert (card.samples, card.train + card.held_out, card.left_out, card.characters) == (2, 1, 1, 18)
    assert card.benchmark_texts == 1
    assert list(card.findings) == list(KINDS)
    assert (card.findings["secret"], card.samples_with["secret"], card.findings["leakage"]) == (2, 1, 0)


def test_a_card_says_the_rules_and_no_file(check):
    page = render_card(card_of(check(FILES), protocol(allowed_licences=("MIT", "BSD"))))
    assert "| left out | 1 |" in page
    assert "| secret | 2 | 1 |" in page
    assert "| `allowed_licences` | MIT, BSD |" in page
    assert "| `scan_secrets` | yes |" in page
    assert "| `near_duplicate_percent` | 85 |" in page
    assert "secretive_name" not in page
