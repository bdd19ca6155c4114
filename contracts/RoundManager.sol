// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IContributionToken} from "./interfaces/IContributionToken.sol";
import {Guideline, IGuidelineRegistry, RoundParameters} from "./interfaces/IGuidelineRegistry.sol";
import {IRoundManager, Phase, Result, Round} from "./interfaces/IRoundManager.sol";
import {Progress, Role} from "./interfaces/IRoster.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {Cid, CidLib} from "./libraries/CidLib.sol";
import {Hot} from "./libraries/HotLib.sol";
import {PackedSeat} from "./libraries/SeatLib.sol";
import {Terms, TermsLib} from "./libraries/TermsLib.sol";
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

    bytes32 public immutable updateDomain;
    bytes32 public immutable resultDomain;

    Cid private _base; // of the current round
    /// @dev Results disclosed in the current round: hash (24 bytes), round, count (lowest byte). Older rounds' are free to reuse.
    uint256[CANDIDATES] private _tallies;

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
        Hot hot = _now();
        if (hot.isRunning()) revert RoundManagerRunning(hot.round(), hot.phase());

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
        Hot hot = _nowIn(number, Phase.Commit);
        Seats storage mine = _seats[msg.sender];
        PackedSeat seat = mine.trainer;
        _requireDrawn(hot, seat, Role.Trainer);
        if (seat.round() == number) revert RoundManagerAlreadyDone(number, msg.sender);

        mine.trainer = seat.entry(number, Progress.Committed, 0, hash);
        hot = hot.addCommitted();
        if (hot.committed() == hot.drawnTrainers()) hot = hot.endNow();
        _hot = hot;

        emit UpdateCommitted(number, msg.sender, hash);

        _closeUpdate(msg.sender, seat, number);
    }

    /// @inheritdoc IRoundManager
    function reveal(uint32 number, Cid calldata cid, uint32 examples, bytes32 salt) external {
        Hot hot = _nowIn(number, Phase.Reveal);
        Seats storage mine = _seats[msg.sender];
        PackedSeat seat = mine.trainer;
        if (!seat.isAt(number, Progress.Committed)) revert RoundManagerNothingCommitted(number, msg.sender);
        if (seat.hash() != updateCommitment(number, msg.sender, cid, examples, salt)) {
            revert RoundManagerRevealMismatch(number, msg.sender);
        }
        CidLib.requireValid(cid.digest, cid.codec);

        // Safe cast: fewer than 256 reveals came before this one.
        uint8 slot = uint8(hot.revealed());
        mine.trainer = seat.entry(number, Progress.Revealed, slot, seat.hash());
        hot = hot.addRevealed(salt);
        if (hot.revealed() == hot.committed()) hot = hot.endNow();
        _hot = hot;

        emit UpdateRevealed(number, msg.sender, slot, cid, examples);
    }

    /// @inheritdoc IRoundManager
    function vouch(uint32 number, uint256 bitmap) external {
        Hot hot = _nowIn(number, Phase.Vouch);
        Seats storage mine = _seats[msg.sender];
        PackedSeat seat = mine.validator;
        _requireDrawn(hot, seat, Role.Validator);
        if (seat.round() == number) revert RoundManagerAlreadyDone(number, msg.sender);
        if (Bitmap.exceeds(bitmap, hot.revealed())) revert RoundManagerUnknownSlots(bitmap, hot.revealed());
        _requireDisclosed(seat);

        uint8 slot = hot.entered();
        mine.validator = seat.entry(number, Progress.Vouched, slot, 0);
        hot = hot.addEntered().addVouched();
        if (hot.vouched() == hot.drawnValidators()) hot = hot.endNow();
        _hot = hot;

        emit UpdatesVouched(number, msg.sender, slot, bitmap);

        _closeResult(msg.sender, seat, number);
    }

    /// @inheritdoc IRoundManager
    function attest(uint32 number, bytes24 hash) external {
        Hot hot = _nowIn(number, Phase.Attest);
        Seats storage mine = _seats[msg.sender];
        PackedSeat seat = mine.validator;
        _requireDrawn(hot, seat, Role.Validator);
        bool entered = seat.round() == number;
        if (entered && !seat.isAt(number, Progress.Vouched)) revert RoundManagerAlreadyDone(number, msg.sender);
        _requireDisclosed(seat);

        uint8 slot = entered ? seat.slot() : hot.entered();
        mine.validator = seat.entry(number, Progress.Attested, slot, hash);
        hot = entered ? hot.addAttested() : hot.addEntered().addAttested();
        if (hot.attested() == hot.drawnValidators()) hot = hot.endNow();
        _hot = hot;

        emit ResultAttested(number, msg.sender, slot, hash);

        if (!entered) _closeResult(msg.sender, seat, number);
    }

    /// @inheritdoc IRoundManager
    function disclose(uint32 number, Result calldata result, bytes32 salt) external {
        Hot hot = _now();
        if (number == hot.round() && hot.phase() < Phase.Disclose) {
            revert RoundManagerWrongPhase(number, hot.phase(), Phase.Disclose);
        }
        Seats storage mine = _seats[msg.sender];
        PackedSeat seat = mine.validator;
        if (!seat.isAt(number, Progress.Attested)) revert RoundManagerNothingCommitted(number, msg.sender);
        bytes32 resultHash = keccak256(abi.encode(result));
        if (seat.hash() != _commitmentOf(number, msg.sender, resultHash, salt)) {
            revert RoundManagerRevealMismatch(number, msg.sender);
        }
        CidLib.requireValid(result.record.digest, result.record.codec);
        CidLib.requireValid(result.state.digest, result.state.codec);
        _requireDisclosable(hot, number);

        // Safe cast: a result is known by the first 24 bytes of its hash.
        bytes24 shortHash = bytes24(resultHash);
        mine.validator = seat.entry(number, Progress.Disclosed, seat.slot(), shortHash);
        if (hot.isAt(number, Phase.Disclose)) _count(hot, shortHash);

        emit ResultDisclosed(number, msg.sender, shortHash, _isCredited(hot, number));
    }

    /// @inheritdoc IRoundManager
    function finalise(uint32 number, Result calldata result) external {
        Hot hot = _hot; // as stored: if anybody disclosed, DISCLOSE is written down
        if (hot.round() != number) revert RoundManagerWrongRound(number, hot.round());
        bytes24 resultHash = bytes24(keccak256(abi.encode(result)));
        if (hot.phase() != Phase.Disclose || !_isAgreed(hot, resultHash)) revert RoundManagerNotAgreed(number, resultHash);

        uint256 sound = result.included & ~result.malformed;
        bool enough = Bitmap.count(sound) >= hot.minUpdates();
        _hot = enough ? hot.finalise() : hot.fail();
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
        Hot hot = _now();
        Frame memory frame = _frame;
        Terms terms = _terms;
        view_.number = hot.round();
        view_.phase = hot.phase();
        view_.endedIn = hot.endedIn();
        view_.endsAt = hot.endsAt();
        view_.version = frame.version;
        view_.lineage = frame.lineage;
        view_.base = _base;
        view_.drawKey = frame.drawKey;
        view_.seatedTrainers = terms.seatedTrainers();
        view_.seatedValidators = terms.seatedValidators();
        view_.drawnTrainers = hot.drawnTrainers();
        view_.drawnValidators = hot.drawnValidators();
        view_.minUpdates = hot.minUpdates();
        view_.budget = frame.budget;
        view_.committed = hot.committed();
        view_.revealed = hot.revealed();
        view_.vouched = hot.vouched();
        view_.attested = hot.attested();
        view_.disclosed = hot.disclosed();
        view_.agreed = hot.agreed();
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

    function _start(Hot hot, RoundParameters memory p) private {
        uint256 trainers = seatedCount(Role.Trainer);
        uint256 validators = seatedCount(Role.Validator);
        if (trainers < p.minTrainers) revert RoundManagerTooFewSeated(Role.Trainer, trainers, p.minTrainers);
        if (validators < p.minValidators) revert RoundManagerTooFewSeated(Role.Validator, validators, p.minValidators);

        _hot = hot.next(p, trainers, validators);
        _terms = TermsLib.pack(p, trainers, validators, _rosterVersion());
    }

    function _emitOpened() private {
        Hot hot = _hot;
        emit RoundOpened(
            hot.round(),
            _frame.version,
            _frame.lineage,
            _base,
            _frame.drawKey,
            _terms.seatedTrainers(),
            _terms.seatedValidators(),
            hot.drawnTrainers(),
            hot.drawnValidators()
        );
    }

    /// @dev Counts a result disclosed in time; when all who attested have disclosed without agreement, the round is over.
    function _count(Hot hot, bytes24 resultHash) private {
        if (hot.isTwoThirds(_tallyUp(hot.round(), resultHash))) hot = hot.agree();
        hot = hot.addDisclosed();
        if (hot.disclosed() == hot.attested() && !hot.agreed()) hot = hot.endNow();
        _hot = hot;
    }

    function _tallyUp(uint32 number, bytes24 resultHash) private returns (uint256) {
        uint256 none = _tallyOf(number, resultHash);
        for (uint256 i = 0; i < CANDIDATES; ++i) {
            uint256 tally = _tallies[i];
            if (uint32(tally >> 8) != number) tally = none; // safe cast: cuts out the round
            if (tally >> 8 == none >> 8) {
                _tallies[i] = ++tally; // at most 32 validators: the lowest byte cannot overflow
                return tally - none;
            }
        }
        return 0; // never: each of at most 32 validators discloses one result
    }

    function _isAgreed(Hot hot, bytes24 resultHash) private view returns (bool) {
        uint256 none = _tallyOf(hot.round(), resultHash);
        for (uint256 i = 0; i < CANDIDATES && hot.agreed(); ++i) {
            uint256 tally = _tallies[i];
            if (tally >> 8 == none >> 8) return hot.isTwoThirds(tally - none);
        }
        return false;
    }

    function _tallyOf(uint32 number, bytes24 resultHash) private pure returns (uint256) {
        return uint256(bytes32(resultHash)) | (uint256(number) << 8);
    }

    function _requireDisclosable(Hot hot, uint32 number) private view {
        bool isUnwritten = number == hot.round() && _hot.isRunning(); // if not in DISCLOSE, then failed by the clock alone
        uint256 until;
        if (hot.isAt(number, Phase.Disclose)) until = hot.endsAt();
        else if (!isUnwritten && hot.round() - number < REMEMBERED_ROUNDS) until = _outcomeAt(number).disclosableUntil;
        if (block.timestamp >= until) revert RoundManagerTooLate(number, until);
    }

    /// @dev The ledger of a round is fixed when its validators start to attest, so later disclosures are not paid.
    function _isCredited(Hot hot, uint32 number) private pure returns (bool) {
        return number == hot.round() || (number + 1 == hot.round() && hot.phase() < Phase.Attest);
    }

    function _commitmentOf(uint32 number, address validator, bytes32 resultHash, bytes32 salt)
        private
        view
        returns (bytes24)
    {
        return bytes24(keccak256(abi.encode(resultDomain, number, validator, resultHash, salt)));
    }

    /// @dev Depends on every salt revealed so far, and on the round, so that a round without reveals is drawn anew.
    function _nextKey(Hot hot) private pure returns (uint64) {
        // Safe cast: the low 64 bits of a hash are a hash.
        return uint64(uint256(keccak256(abi.encode(hot.salts(), hot.round() + 1))));
    }
}
