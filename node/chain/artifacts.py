"""The compiled contracts that ship with the package: ABI and creation bytecode, read once and only when asked for.

`scripts/compile` writes them from `contracts/`; a check fails when they are stale. Encoding and decoding by ABI is in
`node.chain.abi`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["CONTRACTS", "Artifact", "artifact"]

CONTRACTS = (
    "ContributionToken",
    "Membership",
    "GuidelineRegistry",
    "RoundManager",
    "ReleaseRegistry",
    "TimelockController",
    "FederationGovernor",
)  # in the order of deployment

_FOLDER = Path(__file__).with_name("artifacts")


@dataclass(frozen=True)
class Artifact:
    """One compiled contract; `abi` as the compiler printed it, `bytecode` without constructor arguments."""

    name: str
    abi: Sequence[Mapping[str, Any]]
    bytecode: bytes


@cache
def artifact(name: str) -> Artifact:
    """The compiled contract `name`, one of `CONTRACTS`; `FileNotFoundError` for any other name."""
    document = json.loads((_FOLDER / f"{name}.json").read_bytes())
    return Artifact(name, tuple(document["abi"]), bytes.fromhex(document["bytecode"].removeprefix("0x")))
