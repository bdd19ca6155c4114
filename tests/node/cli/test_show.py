import json
from dataclasses import dataclass

import pytest

from node.chain.words import Phase
from node.cli.show import print_json, print_table, tokens


@pytest.mark.parametrize(
    ("wei", "text"),
    [(0, "0"), (10**18, "1"), (1234 * 10**18 + 5 * 10**17, "1,234.5"), (1, "0"), (10**14, "0.0001"), (10**19, "10")],
)
def test_token_wei_are_shown_as_tokens(wei, text):
    assert tokens(wei) == text


def test_what_others_wrote_is_text_and_whole(capsys):
    cid = "b" + "a" * 58
    print_table("T", ("id", "words"), [(cid, "[bold]no markup[/bold]")])
    said = capsys.readouterr().out
    assert "[bold]no markup[/bold]" in said
    assert said.count("a") >= 58


def test_json_has_bytes_in_hex_and_words_by_name(capsys):
    @dataclass(frozen=True)
    class Seen:
        phase: Phase
        calls: tuple[bytes, ...]
        amount: int

    print_json([Seen(Phase.COMMIT, (b"\x01\xff",), 10**18)])
    assert json.loads(capsys.readouterr().out) == [{"phase": "commit", "calls": ["0x01ff"], "amount": 10**18}]
