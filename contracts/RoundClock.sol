// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRoundManager, Phase} from "./interfaces/IRoundManager.sol";
import {Role, Seat} from "./interfaces/IRoster.sol";
import {Roster} from "./Roster.sol";

/// @title Round clock: where the current round stands, as a function of counts and time
/// @notice The stored phase is advanced by whoever writes; between writes, `_now` walks it forward with the clock.
abstract contract RoundClock is Roster, IRoundManager {
    /// @dev Everything that changes in most calls: one slot.
    struct Hot {
        uint32 round;
        Phase phase;
        Phase endedIn; // of a failed round
        bool agreed; // one result has two thirds of the drawn validators
        uint8 lots; // bit 0: trainers, bit 1: validators are drawn by lot; otherwise everybody seated is drawn
        uint40 endsAt; // unix seconds; of an ended round: when disclosing ends
        uint16 committed;
        uint16 revealed;
        uint8 vouched;
        uint8 attested;
        uint8 disclosed;
        uint8 entered; // validators with a slot
        uint16 drawnTrainers;
        uint8 drawnValidators;
        uint64 salts; // accumulates revealed salts, over all rounds: the next draw depends on it
    }

    /// @dev Fixed when the round opens, read when a phase ends: one slot.
    struct Terms {
        uint32[5] durations; // seconds, COMMIT first
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

    Hot private _hot;
    Terms internal _terms;
    Frame internal _frame;

    /// @inheritdoc IRoundManager
    function phase() external view returns (Phase) {
        return _now().phase;
    }

    /// @inheritdoc IRoundManager
    function isDrawn(address account, Role role) external view returns (bool) {
        return _isDrawn(_load(), _seatOf(account, role).index, role);
    }

    /// @dev The round as stored. Copies between storage and memory are long code, so they live here once.
    function _load() internal view returns (Hot memory) {
        return _hot;
    }

    function _store(Hot memory hot) internal {
        _hot = hot;
    }

    /// @dev The round as of now; not stored.
    function _now() internal view returns (Hot memory hot) {
        hot = _load();
        if (block.timestamp >= hot.endsAt && _isRunning(hot.phase)) _walk(hot);
    }

    /// @dev As `_now`, for a call that needs `round` to be in `needed`.
    function _nowIn(uint32 number, Phase needed) internal view returns (Hot memory hot) {
        hot = _now();
        if (hot.round != number) revert RoundManagerWrongRound(number, hot.round);
        if (hot.phase != needed) revert RoundManagerWrongPhase(number, hot.phase, needed);
    }

    /// @dev Ends the phase before its time. Needs a running phase before DISCLOSE.
    function _endEarly(Hot memory hot) internal view {
        // Safe cast: unix seconds fit 40 bits for 34,000 years.
        _enterNext(hot, uint40(block.timestamp), _terms.durations);
    }

    function _isDrawn(Hot memory hot, uint256 index, Role role) internal view returns (bool) {
        if (index == 0) return false;
        if (hot.lots & (1 << uint8(role)) == 0) return true;
        (uint256 count, uint256 drawn) = role == Role.Trainer
            ? (_terms.seatedTrainers, hot.drawnTrainers)
            : (_terms.seatedValidators, uint16(hot.drawnValidators));
        return _isDrawnBySeat(index, count, drawn, _frame.drawKey, role);
    }

    function _requireDrawn(Hot memory hot, Seat memory seat, Role role) internal view {
        if (!_isDrawn(hot, seat.index, role)) revert RoundManagerNotDrawn(hot.round, msg.sender, role);
    }

    function _requireNotFrozen() internal view override {
        Hot memory hot = _now();
        if (_isRunning(hot.phase)) revert RosterFrozen(hot.round);
    }

    function _isRunning(Phase phase_) internal pure returns (bool) {
        return phase_ != Phase.None && phase_ < Phase.Finalised;
    }

    function _isTwoThirds(uint256 part, uint256 whole) internal pure returns (bool) {
        return 3 * part >= 2 * whole;
    }

    function _walk(Hot memory hot) private view {
        uint32[5] memory durations = _terms.durations;
        uint256 minUpdates = _terms.minUpdates;
        while (block.timestamp >= hot.endsAt) {
            if (!_hasSucceeded(hot, minUpdates)) {
                (hot.endedIn, hot.phase) = (hot.phase, Phase.Failed);
                return;
            }
            if (hot.phase == Phase.Disclose) return; // agreed: waits for `finalise`
            _enterNext(hot, hot.endsAt, durations);
        }
    }

    /// @dev Whether the phase, now over, leaves a round that can still be finalised.
    function _hasSucceeded(Hot memory hot, uint256 minUpdates) private pure returns (bool) {
        if (hot.phase == Phase.Commit) return hot.committed >= minUpdates;
        if (hot.phase == Phase.Reveal) return hot.revealed >= minUpdates;
        if (hot.phase == Phase.Vouch) return _isTwoThirds(hot.vouched, hot.drawnValidators);
        if (hot.phase == Phase.Attest) return _isTwoThirds(hot.attested, hot.drawnValidators);
        return hot.agreed;
    }

    function _enterNext(Hot memory hot, uint40 from, uint32[5] memory durations) private pure {
        uint8 next = uint8(hot.phase) + 1;
        hot.phase = Phase(next);
        hot.endsAt = from + durations[next - uint8(Phase.Commit)];
    }
}
