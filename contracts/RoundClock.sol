// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRoundManager, Phase} from "./interfaces/IRoundManager.sol";
import {Role} from "./interfaces/IRoster.sol";
import {Hot} from "./libraries/HotLib.sol";
import {PackedSeat} from "./libraries/SeatLib.sol";
import {Terms} from "./libraries/TermsLib.sol";
import {Roster} from "./Roster.sol";

/// @title Round clock: where the current round stands, as a function of counts and time
/// @notice The stored phase is advanced by whoever writes; between writes, `_now` walks it forward with the clock.
abstract contract RoundClock is Roster, IRoundManager {
    /// @dev Fixed when the round opens, read when it ends: one slot.
    struct Frame {
        uint128 budget; // token wei
        uint32 version;
        uint32 lineage;
        uint64 drawKey;
    }

    Hot internal _hot; // as stored; `_now` says how things are
    Terms internal _terms;
    Frame internal _frame;

    /// @inheritdoc IRoundManager
    function phase() external view returns (Phase) {
        return _now().phase();
    }

    /// @inheritdoc IRoundManager
    function isDrawn(address account, Role role) external view returns (bool) {
        return _isDrawn(_hot, _readSeat(account, role).index(), role);
    }

    /// @dev The round as of now; not stored.
    function _now() internal view returns (Hot hot) {
        hot = _hot;
        if (block.timestamp >= hot.endsAt() && hot.isRunning()) hot = _walk(hot);
    }

    /// @dev As `_now`, for a call that needs `round` to be in `needed`.
    function _nowIn(uint32 number, Phase needed) internal view returns (Hot hot) {
        hot = _now();
        if (hot.isAt(number, needed)) return hot;
        if (hot.round() != number) revert RoundManagerWrongRound(number, hot.round());
        revert RoundManagerWrongPhase(number, hot.phase(), needed);
    }

    function _isDrawn(Hot hot, uint256 index, Role role) internal view returns (bool) {
        if (index == 0) return false;
        if (!hot.drawsByLot(role)) return true;
        (uint256 count, uint256 drawn) = role == Role.Trainer
            ? (_terms.seatedTrainers(), hot.drawnTrainers())
            : (_terms.seatedValidators(), hot.drawnValidators());
        return _isDrawnBySeat(index, count, drawn, _frame.drawKey, role);
    }

    function _requireDrawn(Hot hot, PackedSeat seat, Role role) internal view {
        if (!_isDrawn(hot, seat.index(), role)) revert RoundManagerNotDrawn(hot.round(), msg.sender, role);
    }

    function _requireNotFrozen() internal view override {
        Hot hot = _now();
        if (hot.isRunning()) revert RosterFrozen(hot.round());
    }

    function _walk(Hot hot) private view returns (Hot) {
        do {
            if (!hot.canGoOn()) return hot.fail();
            Phase over = hot.phase();
            if (over == Phase.Disclose) return hot; // agreed: waits for `finalise`
            hot = hot.enterNext(over == Phase.Reveal ? hot.vouchSeconds() : _terms.secondsAfter(over));
        } while (block.timestamp >= hot.endsAt());
        return hot;
    }
}
