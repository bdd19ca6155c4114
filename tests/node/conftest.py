"""Shared by all tests of the node: one living federation a session, because founding one takes seconds."""

from collections.abc import Iterator

import pytest

from tests.living_federation import LivingFederation, living_federation


@pytest.fixture(scope="session")
def town() -> Iterator[LivingFederation]:
    """Two finalised rounds. Tests may vote and join; none may run another round."""
    with living_federation(rounds=2) as one:
        yield one
