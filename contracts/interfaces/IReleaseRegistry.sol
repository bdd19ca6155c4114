// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Cid} from "../libraries/CidLib.sol";

/// @notice A state of a finalised round that a member would like to see released.
/// @param notes Structured release notes.
struct Candidate {
    uint32 round;
    uint32 version;
    uint32 lineage;
    address proposer;
    Cid state;
    Cid record;
    Cid notes;
}

/// @param candidateId What is released.
/// @param publishedAt Unix seconds.
/// @param rollbackOf The release that this one repeats; 0: none.
struct Release {
    uint32 candidateId;
    uint40 publishedAt;
    uint32 rollbackOf;
}

/// @title Release registry: from candidate to release, by vote.
/// @notice Ids of both are numbered from 1 and append-only.
interface IReleaseRegistry {
    /// @notice `caller` may not call this function.
    error ReleaseRegistryUnauthorized(address caller);
    /// @notice State and record are not those with which `round` finalised.
    error ReleaseRegistryNotFinalised(uint32 round, bytes28 contentHash);
    /// @notice There is no such candidate.
    error ReleaseRegistryUnknownCandidate(uint32 candidateId);
    /// @notice There is no such release.
    error ReleaseRegistryUnknownRelease(uint32 releaseId);
    /// @notice The candidate is released already; use `rollback` to release it again.
    error ReleaseRegistryAlreadyPublished(uint32 candidateId, uint32 releaseId);

    /// @notice A member proposed a candidate.
    event CandidateProposed(
        uint32 indexed candidateId, uint32 indexed round, address indexed proposer, Cid state, Cid record, Cid notes
    );
    /// @notice A release is out. `rollbackOf`: the release it repeats, or 0.
    event ReleasePublished(uint32 indexed releaseId, uint32 indexed candidateId, uint32 rollbackOf);

    /// @notice Proposes the state of a finalised round. Active members only.
    function propose(uint32 round, Cid calldata state, Cid calldata record, Cid calldata notes)
        external
        returns (uint32 candidateId);

    /// @notice Releases a candidate. Timelock only.
    function publish(uint32 candidateId) external returns (uint32 releaseId);

    /// @notice Releases an older release again and, if its lineage is the current one, makes the next round start from its
    /// state. Timelock only.
    function rollback(uint32 releaseId) external returns (uint32 newReleaseId);

    /// @notice A candidate by id.
    function candidateOf(uint32 candidateId) external view returns (Candidate memory);

    /// @notice A release by id.
    function releaseOf(uint32 releaseId) external view returns (Release memory);

    /// @notice The highest candidate id so far.
    function candidateCount() external view returns (uint32);

    /// @notice The highest release id so far: the release in force.
    function releaseCount() external view returns (uint32);

    /// @notice The release in force and its candidate; reverts before the first release.
    function latest() external view returns (uint32 releaseId, Release memory release, Candidate memory candidate);
}
