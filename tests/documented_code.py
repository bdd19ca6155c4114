"""Python source made up for tests: documented functions that have words of their own."""

__all__ = ["function", "module"]

THINGS = ("basket", "invoice", "voucher", "parcel", "refund", "customer", "ledger", "courier")
DEEDS = ("count", "merge", "sort", "print", "check", "archive", "rename", "compare")


def function(number: int) -> str:
    thing, deed = THINGS[number % len(THINGS)], DEEDS[number // len(THINGS) % len(DEEDS)]
    return (
        f"def {deed}_{thing}_{number}({thing}, limit):\n"
        f'    """{deed.capitalize()} every {thing} of shelf {number}.\n\n    A second paragraph.\n    """\n'
        f"    for item in {thing}.{deed}(limit):\n"
        f"        {thing}.shelf = {number}\n"
        f"    return {deed}_{thing}_{number}\n"
    )


def module(count: int, first: int = 0) -> str:
    return "\n\n".join(function(number) for number in range(first, first + count))
