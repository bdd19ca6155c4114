// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMembership, Penalty} from "./interfaces/IMembership.sol";
import {IRoundManager, Outcome, Phase} from "./interfaces/IRoundManager.sol";
import {Progress, Role} from "./interfaces/IRoster.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {Hot} from "./libraries/HotLib.sol";
import {PackedSeat} from "./libraries/SeatLib.sol";
import {RoundClock} from "./RoundClock.sol";

/// @title Settlement: what an entry of an ended round costs its owner
/// @notice A seat is reused in every round, so an entry is settled by the call that overwrites it, or by anybody before that.
/// Only the last rounds are remembered; older entries cost nothing.
abstract contract Settlement is RoundClock {
    uint256 internal constant REMEMBERED_ROUNDS = 8;

    Outcome[REMEMBERED_ROUNDS] internal _outcomes; // round r at r mod 8
    Phase[REMEMBERED_ROUNDS] private _endedIn; // of rounds without a result

    constructor() {
        // Written once here, so that the first rounds cost what later ones do.
        for (uint256 i = 0; i < REMEMBERED_ROUNDS; ++i) {
            _outcomes[i].disclosableUntil = 1;
            _outcomes[i].sound = type(uint256).max;
        }
    }

    /// @inheritdoc IRoundManager
    function settle(address account) external {
        Hot hot = _now();
        _recordIfFailed(hot);

        bool asTrainer = _settleEnded(hot, account, Role.Trainer);
        bool asValidator = _settleEnded(hot, account, Role.Validator);
        if (!asTrainer && !asValidator) revert RoundManagerNothingToSettle(account);
    }

    /// @inheritdoc IRoundManager
    function reportSilence(uint32 number, address account, Role role) external {
        Hot hot = _now();
        if (number != hot.round()) revert RoundManagerWrongRound(number, hot.round());
        PackedSeat seat = _readSeat(account, role);
        // Safe cast: only compared for equality, with a value cut in the same way.
        bool sameLists = _terms.rosterVersion() == uint32(_rosterVersion());
        if (!sameLists || !_isSilenceOver(hot, role) || seat.round() == number || !_isDrawn(hot, seat.index(), role)) {
            revert RoundManagerNotSilent(number, account, role);
        }
        if (_canDisclose(seat)) {
            revert RoundManagerDiscloseFirst(seat.round(), account, _outcomeAt(seat.round()).disclosableUntil);
        }

        _recordIfFailed(hot);
        _markSettled(account, role, number);

        emit SilenceReported(number, account, role);

        _close(account, role, seat, number);
        _penalise(account, Penalty.Silent);
    }

    /// @inheritdoc IRoundManager
    function outcomeOf(uint32 number) external view returns (Outcome memory outcome) {
        uint32 current = _hot.round();
        bool ended = number < current || (number == current && !_hot.isRunning());
        if (number != 0 && ended && current - number < REMEMBERED_ROUNDS) outcome = _outcomeAt(number);
    }

    /// @dev Writes down a failure that until now only the clock knows of.
    function _recordIfFailed(Hot hot) internal {
        if (hot.phase() != Phase.Failed || _hot.phase() == Phase.Failed) return;

        _hot = hot;
        uint256 position = hot.round() % REMEMBERED_ROUNDS;
        _outcomes[position] = Outcome(0, 0, 0, type(uint256).max, 0);
        _endedIn[position] = hot.endedIn();
        _countFailure();

        emit RoundFailed(hot.round(), hot.endedIn(), 0);
    }

    /// @dev Called once for each failed round.
    function _countFailure() internal virtual;

    /// @dev Applies the penalty due for a seat's entry of an ended round. The seat itself is the caller's to overwrite.
    function _close(address account, Role role, PackedSeat seat, uint32 current) internal {
        if (role == Role.Trainer) _closeUpdate(account, seat, current);
        else _closeResult(account, seat, current);
    }

    /// @dev As `_close`, for a trainer's seat.
    function _closeUpdate(address account, PackedSeat seat, uint32 current) internal {
        if (_isForgotten(seat, current)) return;
        Progress progress = seat.progress();
        if (progress == Progress.Revealed) {
            Outcome storage outcome = _outcomeAt(seat.round());
            if (Bitmap.has(outcome.sound, seat.slot())) return;
            _penalise(account, Bitmap.has(outcome.malformed, seat.slot()) ? Penalty.Hard : Penalty.Soft);
        } else if (progress == Progress.Committed && _hasPassed(seat.round(), Phase.Commit)) {
            _penalise(account, Penalty.Soft);
        }
    }

    /// @dev As `_close`, for a validator's seat.
    function _closeResult(address account, PackedSeat seat, uint32 current) internal {
        if (_isForgotten(seat, current)) return;
        Progress progress = seat.progress();
        if (progress == Progress.Disclosed) {
            Outcome storage outcome = _outcomeAt(seat.round());
            bytes24 agreed = outcome.resultHash;
            if (agreed == 0) return;
            if (seat.hash() != agreed) _penalise(account, Penalty.Hard);
            else if (Bitmap.has(outcome.falseVouchers, seat.slot())) _penalise(account, Penalty.Soft);
        } else if (progress == Progress.Vouched || progress == Progress.Attested) {
            if (_hasPassed(seat.round(), Phase.Attest)) _penalise(account, Penalty.Soft);
        }
    }

    /// @dev Refuses to start a new entry over an attested result that can still be disclosed.
    function _requireDisclosed(PackedSeat seat) internal view {
        if (_canDisclose(seat)) {
            revert RoundManagerDiscloseFirst(seat.round(), msg.sender, _outcomeAt(seat.round()).disclosableUntil);
        }
    }

    function _outcomeAt(uint32 number) internal view returns (Outcome storage) {
        return _outcomes[number % REMEMBERED_ROUNDS];
    }

    function _membership() internal view returns (IMembership) {
        return IMembership(membership);
    }

    function _settleEnded(Hot hot, address account, Role role) private returns (bool) {
        PackedSeat seat = _readSeat(account, role);
        if (seat.progress() == Progress.None || seat.progress() == Progress.Settled) return false;
        if (seat.round() == hot.round() && hot.isRunning()) return false;
        if (_canDisclose(seat)) return false;

        _markSettled(account, role, seat.round());

        _close(account, role, seat, hot.round());
        return true;
    }

    function _markSettled(address account, Role role, uint32 number) private {
        PackedSeat seat = _readSeat(account, role);
        _writeSeat(account, role, seat.entry(number, Progress.Settled, seat.slot(), seat.hash()));
    }

    function _penalise(address account, Penalty penalty) private {
        _membership().penalise(account, penalty);
    }

    function _isForgotten(PackedSeat seat, uint32 current) private pure returns (bool) {
        // Safe: no entry is of a later round than the current one.
        unchecked {
            return current - seat.round() >= REMEMBERED_ROUNDS;
        }
    }

    /// @dev Whether an ended round got further than `phase_`.
    function _hasPassed(uint32 number, Phase phase_) private view returns (bool) {
        return _outcomeAt(number).resultHash != 0 || _endedIn[number % REMEMBERED_ROUNDS] > phase_;
    }

    function _canDisclose(PackedSeat seat) private view returns (bool) {
        if (seat.progress() != Progress.Attested || _isForgotten(seat, _hot.round())) return false;
        return block.timestamp < _outcomeAt(seat.round()).disclosableUntil;
    }

    /// @dev Whether a member drawn in `role` must have acted by now.
    function _isSilenceOver(Hot hot, Role role) private pure returns (bool) {
        if (hot.phase() == Phase.None) return false;
        if (role == Role.Trainer) return hot.phase() > Phase.Commit;
        return hot.phase() == Phase.Failed ? hot.endedIn() >= Phase.Vouch : hot.phase() > Phase.Attest;
    }
}
