"""The same small shop in seven languages, made up for tests: documented functions and methods, and what is none."""

from dataclasses import dataclass

__all__ = ["POLYGLOT", "Sample"]


@dataclass(frozen=True)
class Sample:
    """A file, the full names and first paragraphs of its documented functions, and a bug that one line is."""

    path: str
    text: str
    documented: dict[str, str]
    right: str
    wrong: str

    @property
    def buggy(self) -> str:
        """The file with the bug."""
        assert self.text.count(self.right) == 1
        return self.text.replace(self.right, self.wrong)


PYTHON = '''"""Baskets and their prices."""

import math


class Basket:
    """What a customer wants to buy."""

    def __init__(self, items):
        """Hold the items of one customer."""
        self.items = list(items)
        self.open = True

    @property
    def total(self):
        """Add up the prices of all items.

        Taxes are included.
        """
        prices = [item.price for item in self.items]
        return math.fsum(prices)

    def test_total(self):
        """Check that nothing is free."""
        for item in self.items:
            assert item.price > 0


async def send(basket, courier):
    """Hand a basket to a courier
    and wait for the receipt.

    :param courier: who carries it
    """
    if basket.open:
        raise ValueError("still open")

    def later(one):
        """This one is inside another function."""
        two = one
        return two

    return await courier.take(later(basket))


def short(x):
    """Says what it does."""
    return x
'''

JAVA = """package shop;

import java.util.List;

/** A basket of items. */
public class Basket {
    private final List<Item> items;

    /** Creates a basket of items that somebody picked. */
    public Basket(List<Item> items) {
        this.items = items;
        this.checkAll();
    }

    /**
     * Adds up the prices of all items,
     * taxes included.
     *
     * @return the sum in cents
     */
    @Override
    public int total() {
        int sum = 0;
        for (Item item : items) {
            sum += item.price();
        }
        return sum;
    }

    // Removes every item
    // that nobody has paid for.
    private void sweep() {
        items.removeIf(item -> !item.isPaid());
        notifyAll();
    }

    /** Far away, so it is about something else. */

    private int unrelated(int a) {
        int b = a;
        return b;
    }

    static class Item {
        /** Tells whether the customer has paid for it. */
        boolean isPaid() {
            char mark = 'p';
            return status.indexOf(mark) >= 0 && price() != 12.5;
        }
    }
}
"""

JAVASCRIPT = """'use strict';

/**
 * Adds up the prices of a basket.
 * @param {Item[]} items
 */
export function total(items) {
  let sum = 0;
  for (const item of items) sum += item.price;
  return sum;
}

/** Sends the basket to a courier, later. */
const send = async (basket, courier) => {
  const receipt = await courier.take(`basket ${basket.id}`);
  return receipt.replace(/\\s+/g, ' ');
};

class Basket {
  /** Holds the items of a customer. */
  constructor(items) {
    this.items = items;
    this.open = true;
  }

  // Closes the basket so that nothing can be added.
  close() {
    const was = this.open;
    this.open = false;
    return was;
  }
}

module.exports = {
  /** Counts what is in a basket. */
  count: function (basket) {
    const items = basket.items;
    return items.length;
  },
};

Basket.prototype.clear = function () {
  this.items = [];
  return this;
};
"""

GO = """package shop

import "fmt"

// Total adds up the prices of all items.
// Taxes are included.
func Total(items []Item) int {
	sum := 0
	for _, item := range items {
		sum += item.Price
	}
	return sum
}

/*
Close marks the basket as closed.

It cannot be opened again.
*/
func (b *Basket) Close() error {
	if !b.open {
		return fmt.Errorf("basket %d: %s", b.id, `closed`)
	}
	b.open = false
	return nil
}

var limit = 3 // the most that one may buy
func tooMany(n int) bool {
	over := n > limit
	return over
}
"""

PHP = """<?php
namespace Shop;

/**
 * Adds up the prices of all items.
 *
 * @param Item[] $items
 */
function total(array $items): int
{
    $sum = 0;
    foreach ($items as $item) {
        $sum += $item->price;
    }
    return $sum;
}

class Basket
{
    /** Holds what a customer picked. */
    public function __construct(private array $items)
    {
        $this->open = true;
        $this->id = 7;
    }

    # Writes the receipt of this basket.
    public function receipt(): string
    {
        $name = "basket {$this->id}";
        return <<<END
        $name: paid
        END;
    }
}
"""

RUBY = """# What a shop sells.
module Shop
  class Basket
    # Adds up the prices of all items.
    #
    # Taxes are included.
    def total
      prices = @items.map { |item| item.price }
      prices.sum
    end

    # Holds what a customer picked.
    def initialize(items)
      @items = items
      @open = true
    end

    # Opens a basket that somebody left behind.
    def self.reopen(id)
      basket = find("basket #{id}")
      basket.open = true
      basket
    end

    # Tells whether nobody may add anything.
    private def closed?
      open = @open
      !open
    end

    def undocumented
      1 + 1
      2
    end
  end
end
"""

C = """#include <stdio.h>

#define LIMIT 12

/*
 * Adds up the prices of all items.
 *
 * The array may be empty.
 */
static long total(const struct item *items, int count)
{
    long sum = 0;
    for (int i = 0; i < count; i++)
        sum += items[i].price;
    return sum;
}

/* Finds the first item that costs nothing,
   if there is any. */
struct item *first_free(struct item *items, int count)
{
    for (int i = 0; i < count; i++)
        if (items[i].price == 0)
            return &items[i];
    return NULL;
}

/* A declaration has no body at all. */
int declared(int a);

int main(void)
{
    printf("%s\\n", "basket");
    return 0;
}
"""

POLYGLOT: dict[str, Sample] = {
    "c": Sample(
        "src/basket.c",
        C,
        {
            "total": "Adds up the prices of all items.",
            "first_free": "Finds the first item that costs nothing, if there is any.",
        },
        "sum += items[i].price;",
        "sum = items[i].price;",
    ),
    "go": Sample(
        "basket.go",
        GO,
        {
            "Total": "Total adds up the prices of all items. Taxes are included.",
            "Close": "Close marks the basket as closed.",
        },
        "if !b.open {",
        "if b.open {",
    ),
    "java": Sample(
        "src/shop/Basket.java",
        JAVA,
        {
            "Basket.total": "Adds up the prices of all items, taxes included.",
            "Basket.sweep": "Removes every item that nobody has paid for.",
            "Basket.Item.isPaid": "Tells whether the customer has paid for it.",
        },
        "removeIf(item -> !item.isPaid())",
        "removeIf(item -> item.isPaid())",
    ),
    "javascript": Sample(
        "lib/basket.js",
        JAVASCRIPT,
        {
            "total": "Adds up the prices of a basket.",
            "send": "Sends the basket to a courier, later.",
            "Basket.close": "Closes the basket so that nothing can be added.",
            "count": "Counts what is in a basket.",
        },
        "this.open = false;",
        "this.open = true; // as before",
    ),
    "php": Sample(
        "src/Basket.php",
        PHP,
        {
            "total": "Adds up the prices of all items.",
            "Basket.receipt": "Writes the receipt of this basket.",
        },
        "$sum += $item->price;",
        "$sum += $item;",
    ),
    "python": Sample(
        "shop/basket.py",
        PYTHON,
        {
            "Basket.total": "Add up the prices of all items.",
            "send": "Hand a basket to a courier and wait for the receipt.",
        },
        "    if basket.open:",
        "    if not basket.open:",
    ),
    "ruby": Sample(
        "lib/basket.rb",
        RUBY,
        {
            "Shop.Basket.total": "Adds up the prices of all items.",
            "Shop.Basket.reopen": "Opens a basket that somebody left behind.",
            "Shop.Basket.closed?": "Tells whether nobody may add anything.",
        },
        "prices.sum",
        "prices.max",
    ),
}
