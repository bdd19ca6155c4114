// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Guideline, IGuidelineRegistry, RoundParameters} from "./interfaces/IGuidelineRegistry.sol";
import {Cid, CidLib} from "./libraries/CidLib.sol";

/// @title Guideline registry
/// @notice See `IGuidelineRegistry`.
///
/// Assumptions, for correctness:
/// - The document behind a CID states the same parameters; nodes check that and refuse otherwise.
/// For liveness:
/// - At least `minTrainers` and `minValidators` members of a voted-in guideline are eligible; if not, only another vote helps.
contract GuidelineRegistry is IGuidelineRegistry {
    uint256 private constant MAX_TRAINERS = 256; // bits of a reveal bitmap
    uint256 private constant MAX_VALIDATORS = 32; // bits of `Result.falseVouchers`
    uint256 private constant MAX_PHASE = 30 days;
    uint256 private constant MAX_AMOUNT = type(uint96).max; // 2^32 rounds of it still fit uint128

    address public immutable timelock;
    address public immutable roundManager;

    /// @inheritdoc IGuidelineRegistry
    uint32 public currentVersion;
    /// @inheritdoc IGuidelineRegistry
    uint32 public versionCount;
    uint32 private _lineageCount;

    mapping(uint32 version => Guideline) private _guidelines;
    mapping(uint32 version => RoundParameters) private _parameters;

    modifier only(address caller) {
        if (msg.sender != caller) revert GuidelineRegistryUnauthorized(msg.sender);
        _;
    }

    constructor(
        address timelock_,
        address roundManager_,
        Cid memory guideline,
        Cid memory genesisState,
        RoundParameters memory parameters_
    ) {
        timelock = timelock_;
        roundManager = roundManager_;

        CidLib.requireValid(genesisState.digest, genesisState.codec);
        _adopt(guideline, genesisState, parameters_);
    }

    /// @inheritdoc IGuidelineRegistry
    function adopt(Cid calldata guideline, Cid calldata genesisState, RoundParameters calldata parameters_)
        external
        only(timelock)
    {
        _adopt(guideline, genesisState, parameters_);
    }

    /// @inheritdoc IGuidelineRegistry
    function fallBack(uint32 version) external only(roundManager) {
        if (version == 0 || version > versionCount) revert GuidelineRegistryUnknownVersion(version);

        uint32 from = currentVersion;
        currentVersion = version;

        emit GuidelineFellBack(from, version);
    }

    /// @inheritdoc IGuidelineRegistry
    function guidelineOf(uint32 version) external view returns (Guideline memory) {
        if (version == 0 || version > versionCount) revert GuidelineRegistryUnknownVersion(version);
        return _guidelines[version];
    }

    /// @inheritdoc IGuidelineRegistry
    function parametersOf(uint32 version) external view returns (RoundParameters memory) {
        if (version == 0 || version > versionCount) revert GuidelineRegistryUnknownVersion(version);
        return _parameters[version];
    }

    /// @inheritdoc IGuidelineRegistry
    function parameters() external view returns (RoundParameters memory) {
        return _parameters[currentVersion];
    }

    function _adopt(Cid memory guideline, Cid memory genesisState, RoundParameters memory parameters_) private {
        CidLib.requireValid(guideline.digest, guideline.codec);
        _requireCounts(parameters_);
        _requireTimes(parameters_);
        _requireAmounts(parameters_);

        Guideline memory next = Guideline(guideline, _guidelines[currentVersion].lineage, genesisState);
        if (CidLib.isEmpty(genesisState)) {
            next.genesisState = _guidelines[currentVersion].genesisState;
        } else {
            CidLib.requireValid(genesisState.digest, genesisState.codec);
            next.lineage = ++_lineageCount; // not current + 1: after a fallback that number may be taken
        }
        uint32 version = ++versionCount;
        currentVersion = version;
        _guidelines[version] = next;
        _parameters[version] = parameters_;

        emit GuidelineAdopted(version, next.lineage, guideline, next.genesisState, parameters_);
    }

    function _requireCounts(RoundParameters memory p) private pure {
        _requireWithin("trainers", p.trainers, 1, MAX_TRAINERS);
        _requireWithin("validators", p.validators, 1, MAX_VALIDATORS);
        _requireWithin("minUpdates", p.minUpdates, 1, p.trainers);
        _requireWithin("minTrainers", p.minTrainers, p.minUpdates, p.trainers);
        _requireWithin("minValidators", p.minValidators, 1, p.validators);
        _requireWithin("faultPointLimit", p.faultPointLimit, 1, type(uint8).max);
    }

    function _requireTimes(RoundParameters memory p) private pure {
        _requireWithin("commitSeconds", p.commitSeconds, 1, MAX_PHASE);
        _requireWithin("revealSeconds", p.revealSeconds, 1, MAX_PHASE);
        _requireWithin("vouchSeconds", p.vouchSeconds, 1, MAX_PHASE);
        _requireWithin("attestSeconds", p.attestSeconds, 1, MAX_PHASE);
        _requireWithin("discloseSeconds", p.discloseSeconds, 1, MAX_PHASE);

        // Five durations of at most 30 days each: no overflow in 256 bits.
        uint256 whole = uint256(p.commitSeconds) + p.revealSeconds + p.vouchSeconds + p.attestSeconds + p.discloseSeconds;
        _requireWithin("unbondDelay", p.unbondDelay, 2 * whole, type(uint32).max);
    }

    function _requireAmounts(RoundParameters memory p) private pure {
        _requireWithin("budget", p.budget, 0, MAX_AMOUNT);
        _requireWithin("minimumBond", p.minimumBond, 0, MAX_AMOUNT);
        _requireWithin("softPenalty", p.softPenalty, 0, p.minimumBond / 20);
        _requireWithin("hardPenalty", p.hardPenalty, p.softPenalty, p.minimumBond);
        _requireWithin("airdrop", p.airdrop, uint256(p.minimumBond) + p.softPenalty, MAX_AMOUNT);
    }

    function _requireWithin(bytes32 parameter, uint256 value, uint256 minimum, uint256 maximum) private pure {
        if (value < minimum || value > maximum) {
            revert GuidelineRegistryOutOfBounds(parameter, value, minimum, maximum);
        }
    }
}
