// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Cid} from "../libraries/CidLib.sol";

/// @notice The part of a guideline that the contracts enforce.
/// @param trainers Largest number of trainers drawn for a round, at most 256.
/// @param validators Largest number of validators drawn for a round, at most 32.
/// @param minTrainers Seated trainers without which no round opens.
/// @param minValidators Seated validators without which no round opens.
/// @param minUpdates Well-formed included updates without which a round fails.
/// @param faultPointLimit Fault points at which a member is not drawn any more.
/// @param commitSeconds Longest duration of the COMMIT phase, and so on for the other four.
/// @param budget Token wei minted at most for each finalised round.
/// @param minimumBond Token wei a member must have bonded to be drawn.
/// @param airdrop Token wei, without votes, minted to a member who is admitted.
/// @param hardPenalty Token wei burned for a false result or a malformed update.
/// @param softPenalty Token wei burned for smaller faults, at most a twentieth of `minimumBond`.
/// @param unbondDelay Seconds that a bond stays slashable after its owner asked for it.
struct RoundParameters {
    uint16 trainers;
    uint8 validators;
    uint16 minTrainers;
    uint8 minValidators;
    uint16 minUpdates;
    uint8 faultPointLimit;
    uint32 commitSeconds;
    uint32 revealSeconds;
    uint32 vouchSeconds;
    uint32 attestSeconds;
    uint32 discloseSeconds;
    uint128 budget;
    uint128 minimumBond;
    uint128 airdrop;
    uint128 hardPenalty;
    uint128 softPenalty;
    uint32 unbondDelay;
}

/// @param guideline The canonical JSON document.
/// @param lineage Counts genesis states, from 1; states of one lineage can be added up.
/// @param genesisState The state the lineage starts from.
struct Guideline {
    Cid guideline;
    uint32 lineage;
    Cid genesisState;
}

/// @title Guideline registry: every version of the document that governs the federation.
/// @notice Versions are numbered from 1 and never change. The current one is adopted by vote, or is an older one to which
/// the round manager fell back because the newer one could not finish a round.
interface IGuidelineRegistry {
    /// @notice `caller` may not call this function.
    error GuidelineRegistryUnauthorized(address caller);
    /// @notice There is no such version.
    error GuidelineRegistryUnknownVersion(uint32 version);
    /// @notice A parameter must lie between `minimum` and `maximum`, both included.
    error GuidelineRegistryOutOfBounds(bytes32 parameter, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice A new version is current.
    event GuidelineAdopted(
        uint32 indexed version, uint32 indexed lineage, Cid guideline, Cid genesisState, RoundParameters parameters
    );
    /// @notice The guideline went back from version `from` to version `to`.
    event GuidelineFellBack(uint32 indexed from, uint32 indexed to);

    /// @notice Makes a new version current. Timelock only.
    /// @param genesisState Zero digest: the current lineage continues. Otherwise a new lineage starts from this state.
    function adopt(Cid calldata guideline, Cid calldata genesisState, RoundParameters calldata parameters) external;

    /// @notice Makes an earlier version current again. Round manager only.
    function fallBack(uint32 version) external;

    /// @notice The version that the next round runs under.
    function currentVersion() external view returns (uint32);

    /// @notice How many versions there are; also the number of the newest.
    function versionCount() external view returns (uint32);

    /// @notice Document, lineage and genesis state of a version.
    function guidelineOf(uint32 version) external view returns (Guideline memory);

    /// @notice Enforced parameters of a version.
    function parametersOf(uint32 version) external view returns (RoundParameters memory);

    /// @notice Enforced parameters of the current version.
    function parameters() external view returns (RoundParameters memory);
}
