// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";

import {IGuidelineRegistry} from "./interfaces/IGuidelineRegistry.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {Candidate, IReleaseRegistry, Release} from "./interfaces/IReleaseRegistry.sol";
import {IRoundManager} from "./interfaces/IRoundManager.sol";
import {Cid, CidLib} from "./libraries/CidLib.sol";

/// @title Release registry
/// @notice See `IReleaseRegistry`.
///
/// Assumptions, for correctness:
/// - A finalised round's state was agreed by two thirds of its validators; no vote can release any other state.
/// For liveness:
/// - Voters reach the governor's quorum.
contract ReleaseRegistry is IReleaseRegistry {
    address public immutable timelock;
    IRoundManager public immutable roundManager;
    IMembership public immutable membership;
    IGuidelineRegistry public immutable guidelines;

    /// @inheritdoc IReleaseRegistry
    uint32 public candidateCount;
    /// @inheritdoc IReleaseRegistry
    uint32 public releaseCount;

    mapping(uint32 candidateId => Candidate) private _candidates;
    mapping(uint32 candidateId => uint32 releaseId) private _publishedAs;
    mapping(uint32 releaseId => Release) private _releases;

    modifier only(address caller) {
        if (msg.sender != caller) revert ReleaseRegistryUnauthorized(msg.sender);
        _;
    }

    constructor(
        address timelock_,
        IRoundManager roundManager_,
        IMembership membership_,
        IGuidelineRegistry guidelines_
    ) {
        timelock = timelock_;
        roundManager = roundManager_;
        membership = membership_;
        guidelines = guidelines_;
    }

    /// @inheritdoc IReleaseRegistry
    function propose(uint32 round, Cid calldata state, Cid calldata record, Cid calldata notes)
        external
        returns (uint32 candidateId)
    {
        if (!membership.isActive(msg.sender)) revert ReleaseRegistryUnauthorized(msg.sender);
        (bytes28 contentHash, uint32 version) = roundManager.finalisedOf(round);
        if (version == 0 || contentHash != bytes28(keccak256(abi.encode(state, record)))) {
            revert ReleaseRegistryNotFinalised(round, contentHash);
        }
        CidLib.requireValid(notes.digest, notes.codec);

        candidateId = ++candidateCount;
        uint32 lineage = guidelines.guidelineOf(version).lineage;
        _candidates[candidateId] = Candidate(round, version, lineage, msg.sender, state, record, notes);

        emit CandidateProposed(candidateId, round, msg.sender, state, record, notes);
    }

    /// @inheritdoc IReleaseRegistry
    function publish(uint32 candidateId) external only(timelock) returns (uint32 releaseId) {
        if (candidateId == 0 || candidateId > candidateCount) revert ReleaseRegistryUnknownCandidate(candidateId);
        if (_publishedAs[candidateId] != 0) {
            revert ReleaseRegistryAlreadyPublished(candidateId, _publishedAs[candidateId]);
        }

        releaseId = _release(candidateId, 0);
        _publishedAs[candidateId] = releaseId;
    }

    /// @inheritdoc IReleaseRegistry
    function rollback(uint32 releaseId) external only(timelock) returns (uint32 newReleaseId) {
        _requireRelease(releaseId);

        uint32 candidateId = _releases[releaseId].candidateId;
        newReleaseId = _release(candidateId, releaseId);

        Candidate storage candidate = _candidates[candidateId];
        uint32 lineage = guidelines.guidelineOf(guidelines.currentVersion()).lineage;
        if (candidate.lineage == lineage) roundManager.setBase(candidate.state);
    }

    /// @inheritdoc IReleaseRegistry
    function candidateOf(uint32 candidateId) external view returns (Candidate memory) {
        if (candidateId == 0 || candidateId > candidateCount) revert ReleaseRegistryUnknownCandidate(candidateId);
        return _candidates[candidateId];
    }

    /// @inheritdoc IReleaseRegistry
    function releaseOf(uint32 releaseId) external view returns (Release memory) {
        _requireRelease(releaseId);
        return _releases[releaseId];
    }

    /// @inheritdoc IReleaseRegistry
    function latest() external view returns (uint32 releaseId, Release memory release, Candidate memory candidate) {
        releaseId = releaseCount;
        _requireRelease(releaseId);
        release = _releases[releaseId];
        candidate = _candidates[release.candidateId];
    }

    function _release(uint32 candidateId, uint32 rollbackOf) private returns (uint32 releaseId) {
        releaseId = ++releaseCount;
        // Safe cast: unix seconds fit 40 bits for 34,000 years.
        _releases[releaseId] = Release(candidateId, uint40(Time.timestamp()), rollbackOf);

        emit ReleasePublished(releaseId, candidateId, rollbackOf);
    }

    function _requireRelease(uint32 releaseId) private view {
        if (releaseId == 0 || releaseId > releaseCount) revert ReleaseRegistryUnknownRelease(releaseId);
    }
}
