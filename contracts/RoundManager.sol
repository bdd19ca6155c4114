// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IContributionToken} from "./interfaces/IContributionToken.sol";
import {Guideline, IGuidelineRegistry, RoundParameters} from "./interfaces/IGuidelineRegistry.sol";
import {IRoundManager, Phase, Result, Round} from "./interfaces/IRoundManager.sol";
import {Progress, Role, Seat} from "./interfaces/IRoster.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {Cid, CidLib} from "./libraries/CidLib.sol";
import {Results} from "./Results.sol";
import {Rewards} from "./Rewards.sol";
import {Roster} from "./Roster.sol";
import {RoundClock} from "./RoundClock.sol";

/// @title Round manager
/// @notice See `IRoundManager`. `Roster`: who can be drawn. `RoundClock`: phases. `Settlement`: penalties. `Rewards`: claims.
/// `Results`: what finalised rounds leave behind.
///
/// Assumptions, for correctness:
/// - Fewer than a third of the drawn validators are faulty: two thirds of them never agree on a false result.
/// - Membership, registry, token and release registry are the federation's own, named at deployment for good.
/// - Block timestamps never go backwards.
/// For liveness:
/// - Enough drawn members act in time; otherwise the round fails, and the next one starts from the same base.
/// - Anybody sends `open`, and `finalise` once there is agreement.
contract RoundManager is Results {
    uint256 private constant CANDIDATES = 32; // one for each validator at most

    /// @dev Results disclosed in the current round; entries of older rounds are free to reuse.
    struct Tally {
        bytes24 resultHash;
        uint32 round;
        uint8 count;
    }

    bytes32 public immutable updateDomain;
    bytes32 public immutable resultDomain;

    Cid private _base; // of the current round
    Tally[CANDIDATES] private _tallies;

    constructor(IContributionToken token_, address membership_, IGuidelineRegistry guidelines_, address releases_)
        Roster(membership_)
        Rewards(token_)
        Results(guidelines_, releases_)
    {
        updateDomain = keccak256(abi.encode("fednode.update.1", block.chainid, address(this)));
        resultDomain = keccak256(abi.encode("fednode.result.1", block.chainid, address(this)));
    }

    /// @inheritdoc IRoundManager
    function open() external {
        Hot memory hot = _now();
        if (_isRunning(hot.phase)) revert RoundManagerRunning(hot.round, hot.phase);

        _recordIfFailed(hot);
        _applyChanges();
        uint32 version = _versionToRun();
        RoundParameters memory p = guidelines.parametersOf(version);
        Guideline memory guideline = guidelines.guidelineOf(version);
        _start(hot, p);
        _frame = Frame(p.budget, version, guideline.lineage, _nextKey(hot));
        _base = _nextBase(guideline);

        _emitOpened();
    }

    /// @inheritdoc IRoundManager
    function commit(uint32 number, bytes24 hash) external {
        Hot memory hot = _nowIn(number, Phase.Commit);
        Seat memory seat = _readSeat(msg.sender, Role.Trainer);
        _requireDrawn(hot, seat, Role.Trainer);
        if (seat.round == number) revert RoundManagerAlreadyDone(number, msg.sender);

        _writeEntry(Role.Trainer, seat, number, Progress.Committed, 0, hash);
        if (++hot.committed == hot.drawnTrainers) _endEarly(hot);
        _store(hot);

        emit UpdateCommitted(number, msg.sender, hash);

        _close(msg.sender, seat, number);
    }

    /// @inheritdoc IRoundManager
    function reveal(uint32 number, Cid calldata cid, uint32 examples, bytes32 salt) external {
        Hot memory hot = _nowIn(number, Phase.Reveal);
        Seat memory seat = _readSeat(msg.sender, Role.Trainer);
        if (seat.round != number || seat.progress != Progress.Committed) {
            revert RoundManagerNothingCommitted(number, msg.sender);
        }
        if (seat.hash != updateCommitment(number, msg.sender, cid, examples, salt)) {
            revert RoundManagerRevealMismatch(number, msg.sender);
        }
        CidLib.requireValid(cid);

        // Safe casts: fewer than 256 reveals came before this one; a key is the low 64 bits of a hash.
        uint8 slot = uint8(hot.revealed);
        _writeEntry(Role.Trainer, seat, number, Progress.Revealed, slot, seat.hash);
        hot.salts = uint64(uint256(keccak256(abi.encode(hot.salts, salt))));
        if (++hot.revealed == hot.committed) _endEarly(hot);
        _store(hot);

        emit UpdateRevealed(number, msg.sender, slot, cid, examples);
    }

    /// @inheritdoc IRoundManager
    function vouch(uint32 number, uint256 bitmap) external {
        Hot memory hot = _nowIn(number, Phase.Vouch);
        Seat memory seat = _readSeat(msg.sender, Role.Validator);
        _requireDrawn(hot, seat, Role.Validator);
        if (seat.round == number) revert RoundManagerAlreadyDone(number, msg.sender);
        if (Bitmap.exceeds(bitmap, hot.revealed)) revert RoundManagerUnknownSlots(bitmap, hot.revealed);
        _requireDisclosed(seat);

        uint8 slot = hot.entered++;
        _writeEntry(Role.Validator, seat, number, Progress.Vouched, slot, 0);
        if (++hot.vouched == hot.drawnValidators) _endEarly(hot);
        _store(hot);

        emit UpdatesVouched(number, msg.sender, slot, bitmap);

        _close(msg.sender, seat, number);
    }

    /// @inheritdoc IRoundManager
    function attest(uint32 number, bytes24 hash) external {
        Hot memory hot = _nowIn(number, Phase.Attest);
        Seat memory seat = _readSeat(msg.sender, Role.Validator);
        _requireDrawn(hot, seat, Role.Validator);
        bool entered = seat.round == number;
        if (entered && seat.progress != Progress.Vouched) revert RoundManagerAlreadyDone(number, msg.sender);
        _requireDisclosed(seat);

        uint8 slot = entered ? seat.slot : hot.entered++;
        _writeEntry(Role.Validator, seat, number, Progress.Attested, slot, hash);
        if (++hot.attested == hot.drawnValidators) _endEarly(hot);
        _store(hot);

        emit ResultAttested(number, msg.sender, slot, hash);

        if (!entered) _close(msg.sender, seat, number);
    }

    /// @inheritdoc IRoundManager
    function disclose(uint32 number, Result calldata result, bytes32 salt) external {
        Hot memory hot = _now();
        if (number == hot.round && hot.phase < Phase.Disclose) {
            revert RoundManagerWrongPhase(number, hot.phase, Phase.Disclose);
        }
        Seat memory seat = _readSeat(msg.sender, Role.Validator);
        if (seat.round != number || seat.progress != Progress.Attested) {
            revert RoundManagerNothingCommitted(number, msg.sender);
        }
        bytes32 resultHash = keccak256(abi.encode(result));
        if (seat.hash != _commitmentOf(number, msg.sender, resultHash, salt)) {
            revert RoundManagerRevealMismatch(number, msg.sender);
        }
        CidLib.requireValid(result.record);
        CidLib.requireValid(result.state);
        _requireDisclosable(hot, number);

        // Safe cast: a result is known by the first 24 bytes of its hash.
        bytes24 shortHash = bytes24(resultHash);
        _writeEntry(Role.Validator, seat, number, Progress.Disclosed, seat.slot, shortHash);
        if (number == hot.round && hot.phase == Phase.Disclose) _count(hot, shortHash);

        emit ResultDisclosed(number, msg.sender, shortHash, _isCredited(hot, number));
    }

    /// @inheritdoc IRoundManager
    function finalise(uint32 number, Result calldata result) external {
        Hot memory hot = _load(); // as stored: if anybody disclosed, DISCLOSE is written down
        if (hot.round != number) revert RoundManagerWrongRound(number, hot.round);
        bytes24 resultHash = bytes24(keccak256(abi.encode(result)));
        if (hot.phase != Phase.Disclose || !_isAgreed(hot, resultHash)) revert RoundManagerNotAgreed(number, resultHash);

        uint256 sound = result.included & ~result.malformed;
        bool enough = Bitmap.count(sound) >= _terms.minUpdates;
        (hot.phase, hot.endedIn) = enough ? (Phase.Finalised, Phase.None) : (Phase.Failed, Phase.Disclose);
        _store(hot);
        _keepOutcome(hot, resultHash, result, sound);
        if (enough) {
            _keepResult(number, resultHash, result);
        } else {
            _countFailure();
            emit RoundFailed(number, Phase.Disclose, resultHash);
        }
    }

    /// @inheritdoc IRoundManager
    function round() external view returns (Round memory view_) {
        Hot memory hot = _now();
        Frame memory frame = _frame;
        Terms memory terms = _terms;
        view_.number = hot.round;
        view_.phase = hot.phase;
        view_.endedIn = hot.endedIn;
        view_.endsAt = hot.endsAt;
        view_.version = frame.version;
        view_.lineage = frame.lineage;
        view_.base = _base;
        view_.drawKey = frame.drawKey;
        view_.seatedTrainers = terms.seatedTrainers;
        view_.seatedValidators = terms.seatedValidators;
        view_.drawnTrainers = hot.drawnTrainers;
        view_.drawnValidators = hot.drawnValidators;
        view_.minUpdates = terms.minUpdates;
        view_.budget = frame.budget;
        view_.committed = hot.committed;
        view_.revealed = hot.revealed;
        view_.vouched = hot.vouched;
        view_.attested = hot.attested;
        view_.disclosed = hot.disclosed;
        view_.agreed = hot.agreed;
    }

    /// @inheritdoc IRoundManager
    function resultCommitment(uint32 number, address validator, Result calldata result, bytes32 salt)
        external
        view
        returns (bytes24)
    {
        return _commitmentOf(number, validator, keccak256(abi.encode(result)), salt);
    }

    /// @inheritdoc IRoundManager
    function updateCommitment(uint32 number, address trainer, Cid calldata cid, uint32 examples, bytes32 salt)
        public
        view
        returns (bytes24)
    {
        return bytes24(
            keccak256(abi.encode(updateDomain, number, trainer, cid.digest, cid.codec, examples, salt))
        );
    }

    function _start(Hot memory hot, RoundParameters memory p) private {
        uint256 trainers = seatedCount(Role.Trainer);
        uint256 validators = seatedCount(Role.Validator);
        if (trainers < p.minTrainers) revert RoundManagerTooFewSeated(Role.Trainer, trainers, p.minTrainers);
        if (validators < p.minValidators) revert RoundManagerTooFewSeated(Role.Validator, validators, p.minValidators);

        Hot memory next;
        next.round = hot.round + 1;
        next.phase = Phase.Commit;
        next.lots = (trainers > p.trainers ? 1 : 0) | (validators > p.validators ? 2 : 0);
        // Safe casts here and below: seconds fit 40 bits; the drawn are at most 256 and 32; seats are counted in 16 bits.
        next.endsAt = uint40(block.timestamp) + p.commitSeconds;
        next.drawnTrainers = trainers > p.trainers ? p.trainers : uint16(trainers);
        next.drawnValidators = validators > p.validators ? p.validators : uint8(validators);
        next.salts = hot.salts;
        _store(next);
        uint32[5] memory durations =
            [p.commitSeconds, p.revealSeconds, p.vouchSeconds, p.attestSeconds, p.discloseSeconds];
        // The roster's version is cut to its low bits, as in the comparison in `reportSilence`.
        _terms = Terms(durations, p.minUpdates, uint16(trainers), uint16(validators), uint32(_rosterVersion()));
    }

    function _emitOpened() private {
        Hot memory hot = _load();
        emit RoundOpened(
            hot.round,
            _frame.version,
            _frame.lineage,
            _base,
            _frame.drawKey,
            _terms.seatedTrainers,
            _terms.seatedValidators,
            hot.drawnTrainers,
            hot.drawnValidators
        );
    }

    /// @dev Counts a result disclosed in time; when all who attested have disclosed without agreement, the round is over.
    function _count(Hot memory hot, bytes24 resultHash) private {
        if (_isTwoThirds(_tallyUp(hot.round, resultHash), hot.drawnValidators)) hot.agreed = true;
        // Safe cast: unix seconds fit 40 bits.
        if (++hot.disclosed == hot.attested && !hot.agreed) hot.endsAt = uint40(block.timestamp);
        _store(hot);
    }

    function _tallyUp(uint32 number, bytes24 resultHash) private returns (uint256) {
        for (uint256 i = 0; i < CANDIDATES; ++i) {
            Tally memory tally = _tallies[i];
            if (tally.round != number) tally = Tally(resultHash, number, 0);
            if (tally.resultHash == resultHash) {
                ++tally.count;
                _tallies[i] = tally;
                return tally.count;
            }
        }
        return 0; // never: each of at most 32 validators discloses one result
    }

    function _isAgreed(Hot memory hot, bytes24 resultHash) private view returns (bool) {
        if (!hot.agreed) return false;
        for (uint256 i = 0; i < CANDIDATES; ++i) {
            Tally memory tally = _tallies[i];
            if (tally.round != hot.round) return false;
            if (tally.resultHash == resultHash) return _isTwoThirds(tally.count, hot.drawnValidators);
        }
        return false;
    }

    function _requireDisclosable(Hot memory hot, uint32 number) private view {
        bool isCurrent = number == hot.round;
        uint256 until;
        if (isCurrent && hot.phase == Phase.Disclose) until = hot.endsAt;
        else if (isCurrent && hot.phase != _load().phase) until = 0; // failed by the clock
        else if (hot.round - number < REMEMBERED_ROUNDS) until = _outcomeAt(number).disclosableUntil;
        if (block.timestamp >= until) revert RoundManagerTooLate(number, until);
    }

    /// @dev The ledger of a round is fixed when its validators start to attest, so later disclosures are not paid.
    function _isCredited(Hot memory hot, uint32 number) private pure returns (bool) {
        return number == hot.round || (number + 1 == hot.round && hot.phase < Phase.Attest);
    }

    function _commitmentOf(uint32 number, address validator, bytes32 resultHash, bytes32 salt)
        private
        view
        returns (bytes24)
    {
        return bytes24(keccak256(abi.encode(resultDomain, number, validator, resultHash, salt)));
    }

    /// @dev Depends on every salt revealed so far, and on the round, so that a round without reveals is drawn anew.
    function _nextKey(Hot memory hot) private pure returns (uint64) {
        // Safe cast: the low 64 bits of a hash are a hash.
        return uint64(uint256(keccak256(abi.encode(hot.salts, hot.round + 1))));
    }
}
