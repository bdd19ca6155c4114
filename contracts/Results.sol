// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Guideline, IGuidelineRegistry} from "./interfaces/IGuidelineRegistry.sol";
import {IRoundManager, Latest, Outcome, Result} from "./interfaces/IRoundManager.sol";
import {Cid, CidLib} from "./libraries/CidLib.sol";
import {Hot} from "./libraries/HotLib.sol";
import {Rewards} from "./Rewards.sol";

/// @title Results: what finalised rounds leave behind for later ones
/// @notice The state to go on from, the rollback that replaces it, the guideline version that works, and proofs for releases.
abstract contract Results is Rewards {
    uint8 private constant FAILURES_TO_FALL_BACK = 3;

    /// @dev What finalised rounds leave behind for later ones: one slot.
    struct History {
        uint32 round; // the last finalised one
        uint32 lineage; // of its state
        uint32 version; // it ran under
        uint8 stateCodec;
        uint8 recordCodec;
        uint8 failures; // in a row, under the current version
        Rollback rollback;
        uint32 rollbackLineage;
    }

    enum Rollback {
        None,
        Pending,
        InUse
    }

    struct Finalised {
        bytes28 contentHash;
        uint32 version;
    }

    IGuidelineRegistry public immutable guidelines;
    address public immutable releases;

    History private _history;
    bytes32 private _stateDigest; // of the last finalised round
    bytes32 private _recordDigest;
    Cid private _rollbackState;
    mapping(uint32 round => Finalised) private _finalised;

    constructor(IGuidelineRegistry guidelines_, address releases_) {
        guidelines = guidelines_;
        releases = releases_;
    }

    /// @inheritdoc IRoundManager
    function setBase(Cid calldata state) external {
        if (msg.sender != releases) revert RoundManagerUnauthorized(msg.sender);
        CidLib.requireValid(state.digest, state.codec);

        uint32 lineage = guidelines.guidelineOf(guidelines.currentVersion()).lineage;
        _rollbackState = state;
        _history.rollback = Rollback.Pending;
        _history.rollbackLineage = lineage;

        emit BaseSet(state, lineage);
    }

    /// @inheritdoc IRoundManager
    function latest() external view returns (Latest memory) {
        History memory history = _history;
        Cid memory state = Cid(_stateDigest, history.stateCodec);
        return Latest(history.round, _latestOrdinal(), state, Cid(_recordDigest, history.recordCodec));
    }

    /// @inheritdoc IRoundManager
    function finalisedOf(uint32 number) external view returns (bytes28 contentHash, uint32 version) {
        return (_finalised[number].contentHash, _finalised[number].version);
    }

    function _countFailure() internal override {
        if (_history.failures < type(uint8).max) ++_history.failures;
    }

    /// @dev The current version, or the last one that finalised a round if the current one has had its chances.
    function _versionToRun() internal returns (uint32 version) {
        version = guidelines.currentVersion();
        History storage history = _history;
        if (version != _frame.version) {
            history.failures = 0;
        } else if (
            history.failures >= FAILURES_TO_FALL_BACK && history.version != 0 && history.version != version
        ) {
            version = history.version;
            history.failures = 0;
            guidelines.fallBack(version);
        }
    }

    /// @dev The base of the round that opens: a rollback's state, else the last result, within the lineage; else its genesis.
    function _nextBase(Guideline memory guideline) internal returns (Cid memory) {
        History storage history = _history;
        if (history.rollback != Rollback.None && history.rollbackLineage == guideline.lineage) {
            history.rollback = Rollback.InUse;
            return _rollbackState;
        }
        if (history.lineage == guideline.lineage) return Cid(_stateDigest, history.stateCodec);
        return guideline.genesisState;
    }

    function _keepOutcome(Hot hot, bytes24 resultHash, Result calldata result, uint256 sound) internal {
        Outcome storage outcome = _outcomeAt(hot.round());
        outcome.resultHash = resultHash;
        outcome.falseVouchers = result.falseVouchers;
        outcome.disclosableUntil = hot.endsAt();
        outcome.sound = sound;
        outcome.malformed = result.malformed;
    }

    function _keepResult(uint32 number, bytes24 resultHash, Result calldata result) internal {
        History memory history = _history;
        Frame memory frame = _frame;
        history.round = number;
        history.lineage = frame.lineage;
        history.version = frame.version;
        history.stateCodec = result.state.codec;
        history.recordCodec = result.record.codec;
        history.failures = 0;
        if (history.rollback == Rollback.InUse) history.rollback = Rollback.None;
        _history = history;
        _stateDigest = result.state.digest;
        _recordDigest = result.record.digest;
        bytes28 contentHash = bytes28(keccak256(abi.encode(result.state, result.record)));
        _finalised[number] = Finalised(contentHash, frame.version);
        uint32 ordinal = _keepRoot(result.ledgerRoot, frame.budget);

        emit RoundFinalised(number, ordinal, frame.version, resultHash, result);
    }
}
