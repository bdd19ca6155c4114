import re

import pytest

from node.learning.data.repositories import completion
from node.learning.data.repositories.completion import completion_lines, lines_of
from node.learning.data.repositories.languages import LANGUAGES
from node.learning.data.repositories.source import clean, parse
from tests.documented_code import module
from tests.polyglot_code import POLYGLOT


def lines(text, language="python"):
    return list(completion_lines(parse(clean(text.encode()), LANGUAGES[language])))


def whole(sample):
    return f"{sample['input']} {sample['gt']}"


@pytest.mark.parametrize("language", POLYGLOT)
def test_every_language_gives_lines_of_its_own_tokens(language):
    text = POLYGLOT[language].text
    found = lines(text, language)
    assert found
    for one in found:
        assert one["input"].startswith("<s> ")
        assert one["gt"]
        assert "<EOL>" not in one["gt"]
        words = re.sub(r"<(s|EOL|STR_LIT|NUM_LIT(:\d)?)>", " ", whole(one)).split()
        assert all(word.strip("\"'`") in text for word in words)


def test_a_sample_is_written_as_py150_writes_lines():
    text = (
        "# a comment\nimport os\n\n\nLIMIT = 12\nONE = 1\n\ndef f(x):\n    '''Doc.\n    More.'''\n"
        "    return x + u'word' % 3.5  # says so\n"
    )
    (one,) = lines(text)
    before = "<s> import os <EOL> LIMIT = <NUM_LIT> <EOL> ONE = <NUM_LIT:1> <EOL> def f ( x ) : <EOL> "
    everything = f"{before}'''<STR_LIT>''' <EOL> return x + u'<STR_LIT>' % <NUM_LIT>"
    assert everything.startswith(whole(one))
    assert one["input"].startswith("<s> import os <EOL> LIMIT = <NUM_LIT> <EOL> ONE = <NUM_LIT:1> <EOL>")


def test_nothing_within_quotes_leaves_the_repository():
    for language, sample in POLYGLOT.items():
        quoted = [text for text in re.findall(r"[\"'`]([^\"'`\n]*)[\"'`]", sample.text) if len(text) > 8]
        written = " ".join(whole(one) for one in lines(sample.text, language))
        assert not [text for text in quoted if text in written]


@pytest.mark.parametrize(
    ("language", "text", "written"),
    [
        (
            "c",
            "#define KEY f(\"so secret\", 1234) + 'x'\n",
            "#define KEY f ( \"<STR_LIT>\" , <NUM_LIT> ) + '<STR_LIT>'",
        ),
        (
            "ruby",
            'a = :"so secret" + ?x + `ls secret` + %w[so secret]\n',
            "a = <STR_LIT> + <STR_LIT> + `<STR_LIT>` + <STR_LIT>",
        ),
        ("javascript", "a = <b c='secret'>so secret {d}</b>\n", "a = < b c = '<STR_LIT>' > <STR_LIT> { d } </ b >"),
        ("php", "<?php $a = `so secret` ?>so secret\n", "<?php $a = `<STR_LIT>` ?> <STR_LIT>"),
        ("go", "x := `so secret` + 'x' + 0x1f + .5i\n", "x := `<STR_LIT>` + '<STR_LIT>' + <NUM_LIT> + <NUM_LIT>"),
    ],
)
def test_text_of_every_form_is_left_out(language, text, written):
    source = parse(clean(text.encode()), LANGUAGES[language])
    assert [" ".join(line) for line in lines_of(source)] == [written]


def test_places_follow_from_the_content_alone():
    text = module(20)
    assert lines(text) == lines(text)
    assert [len(one["input"]) for one in lines(text)] != [len(one["input"]) for one in lines(text + "\nx = 1\n")]


@pytest.mark.parametrize(("functions", "samples"), [(1, 1), (20, 3), (50, 7), (200, 8)])
def test_longer_files_give_more_lines_up_to_a_bound(functions, samples):
    assert len(lines(module(functions))) == samples


def test_a_long_context_is_cut_at_its_beginning(monkeypatch):
    monkeypatch.setattr(completion, "CONTEXT_TOKENS", 10)
    for one in lines(module(20)):
        assert len(one["input"].split()) == 10
        assert not one["input"].startswith("<s>")


@pytest.mark.parametrize("text", ["", "x = 1\n", "def broken(:\n    return\n" * 9, "a\nb\nc\nd\ne\n"])
def test_short_and_broken_files_give_none(text):
    assert lines(text) == []
