import sys

import pytest

from node.errors import DataError
from node.learning.data import DEMO_PACKAGES, SPARE_PACKAGES
from node.learning.data.packages import list_package


def test_there_are_nine_different_demo_packages():
    assert len(set(DEMO_PACKAGES)) == 9
    assert not set(DEMO_PACKAGES) & set(SPARE_PACKAGES)


@pytest.mark.parametrize("package", [*DEMO_PACKAGES, *SPARE_PACKAGES])
def test_every_demo_package_comes_with_our_dependencies_and_is_large_enough(package):
    files = list_package(package, (".py",))
    assert sum(file.path.stat().st_size for file in files) > 150_000
    assert list(files) == sorted(files)


def test_listing_does_not_import():
    before = set(sys.modules)
    list_package("sympy", (".py",))
    assert not {name for name in set(sys.modules) - before if name.startswith("sympy")}


def test_a_missing_package_is_named():
    with pytest.raises(DataError, match="'no-such-package' is not installed"):
        list_package("no-such-package", (".py",))
