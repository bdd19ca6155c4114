"""The enumerations of the contracts, with the same numbers. Values only."""

from enum import IntEnum

__all__ = ["MemberStatus", "Penalty", "Phase", "Progress", "ProposalState", "Role"]


class _Word(IntEnum):
    """A number of the contracts that reads as its name in messages."""

    def __str__(self) -> str:
        return self.name


class Phase(_Word):
    """`Phase` of IRoundManager."""

    NONE = 0
    COMMIT = 1
    REVEAL = 2
    VOUCH = 3
    ATTEST = 4
    DISCLOSE = 5
    FINALISED = 6
    FAILED = 7


class Role(_Word):
    """`Role` of IRoster."""

    TRAINER = 0
    VALIDATOR = 1


class Progress(_Word):
    """`Progress` of IRoster: how far a member got in a round."""

    NONE = 0
    COMMITTED = 1
    REVEALED = 2
    VOUCHED = 3
    ATTESTED = 4
    DISCLOSED = 5
    SETTLED = 6


class MemberStatus(_Word):
    """`Status` of IMembership."""

    NONE = 0
    ADMITTED = 1
    ACTIVE = 2
    EXITED = 3
    EXPELLED = 4


class Penalty(_Word):
    """`Penalty` of IMembership."""

    SILENT = 0
    SOFT = 1
    HARD = 2


class ProposalState(_Word):
    """`ProposalState` of OpenZeppelin's IGovernor."""

    PENDING = 0
    ACTIVE = 1
    CANCELED = 2
    DEFEATED = 3
    SUCCEEDED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7
