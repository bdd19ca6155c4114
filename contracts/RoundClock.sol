// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRoundManager, Phase} from "./interfaces/IRoundManager.sol";
import {Role} from "./interfaces/IRoster.sol";
import {Hot} from "./libraries/HotLib.sol";
import {PackedSeat} from "./libraries/SeatLib.sol";
import {Roster} from "./Roster.sol";

/// @title Round clock: where the current round stands, as a function of counts and time
/// @notice The stored phase is advanced by whoever writes; between writes, `_now` walks it forward with the clock.
abstract contract RoundClock is Roster, IRoundManager {
    /// @dev Fixed when the round opens, read when a phase ends: one slot.
    struct Terms {
        uint32 commitSeconds;
        uint32 revealSeconds;
        uint32 vouchSeconds;
        uint32 attestSeconds;
        uint32 discloseSeconds;
        uint16 minUpdates;
        uint16 seatedTrainers;
        uint16 seatedValidators;
        uint32 rosterVersion; // low bits; tells whether the lists are still those of the round
    }

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
        if (block.timestamp >= hot.endsAt() && _isRunning(hot.phase())) hot = _walk(hot);
    }

    /// @dev As `_now`, for a call that needs `round` to be in `needed`.
    function _nowIn(uint32 number, Phase needed) internal view returns (Hot hot) {
        hot = _now();
        if (hot.round() != number) revert RoundManagerWrongRound(number, hot.round());
        if (hot.phase() != needed) revert RoundManagerWrongPhase(number, hot.phase(), needed);
    }

    /// @dev Ends the phase before its time. Needs a running phase before DISCLOSE.
    function _endEarly(Hot hot) internal view returns (Hot) {
        // Safe cast: unix seconds fit 40 bits for 34,000 years.
        return _enterNext(hot, uint40(block.timestamp));
    }

    function _isDrawn(Hot hot, uint256 index, Role role) internal view returns (bool) {
        if (index == 0) return false;
        bool byLot = role == Role.Trainer ? hot.drawsTrainers() : hot.drawsValidators();
        if (!byLot) return true;
        (uint256 count, uint256 drawn) = role == Role.Trainer
            ? (_terms.seatedTrainers, hot.drawnTrainers())
            : (_terms.seatedValidators, uint16(hot.drawnValidators()));
        return _isDrawnBySeat(index, count, drawn, _frame.drawKey, role);
    }

    function _requireDrawn(Hot hot, PackedSeat seat, Role role) internal view {
        if (!_isDrawn(hot, seat.index(), role)) revert RoundManagerNotDrawn(hot.round(), msg.sender, role);
    }

    function _requireNotFrozen() internal view override {
        Hot hot = _now();
        if (_isRunning(hot.phase())) revert RosterFrozen(hot.round());
    }

    function _isRunning(Phase phase_) internal pure returns (bool) {
        return phase_ != Phase.None && phase_ < Phase.Finalised;
    }

    function _isTwoThirds(uint256 part, uint256 whole) internal pure returns (bool) {
        return 3 * part >= 2 * whole;
    }

    function _walk(Hot hot) private view returns (Hot) {
        while (block.timestamp >= hot.endsAt()) {
            if (!_hasSucceeded(hot, _terms.minUpdates)) return hot.fail(hot.phase());
            if (hot.phase() == Phase.Disclose) return hot; // agreed: waits for `finalise`
            hot = _enterNext(hot, hot.endsAt());
        }
        return hot;
    }

    /// @dev Whether the phase, now over, leaves a round that can still be finalised.
    function _hasSucceeded(Hot hot, uint256 minUpdates) private pure returns (bool) {
        if (hot.phase() == Phase.Commit) return hot.committed() >= minUpdates;
        if (hot.phase() == Phase.Reveal) return hot.revealed() >= minUpdates;
        if (hot.phase() == Phase.Vouch) return _isTwoThirds(hot.vouched(), hot.drawnValidators());
        if (hot.phase() == Phase.Attest) return _isTwoThirds(hot.attested(), hot.drawnValidators());
        return hot.agreed();
    }

    function _enterNext(Hot hot, uint40 from) private view returns (Hot) {
        Phase next = Phase(uint8(hot.phase()) + 1);
        return hot.enter(next).endAt(from + _secondsOf(next));
    }

    function _secondsOf(Phase phase_) private view returns (uint32) {
        if (phase_ == Phase.Reveal) return _terms.revealSeconds;
        if (phase_ == Phase.Vouch) return _terms.vouchSeconds;
        if (phase_ == Phase.Attest) return _terms.attestSeconds;
        return phase_ == Phase.Disclose ? _terms.discloseSeconds : _terms.commitSeconds;
    }
}
