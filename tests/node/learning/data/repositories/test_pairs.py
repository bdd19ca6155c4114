import pytest

from node.learning.data.functions import documented_functions
from node.learning.data.repositories.languages import LANGUAGES
from node.learning.data.repositories.pairs import docstring_pairs
from node.learning.data.repositories.source import clean, parse
from tests.documented_code import module
from tests.polyglot_code import POLYGLOT


def pairs(text, language="python"):
    return list(docstring_pairs(parse(clean(text.encode()), LANGUAGES[language])))


@pytest.mark.parametrize("language", POLYGLOT)
def test_documented_functions_are_found_in_every_language(language):
    sample = POLYGLOT[language]
    found = {one["func_name"]: one for one in pairs(sample.text, language)}
    assert list(found) == list(sample.documented)
    for name, first_paragraph in sample.documented.items():
        words = "".join(found[name]["docstring_tokens"])
        assert words == "".join(first_paragraph.split())
        assert first_paragraph not in " ".join(found[name]["code"].split())


def test_code_is_the_function_without_its_docstring():
    (total, _) = pairs(POLYGLOT["python"].text)
    assert total["code"] == (
        "def total(self):\n    prices = [item.price for item in self.items]\n    return math.fsum(prices)"
    )
    assert total["docstring"] == "Add up the prices of all items.\n\nTaxes are included."
    assert total["code_tokens"][:6] == ["def", "total", "(", "self", ")", ":"]
    assert "Taxes" not in " ".join(total["code_tokens"])


def test_code_keeps_its_own_shape_and_its_strings_whole():
    found = {one["func_name"]: one for one in pairs(POLYGLOT["php"].text, "php")}
    assert found["Basket.receipt"]["code"].split("\n")[1] == "{"
    assert '"basket {$this->id}"' in found["Basket.receipt"]["code_tokens"]


@pytest.mark.parametrize(
    ("comment", "docstring"),
    [
        ("// Adds one to a number.", "Adds one to a number."),
        ("/// Adds one to a number.\n//\n//   if it can", "Adds one to a number.\n\n  if it can"),
        ("/* Adds one to a number. */", "Adds one to a number."),
        ("/**\n * Adds one to a number.\n *\n * - twice\n **/", "Adds one to a number.\n\n- twice"),
        ("/*! Adds one\n    to a number. */", "Adds one\nto a number."),
    ],
)
def test_comments_lose_what_makes_them_comments(comment, docstring):
    (one,) = pairs(f"{comment}\nint add(int a)\n{{\n    return a + 1;\n}}\n", "c")
    assert one["docstring"] == docstring


@pytest.mark.parametrize(
    "docstring",
    [
        "Two words",
        "",
        "<img src='a.png'> shows the basket",
        "See https://example.org for more",
        "@param first is one",
        "too many words " * 86,
    ],
)
def test_docstrings_that_say_nothing_do_not_count(docstring):
    assert pairs(f"def add(a):\n    '''{docstring}'''\n    b = a + 1\n    return b\n") == []


@pytest.mark.parametrize("literal", ["f'''Adds up {all} of them.'''", "b'Adds up all of them'"])
def test_a_formatted_string_or_bytes_are_no_docstring(literal):
    assert pairs(f"def add(a):\n    {literal}\n    b = a + 1\n    return b\n") == []


def test_a_docstring_in_the_line_of_the_header_leaves_a_function():
    (one,) = pairs("def add(a): 'Adds one to it.'; b = a + 1; c = b; \\\n  d = c; \\\n  return d\n")
    assert one["docstring"] == "Adds one to it."


def test_a_function_that_only_says_what_others_shall_do_does_not_count():
    assert pairs("def add(\n    a,\n    b,\n):\n    '''Adds one to it.'''\n") == []


def test_a_function_with_a_syntax_error_is_left_out_and_the_others_stay():
    broken = "/* Breaks whatever reads it. */\nint broken(int a)\n{\n    return a +;\n    if (\n}\n"
    assert [one["func_name"] for one in pairs(POLYGLOT["c"].text + broken, "c")] == ["total", "first_free"]


def test_python_functions_are_those_that_code_search_finds():
    text = module(30) + "\n\n" + POLYGLOT["python"].text
    ours = [one["func_name"].rpartition(".")[2] for one in pairs(text)]
    theirs = [one.text.partition("(")[0].split()[-1] for one in documented_functions(text)]
    assert ours == theirs
