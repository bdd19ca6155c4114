"""Private code as training text: where it is found, which of it counts, what is held out. No tokens, no tensors."""

from node.learning.data.attacks import DATA_ATTACKS
from node.learning.data.packages import DEMO_PACKAGES, SPARE_PACKAGES
from node.learning.data.source import DataSource, read_split
from node.learning.data.split import Split, is_held_out

__all__ = ["DATA_ATTACKS", "DEMO_PACKAGES", "SPARE_PACKAGES", "DataSource", "Split", "is_held_out", "read_split"]
