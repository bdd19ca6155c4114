import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.learning.data.repositories.languages import LANGUAGES, language_of
from node.learning.data.repositories.source import clean, parse
from tests.polyglot_code import POLYGLOT


def source(text, language="python"):
    return parse(clean(text.encode()), LANGUAGES[language])


@pytest.mark.parametrize("language", POLYGLOT)
def test_the_ending_says_the_language_and_the_sample_parses(language):
    sample = POLYGLOT[language]
    assert language_of(sample.path) is LANGUAGES[language]
    assert source(sample.text, language).is_whole


def test_every_language_has_a_sample():
    assert set(POLYGLOT) == set(LANGUAGES)


@pytest.mark.parametrize("path", ["README.md", "Makefile", "a.pyc", "src/py", "a.rs"])
def test_other_files_have_no_language(path):
    assert language_of(path) is None


def test_full_names_begin_with_the_classes_around():
    text = "class A:\n    class B:\n        def f(self): ...\n\n    def g(self):\n        def h(): ...\n"
    assert [one.name for one in source(text).functions()] == ["A.B.f", "A.g"]
    assert [one.own_name for one in source(text).functions()] == ["f", "g"]


def test_functions_within_unnamed_ones_count():
    text = "(function () {\n  var f = function () { return 1; };\n  it('works', () => { done(); });\n})();\n"
    assert [one.name for one in source(text, "javascript").functions()] == ["f"]


def test_c_functions_behind_pointers_and_without_a_name():
    text = "char **f(int a) { return 0; }\nint (*g(void))(int) { return 0; }\nMACRO(x) { }\n"
    assert [one.name for one in source(text, "c").functions()][:1] == ["f"]


@pytest.mark.parametrize("language", POLYGLOT)
def test_tokens_are_the_text_without_spaces_and_comments(language):
    sample = POLYGLOT[language]
    one = source(sample.text, language)
    position = 0
    for token in one.tokens():
        assert token.row == sample.text.encode()[: token.node.start_byte].count(b"\n")
        position = sample.text.index(token.text.strip(), position) + len(token.text.strip())


def test_code_loses_the_indentation_of_its_first_line():
    one = source("class A:\n    def f(self):\n        x = '''\n  less'''\n        return x\n")
    node = one.functions()[0].node
    assert one.code(node.start_byte, node.end_byte) == "def f(self):\n    x = '''\n  less'''\n    return x"


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"a\r\nb\rc\n", b"a\nb\nc\n"), (b"\xef\xbb\xbfa", b"a"), (b"\xff", "\ufffd".encode()), (b"a\0b", None)],
)
def test_contents_are_made_text_of_one_form(content, text):
    assert clean(content) == text


@given(st.binary(max_size=200), st.sampled_from(sorted(LANGUAGES)))
def test_any_bytes_can_be_parsed(content, language):
    if (text := clean(content)) is None:
        return
    one = parse(text, LANGUAGES[language])
    covered = "".join(token.text for token in one.tokens())
    assert len(covered.encode()) <= len(text)
    for function in one.functions():
        assert one.comments_before(function.node) is not None


@pytest.mark.parametrize(("language", "opened"), [("python", "("), ("c", "{"), ("javascript", "["), ("ruby", "(")])
def test_deep_nesting_is_no_recursion(language, opened):
    one = source(opened * 200_000, language)
    assert len(list(one.tokens())) <= 200_000
    assert one.functions() == []


def test_functions_far_down_are_not_looked_for():
    text = "{" * 300 + "var f = function () { return 1; };" + "}" * 300 + "\nfunction g() { return 2; }\n"
    assert [one.name for one in source(text, "javascript").functions()] == ["g"]


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("// one\n// two\nint f() { }\n", ["// one", "// two"]),
        ("/* one */\n/* two\n   three */\nint f() { }\n", ["/* one */", "/* two\n   three */"]),
        ("// one\n\nint f() { }\n", []),
        ("int x; // one\nint f() { }\n", []),
        ("/* one */ int x;\nint f() { }\n", []),
        ("// one\nint x; int f() { }\n", []),
        ("// one\n\n// two\nint f() { }\n", ["// two"]),
        ("int f() { }\n", []),
        ("// one\n#define X\nint f() { }\n", []),
    ],
)
def test_comments_before_a_function_stand_right_before_it(text, comments):
    one = source(text, "c")
    (function,) = one.functions()
    assert one.comments_before(function.node) == comments
