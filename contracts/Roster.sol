// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IRoster, Role, Seat} from "./interfaces/IRoster.sol";
import {Draw} from "./libraries/Draw.sol";
import {PackedSeat} from "./libraries/SeatLib.sol";

/// @title Roster
/// @notice See `IRoster`.
///
/// Assumptions, for correctness:
/// - Nobody knows the draw key of a round while it can still choose its seat for it; a seat change between the end of REVEAL
///   and the next opening may move one other seat, which is the bias that remains.
/// For liveness:
/// - Fewer than 65,536 members a role.
/// - Each account waits at most once in the queue, so nobody can fill it for others.
abstract contract Roster is IRoster {
    uint256 private constant CHANGES_PER_CALL = 32;

    struct Wish {
        uint8 roles;
        bool queued;
    }

    struct Seats {
        PackedSeat trainer;
        PackedSeat validator;
    }

    struct Queue {
        uint64 head; // changes applied so far
        uint64 tail; // changes asked for so far
        uint32[2] expected; // members of each role once the queue is empty
    }

    address public immutable membership;

    Queue private _queue;
    mapping(uint64 position => address) private _waiting;
    mapping(address account => Wish) private _wishes;
    address[][2] private _seated;
    mapping(address account => Seats) internal _seats;

    modifier onlyMembership() {
        if (msg.sender != membership) revert RosterUnauthorized(msg.sender);
        _;
    }

    constructor(address membership_) {
        membership = membership_;
    }

    /// @inheritdoc IRoster
    function enlist(address account, uint8 roles) external onlyMembership {
        _wish(account, roles);
    }

    /// @inheritdoc IRoster
    function delist(address account) external onlyMembership {
        _wish(account, 0);
    }

    /// @inheritdoc IRoster
    function applyRosterChanges() external {
        _requireNotFrozen();

        _applyChanges();
    }

    /// @inheritdoc IRoster
    function expectedCount(Role role) external view returns (uint256) {
        return _queue.expected[uint8(role)];
    }

    /// @inheritdoc IRoster
    function seatedCount(Role role) public view returns (uint256) {
        return _seated[uint8(role)].length;
    }

    /// @inheritdoc IRoster
    function seated(Role role, uint256 offset, uint256 limit) external view returns (address[] memory page) {
        address[] storage all = _seated[uint8(role)];
        uint256 left = offset < all.length ? all.length - offset : 0;
        page = new address[](left < limit ? left : limit);
        for (uint256 i = 0; i < page.length; ++i) page[i] = all[offset + i];
    }

    /// @inheritdoc IRoster
    function queuedChanges() external view returns (uint256) {
        return _queue.tail - _queue.head;
    }

    /// @inheritdoc IRoster
    function seatOf(address account, Role role) external view returns (Seat memory) {
        return _readSeat(account, role).unpack();
    }

    /// @dev Reverts with `RosterFrozen` while a round runs.
    function _requireNotFrozen() internal view virtual;

    function _applyChanges() internal {
        Queue storage queue = _queue;
        uint64 head = queue.head;
        for (uint256 i = 0; i < CHANGES_PER_CALL && head < queue.tail; ++i) {
            address account = _waiting[head];
            delete _waiting[head++];
            _wishes[account].queued = false;
            _place(account, Role.Trainer, _wants(_wishes[account].roles, Role.Trainer));
            _place(account, Role.Validator, _wants(_wishes[account].roles, Role.Validator));
        }
        queue.head = head;
    }

    /// @dev Changes applied so far: equal values mean equal lists.
    function _rosterVersion() internal view returns (uint64) {
        return _queue.head;
    }

    function _readSeat(address account, Role role) internal view returns (PackedSeat) {
        return role == Role.Trainer ? _seats[account].trainer : _seats[account].validator;
    }

    function _writeSeat(address account, Role role, PackedSeat seat) internal {
        if (role == Role.Trainer) _seats[account].trainer = seat;
        else _seats[account].validator = seat;
    }

    /// @dev Whether the member with the 1-based seat `index` of `count` is among the `drawn` ones.
    function _isDrawnBySeat(uint256 index, uint256 count, uint256 drawn, uint64 key, Role role)
        internal
        pure
        returns (bool)
    {
        bytes32 seed = keccak256(abi.encode(key, role));
        return Draw.permute(index - 1, count, seed) < drawn;
    }

    function _wish(address account, uint8 roles) private {
        Wish storage wish = _wishes[account];
        _expect(Role.Trainer, wish.roles, roles);
        _expect(Role.Validator, wish.roles, roles);
        wish.roles = roles;
        if (wish.queued) return;

        wish.queued = true;
        _waiting[_queue.tail++] = account;
    }

    function _expect(Role role, uint8 before, uint8 afterwards) private {
        bool was = _wants(before, role);
        bool will = _wants(afterwards, role);
        uint32[2] storage expected = _queue.expected;
        if (was && !will) --expected[uint8(role)];
        if (!was && will && ++expected[uint8(role)] > type(uint16).max) revert RosterFull(role);
    }

    function _place(address account, Role role, bool wanted) private {
        uint16 index = _readSeat(account, role).index();
        if (wanted == (index != 0)) return;
        if (wanted) _sit(account, role);
        else _stand(account, role, index);
    }

    function _sit(address account, Role role) private {
        address[] storage all = _seated[uint8(role)];
        all.push(account);
        _setIndex(account, role, SafeCast.toUint16(all.length));
    }

    /// @dev The last on the list moves into the gap.
    function _stand(address account, Role role, uint16 gap) private {
        address[] storage all = _seated[uint8(role)];
        address last = all[all.length - 1];
        all[gap - 1] = last;
        all.pop();
        _setIndex(account, role, 0);
        if (last != account) _setIndex(last, role, gap);
    }

    function _setIndex(address account, Role role, uint16 index) private {
        _writeSeat(account, role, _readSeat(account, role).movedTo(index));

        emit SeatChanged(account, role, index);
    }

    function _wants(uint8 roles, Role role) private pure returns (bool) {
        return (roles >> uint8(role)) & 1 != 0;
    }
}
