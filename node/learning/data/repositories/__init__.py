"""An organisation's own git repositories as task data: functions with what is said of them, lines, fixed bugs.

Imported by name only where it is used, since it brings the parsers. Training reads none of this: it reads texts.
"""

from node.learning.data.repositories.build import Built, Order, build_data
from node.learning.data.repositories.recipes import Limits

__all__ = ["Built", "Limits", "Order", "build_data"]
