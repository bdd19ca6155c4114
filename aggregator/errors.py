"""Everything this package raises on purpose: one small tree, one sentence a message. No logging and no exit codes.

AggregatorError
├── BadParameter    a caller's argument is out of its range
├── Malformed       bytes of another peer break a format
├── StateOverflow   an aggregate would push the state out of int32
├── TooFewUpdates   fewer updates than the rule's resilience condition asks for
├── TooManyUpdates  more updates than the rule can search
└── UnknownRule     no rule or preaggregation of that name
"""

__all__ = [
    "AggregatorError",
    "BadParameter",
    "Malformed",
    "StateOverflow",
    "TooFewUpdates",
    "TooManyUpdates",
    "UnknownRule",
    "shown",
]

REASON_LIMIT = 240  # characters
SHOWN_LIMIT = 48  # characters


def shown(value: object) -> str:
    """Show a hostile `value` in a sentence: ASCII only, at most 48 characters, the same on every Python."""
    text = ascii(value)
    return text if len(text) <= SHOWN_LIMIT else text[: SHOWN_LIMIT - 3] + "..."


class AggregatorError(Exception):
    """Base of every error of this package."""


class BadParameter(AggregatorError):
    """An argument is out of range: says which, what it was and what is allowed."""


class Malformed(AggregatorError):
    """Bytes of another peer break a format.

    `reason` (at most 240 characters) enters the attested round record, so it is a pure function of those bytes: it
    never quotes an interpreter's own message.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason[:REASON_LIMIT]
        super().__init__(self.reason)


class StateOverflow(AggregatorError):
    """The aggregate would push a coordinate of the state out of int32."""


class TooFewUpdates(AggregatorError):
    """Fewer updates than the rule's resilience condition asks for."""


class TooManyUpdates(AggregatorError):
    """More updates than a rule that searches their subsets can take."""


class UnknownRule(AggregatorError):
    """No rule or preaggregation has that name; the message lists those there are."""
