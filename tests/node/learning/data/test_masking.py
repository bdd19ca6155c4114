"""What is left of Python source once nothing in it says who wrote it or what for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.learning.data.masking import mask_definitions

SOLUTION = '''# Time:  O(n)
"""A module."""

class Solution(object):
    """
    :type x: int
    """
    def findPath(self, x):  # from the root
        """Find it."""

        text = "# no comment"
        def helper(y):
            r"""Never seen."""; return y
        print self.findPath(helper(x)), Solution
        return findPaths
'''


def test_comments_docstrings_and_defined_names_go_and_the_rest_stays():
    assert mask_definitions(SOLUTION) == (
        "class Class(object):\n"
        "    def func(self, x):\n"
        '        text = "# no comment"\n'
        "        def func(y):\n"
        '            r"""Never seen."""; return y\n'
        "        print self.func(func(x)), Class\n"
        "        return findPaths\n"
    )


def test_solutions_that_differ_in_names_and_comments_only_come_out_alike():
    renamed = SOLUTION.replace("findPath", "seek").replace("seeks", "findPaths").replace("Solution", "Solution2")
    assert mask_definitions(renamed.replace("O(n)", "O(log n)")) == mask_definitions(SOLUTION)


def test_what_is_masked_already_stays():
    once = mask_definitions(SOLUTION)
    assert mask_definitions(once) == once


@pytest.mark.parametrize("code", ['x = """open', "(", "  x\n y\n"])
def test_text_not_made_of_tokens_gives_nothing(code):
    assert mask_definitions(code) is None


@given(st.text(max_size=100))
def test_any_text_is_borne(text):
    assert isinstance(mask_definitions(text), str | None)


def test_line_ends_inside_strings_do_not_move_what_is_masked():
    assert mask_definitions('s = "\x0c"\ndef f(x):\n    return f\n') == 's = "\x0c"\ndef func(x):\n    return func\n'
