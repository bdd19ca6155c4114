"""Names for the values that cross module borders. No behaviour, no validation beyond what a type says."""

from typing import NewType

__all__ = ["NOBODY", "Address", "Cid", "GuidelineVersion", "Hex32", "RoundId", "Slot", "TokenWei", "UnixSeconds"]

Address = NewType("Address", str)  # 0x-prefixed, checksummed
Cid = NewType("Cid", str)  # CIDv1, base32, lower case
GuidelineVersion = NewType("GuidelineVersion", int)  # 1 is the founding version
Hex32 = NewType("Hex32", str)  # 0x-prefixed 32 bytes
RoundId = NewType("RoundId", int)  # 1 is the first round
Slot = NewType("Slot", int)  # order of reveal within a round; bit i of every update bitmap
TokenWei = NewType("TokenWei", int)  # 10^-18 contribution token
UnixSeconds = NewType("UnixSeconds", int)

NOBODY = Address("0x" + "00" * 20)  # the zero address: no account
