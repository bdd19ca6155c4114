// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The two jobs in a round. In bitmaps: bit 0 trainer, bit 1 validator.
enum Role {
    Trainer,
    Validator
}

/// @notice How far a member got in the round its seat was last used in. Trainers: Committed, Revealed. Validators: Vouched,
/// Attested, Disclosed. Settled: nothing is open (also: reported silent).
enum Progress {
    None,
    Committed,
    Revealed,
    Vouched,
    Attested,
    Disclosed,
    Settled
}

/// @notice One storage slot for each member and role, reused in every round.
/// @param index 1-based position on the list of the role; 0: not seated.
/// @param round Round of the entry below.
/// @param progress How far the member got in it.
/// @param slot Trainers: reveal order, from 0. Validators: order of first vouch or attestation, from 0.
/// @param hash Commitment (Committed, Attested) or result hash (Disclosed).
struct Seat {
    uint16 index;
    uint32 round;
    Progress progress;
    uint8 slot;
    bytes24 hash;
}

/// @title Roster: the members who can be drawn, and the draw.
/// @notice Membership asks for seats; the changes wait in a queue and are applied between rounds, so the lists are frozen
/// while a round runs.
interface IRoster {
    /// @notice `caller` may not call this function.
    error RosterUnauthorized(address caller);
    /// @notice A round is running, so the lists are frozen.
    error RosterFrozen(uint32 round);
    /// @notice No more seats for this role.
    error RosterFull(Role role);

    /// @notice `account` sits at `index` (from 1) of the list of `role` from now on; 0: it has no seat there any more.
    event SeatChanged(address indexed account, Role indexed role, uint16 index);

    /// @notice Asks for seats in `roles` (and no others). Membership only.
    function enlist(address account, uint8 roles) external;

    /// @notice Asks for the removal of all seats. Membership only.
    function delist(address account) external;

    /// @notice Applies up to 32 queued changes while no round runs. `open` does the same; this is for longer queues.
    function applyRosterChanges() external;

    /// @notice Members of a role once every queued change is applied.
    function expectedCount(Role role) external view returns (uint256);

    /// @notice Members seated in a role.
    function seatedCount(Role role) external view returns (uint256);

    /// @notice Up to `limit` accounts of a role, from the 0-based `offset` on, in seat order.
    function seated(Role role, uint256 offset, uint256 limit) external view returns (address[] memory);

    /// @notice Accounts with a queued change.
    function queuedChanges() external view returns (uint256);

    /// @notice Seat and latest entry of a member in a role.
    function seatOf(address account, Role role) external view returns (Seat memory);
}
