import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.learning.data.functions import MASK, documented_functions
from tests.documented_code import function, module

SHOP = '''
import os


class Basket:
    """Everything a customer wants."""

    @property
    def total(self):
        """Add up the prices
        of all items.

        Taxes are included.
        """
        prices = [item.price for item in self.total.items]

        def helper(one):
            """Never looked at."""
            two = one
            return two

        return sum(prices)

    async def send(self, courier, *,
                   express=False):
        r"""Hand the parcel to a courier."""
        subtotal = await courier.send(self, express)
        return subtotal
'''


def only(text):
    (found,) = documented_functions(text)
    return found


def test_functions_and_methods_are_found_with_the_first_paragraph_in_one_line():
    found = list(documented_functions(SHOP))
    assert [one.query for one in found] == ["Add up the prices of all items.", "Hand the parcel to a courier."]


def test_the_code_has_neither_docstring_nor_name():
    total, send = documented_functions(SHOP)
    assert total.code.startswith(f"def {MASK}(self):\n    prices = [item.price for item in self.{MASK}.items]\n")
    assert send.code == (
        f"async def {MASK}(self, courier, *,\n               express=False):\n"
        f"    subtotal = await courier.{MASK}(self, express)\n    return subtotal\n"
    )


def test_only_whole_words_are_masked():
    code = only('def tot(x):\n    """Add up many numbers."""\n    total = tot(x)\n    return total\n').code
    assert code == f"def {MASK}(x):\n    total = {MASK}(x)\n    return total\n"


def test_a_piece_is_the_same_function_by_itself():
    for one in documented_functions(SHOP):
        assert only(one.text) == one


def test_a_string_at_the_margin_leaves_the_piece_parseable():
    body = '        """Give the whole text."""\n        text = """\nat the margin\n"""\n        return text\n'
    inside = f"class A:\n    def whole(self):\n{body}"
    piece = only(inside)
    assert "\nat the margin\n" in piece.text
    assert only(piece.text) == piece


@pytest.mark.parametrize(
    "body",
    [
        "    return 1\n    return 2\n",
        '    """Too short."""\n    x = 1\n    return x\n',
        '    """Only a docstring of many words."""\n',
        '    """One line of code is not enough."""\n    return 1\n',
        '    """A statement on the same line."""; x = 1\n    y = x\n    return y\n',
    ],
)
def test_what_does_not_say_what_it_does_or_does_little_is_left_out(body):
    assert not list(documented_functions(f"def price(x):\n{body}"))


@pytest.mark.parametrize("name", ["__init__", "test_price", "priceTest"])
def test_special_methods_and_tests_are_left_out(name):
    text = function(1).replace("merge_invoice_1", name).replace("count_invoice_1", name)
    assert name in text
    assert not list(documented_functions(text))


def test_a_docstring_on_the_line_of_the_header_is_left_out():
    assert not list(documented_functions('def price(x,\n  y): "Give the price of it."\n\ndef other(): pass\n'))


@pytest.mark.parametrize("text", ["", "print 'python 2'\n", "\0", "(" * 5000, "x = '\\d'\n"])
def test_text_that_does_not_parse_gives_nothing_and_warns_of_nothing(text):
    assert list(documented_functions(text)) == []


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_do_not_matter(end):
    assert list(documented_functions(SHOP.replace("\n", end))) == list(documented_functions(SHOP))


def test_a_form_feed_is_no_line_end():
    text = "x = 1\n\f\n" + module(2)
    assert list(documented_functions(text)) == list(documented_functions(module(2)))


@given(st.text(max_size=200))
def test_any_text_gives_pieces_that_parse(text):
    for one in documented_functions(text):
        ast.parse(one.text)


@given(st.lists(st.integers(0, 200), unique=True, max_size=8))
def test_as_many_functions_as_there_are(places):
    text = "\n".join(function(place) for place in places)
    assert len(list(documented_functions(text))) == len(places)
