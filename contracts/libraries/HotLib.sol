// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase} from "../interfaces/IRoundManager.sol";

/// @notice Everything of the current round that changes in most calls, in one word. Lowest bits first: round (32 bits), phase (8),
/// endedIn (8), agreed (8), lots (8), endsAt (40), committed (16), revealed (16), vouched (8), attested (8), disclosed (8),
/// entered (8), drawnTrainers (16), drawnValidators (8), salts (64).
type Hot is uint256;

using HotLib for Hot global;

/// @title Reads and changes the hot part of a round.
/// @dev A word and not a struct, because the compiler reads and writes a packed struct field by field: 10,000 gas a call.
/// Casts down are safe: they cut out the field's own bits. Adding one cannot spill into the next field: nobody acts twice in
/// a phase, so no count exceeds the drawn trainers (at most 256 of 65,535) or validators (at most 32 of 255).
library HotLib {
    uint256 private constant LOTS_TRAINERS = 1;
    uint256 private constant LOTS_VALIDATORS = 2;
    uint256 private constant PHASES = 0xffff << 32; // phase and endedIn
    uint256 private constant ENDS_AT = uint256(type(uint40).max) << 64;
    uint256 private constant SALTS = uint256(type(uint64).max) << 192;

    /// @notice A round in COMMIT in which nobody has acted.
    /// @param seatedTrainers More than `drawnTrainers`: they are drawn by lot. Likewise validators.
    function start(
        uint32 number,
        uint40 endsAt_,
        uint16 drawnTrainers_,
        uint8 drawnValidators_,
        uint256 seatedTrainers,
        uint256 seatedValidators,
        uint64 salts_
    ) internal pure returns (Hot) {
        uint256 lots = seatedTrainers > drawnTrainers_ ? LOTS_TRAINERS : 0;
        if (seatedValidators > drawnValidators_) lots |= LOTS_VALIDATORS;
        uint256 word = number | (uint256(Phase.Commit) << 32) | (lots << 56) | (uint256(endsAt_) << 64);
        word |= (uint256(drawnTrainers_) << 168) | (uint256(drawnValidators_) << 184) | (uint256(salts_) << 192);
        return Hot.wrap(word);
    }

    function round(Hot hot) internal pure returns (uint32) {
        return uint32(Hot.unwrap(hot));
    }

    function phase(Hot hot) internal pure returns (Phase) {
        return Phase(uint8(Hot.unwrap(hot) >> 32));
    }

    /// @notice The phase in which a failed round ended.
    function endedIn(Hot hot) internal pure returns (Phase) {
        return Phase(uint8(Hot.unwrap(hot) >> 40));
    }

    /// @notice One result has two thirds of the drawn validators.
    function agreed(Hot hot) internal pure returns (bool) {
        return uint8(Hot.unwrap(hot) >> 48) != 0;
    }

    /// @notice Whether trainers are drawn by lot; otherwise all who are seated are drawn.
    function drawsTrainers(Hot hot) internal pure returns (bool) {
        return (Hot.unwrap(hot) >> 56) & LOTS_TRAINERS != 0;
    }

    /// @notice Whether validators are drawn by lot; otherwise all who are seated are drawn.
    function drawsValidators(Hot hot) internal pure returns (bool) {
        return (Hot.unwrap(hot) >> 56) & LOTS_VALIDATORS != 0;
    }

    /// @notice Unix seconds at which the phase ends; of an ended round: when disclosing ends.
    function endsAt(Hot hot) internal pure returns (uint40) {
        return uint40(Hot.unwrap(hot) >> 64);
    }

    function committed(Hot hot) internal pure returns (uint16) {
        return uint16(Hot.unwrap(hot) >> 104);
    }

    function revealed(Hot hot) internal pure returns (uint16) {
        return uint16(Hot.unwrap(hot) >> 120);
    }

    function vouched(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 136);
    }

    function attested(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 144);
    }

    function disclosed(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 152);
    }

    /// @notice Validators with a slot.
    function entered(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 160);
    }

    function drawnTrainers(Hot hot) internal pure returns (uint16) {
        return uint16(Hot.unwrap(hot) >> 168);
    }

    function drawnValidators(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 184);
    }

    /// @notice Accumulates revealed salts, over all rounds: the next draw depends on it.
    function salts(Hot hot) internal pure returns (uint64) {
        return uint64(Hot.unwrap(hot) >> 192);
    }

    function addCommitted(Hot hot) internal pure returns (Hot) {
        return Hot.wrap(Hot.unwrap(hot) + (1 << 104));
    }

    function addRevealed(Hot hot, bytes32 salt) internal pure returns (Hot) {
        uint256 mixed = uint256(keccak256(abi.encode(hot.salts(), salt))) << 192; // its low 64 bits
        return Hot.wrap(((Hot.unwrap(hot) & ~SALTS) | mixed) + (1 << 120));
    }

    function addVouched(Hot hot) internal pure returns (Hot) {
        return Hot.wrap(Hot.unwrap(hot) + (1 << 136));
    }

    function addAttested(Hot hot) internal pure returns (Hot) {
        return Hot.wrap(Hot.unwrap(hot) + (1 << 144));
    }

    function addDisclosed(Hot hot) internal pure returns (Hot) {
        return Hot.wrap(Hot.unwrap(hot) + (1 << 152));
    }

    function addEntered(Hot hot) internal pure returns (Hot) {
        return Hot.wrap(Hot.unwrap(hot) + (1 << 160));
    }

    function agree(Hot hot) internal pure returns (Hot) {
        return Hot.wrap(Hot.unwrap(hot) | (1 << 48));
    }

    function endAt(Hot hot, uint40 endsAt_) internal pure returns (Hot) {
        return Hot.wrap((Hot.unwrap(hot) & ~ENDS_AT) | (uint256(endsAt_) << 64));
    }

    function enter(Hot hot, Phase phase_) internal pure returns (Hot) {
        return Hot.wrap((Hot.unwrap(hot) & ~PHASES) | (uint256(phase_) << 32));
    }

    function fail(Hot hot, Phase endedIn_) internal pure returns (Hot) {
        return Hot.wrap(Hot.unwrap(hot.enter(Phase.Failed)) | (uint256(endedIn_) << 40));
    }
}
