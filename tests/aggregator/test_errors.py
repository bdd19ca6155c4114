import pytest

from aggregator import errors


def test_all_errors_share_one_base():
    classes = [getattr(errors, name) for name in errors.__all__ if name != "shown"]
    assert all(issubclass(cls, errors.AggregatorError) for cls in classes)


def test_a_reason_is_bounded():
    error = errors.Malformed("x" * 10_000)
    assert error.reason == str(error) == "x" * errors.REASON_LIMIT


@pytest.mark.parametrize(("value", "text"), [("é\n", r"'\xe9\n'"), (3, "3"), ("x" * 99, "'" + "x" * 44 + "...")])
def test_hostile_values_are_shown_short_and_in_ascii(value, text):
    assert errors.shown(value) == text
