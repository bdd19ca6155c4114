"""Who is on stage; the demo as a whole is tested from the command line."""

import pytest

from node.errors import ConfigError
from node.learning.data import DEMO_PACKAGES, SPARE_PACKAGES
from node.research.demo import choose_cast, is_installed


def test_nine_members_of_whom_two_poison_and_one_is_absent_once():
    cast = choose_cast(lambda package: True)
    assert len({one.package for one in cast}) == 9
    assert [(one.attack, one.validates) for one in cast if not one.honest] == [
        ("sign_flip", "lies"),
        ("noise", "silent"),
    ]
    assert [one.absent_in for one in cast if one.honest and one.absent_in] == [(2,)]
    assert all(one.validates == "honest" for one in cast if one.honest)


def test_a_missing_package_is_replaced_by_a_spare_one():
    missing = DEMO_PACKAGES[0]
    packages = [one.package for one in choose_cast(lambda package: package != missing)]
    assert missing not in packages
    assert len(packages) == 9
    assert set(packages) <= {*DEMO_PACKAGES, *SPARE_PACKAGES}


def test_too_few_packages_are_refused():
    with pytest.raises(ConfigError, match="only 3 of its packages are installed, 9 are needed; run scripts/setup"):
        choose_cast(lambda package: package in DEMO_PACKAGES[:3])


def test_what_is_installed():
    assert is_installed("numpy")
    assert not is_installed("no-such-package-anywhere")
