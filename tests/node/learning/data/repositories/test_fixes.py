import pytest

from node.learning.data.repositories.fixes import fixed_functions, is_test, labelled_functions, says_fix
from node.learning.data.repositories.languages import LANGUAGES
from node.learning.data.repositories.source import clean, parse
from tests.polyglot_code import POLYGLOT


def both(before, after, language="python"):
    return [parse(clean(text.encode()), LANGUAGES[language]) for text in (before, after)]


def fixes(before, after, language="python", lines=20):
    return list(fixed_functions(*both(before, after, language), lines))


@pytest.mark.parametrize("language", POLYGLOT)
def test_a_line_that_changed_gives_the_function_before_and_after(language):
    sample = POLYGLOT[language]
    (one,) = fixes(sample.buggy, sample.text, language)
    assert sample.wrong.strip() in one["buggy"]
    assert sample.right.strip() in one["fixed"]
    assert one["buggy"].replace(sample.wrong.strip(), sample.right.strip()) == one["fixed"]
    assert one["func_name"] in sample.documented


ONE = "import os\n\n\ndef f(x):\n    y = x\n    return y\n\n\ndef g(x):\n    return x\n"


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (ONE, "nothing changed"),
        (ONE.replace("y = x", "y = x + 1").replace("    return x", "    return -x"), "two functions changed"),
        (ONE.replace("y = x", "y = z").replace("    return x", "    return z"), "two changed, their lengths did not"),
        (ONE.replace("y = x", "y = x + 1").replace("import os", "import re"), "an import changed, too"),
        (ONE.replace("import os", "import re"), "no function changed"),
        (ONE.replace("y = x", "y = x  # the same"), "only a comment changed"),
        (ONE.replace("y = x", "y =  x"), "only a space changed"),
        (ONE.replace("def f", "def h"), "the name changed"),
        (ONE + "\n\ndef h(x):\n    return x\n", "a function is new"),
        (ONE.replace("def f(x):\n    y = x\n    return y\n\n\n", ""), "a function is gone"),
        (ONE.replace("y = x", "y = (x"), "it does not parse any more"),
        (ONE.replace("y = x", "\n    ".join(f"y{n} = x" for n in range(30))), "too many lines changed"),
        (ONE.replace("y = x", "\n    ".join(f"y{n} = x" for n in range(250))), "the function is long"),
    ],
)
def test_other_changes_are_no_fix_of_one_function(after, why):
    assert fixes(ONE, after) == [], why
    assert fixes(after, ONE) == [], why


@pytest.mark.parametrize(("lines", "count"), [(1, 0), (2, 1)])
def test_lines_removed_and_added_are_counted(lines, count):
    assert len(fixes(ONE, ONE.replace("y = x", "y = x + 1"), lines=lines)) == count


def test_a_function_may_grow_at_its_end():
    (one,) = fixes(ONE, ONE.replace("    return y\n", "    return y or 1\n"))
    assert one["fixed"].endswith("return y or 1")
    (one,) = fixes("def f():\n    a()\n    b()\n", "def f():\n    a()\n    b()\n    c()\n")
    assert one == {
        "buggy": "def f():\n    a()\n    b()",
        "fixed": "def f():\n    a()\n    b()\n    c()",
        "func_name": "f",
    }


def test_a_changed_test_fixes_nothing():
    text = ONE.replace("def f", "def test_f")
    assert fixes(text, text.replace("y = x", "y = x + 1")) == []


def test_a_fix_gives_a_defective_function_and_a_sound_one():
    after = ONE.replace("y = x", "y = x + 1")
    bad, good = labelled_functions(*both(ONE, after), 20)
    assert (bad["target"], good["target"]) == (1, 0)
    assert (bad["func"], good["func"]) == tuple(fixes(ONE, after)[0][which] for which in ("buggy", "fixed"))


@pytest.mark.parametrize(
    "message",
    [
        "Fix the sum of an empty basket",
        "fixes #12",
        "bugfix: total",
        "Hot-fix for the courier",
        "parser: fixed off by one",
        "Resolve the crash of an empty list",
        "Correct an error in rounding",
        'Round down\n\nFixes: 0123456789ab ("Round up")',
    ],
)
def test_messages_that_say_fix(message):
    assert says_fix(message)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Add a fixture",
        "Prefix names",
        'Revert "Fix the sum"',
        "Fix a typo",
        "Fix lint",
        "Fix formatting of the docs",
        "Correct the names",
        "Add a courier\n\nThis fixes nothing.",
        "Suffix, affix and crucifix",
    ],
)
def test_messages_that_do_not(message):
    assert not says_fix(message)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/basket.py", True),
        ("src/test_basket.py", True),
        ("basket_test.go", True),
        ("src/test/java/BasketTest.java", True),
        ("spec/basket_spec.rb", True),
        ("lib/basket.test.js", True),
        ("src/contest.py", False),
        ("src/latest/protest.c", False),
        ("shop/inspect.py", False),
    ],
)
def test_files_of_tests_are_known_by_their_names(path, expected):
    assert is_test(path) is expected
