// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../interfaces/IGuidelineRegistry.sol";
import {Phase} from "../interfaces/IRoundManager.sol";

/// @notice What is fixed when a round opens and read now and then, in one word. Lowest bits first: revealSeconds (32 bits),
/// attestSeconds (32), discloseSeconds (32), seatedTrainers (16), seatedValidators (16), rosterVersion (32).
type Terms is uint256;

using TermsLib for Terms global;

/// @title Reads the terms of a round.
/// @dev A word and not a struct, for the reason given at `HotLib`; casts down are safe as there.
library TermsLib {
    /// @param rosterVersion_ Only its low 32 bits are kept: it is compared for equality alone.
    function pack(RoundParameters memory p, uint256 seatedTrainers_, uint256 seatedValidators_, uint64 rosterVersion_)
        internal
        pure
        returns (Terms)
    {
        uint256 word = p.revealSeconds | (uint256(p.attestSeconds) << 32) | (uint256(p.discloseSeconds) << 64);
        word |= (seatedTrainers_ << 96) | (seatedValidators_ << 112) | (uint256(uint32(rosterVersion_)) << 128);
        return Terms.wrap(word);
    }

    /// @notice Longest duration of the phase after `over`, which is COMMIT, VOUCH or ATTEST.
    function secondsAfter(Terms terms, Phase over) internal pure returns (uint32) {
        if (over == Phase.Commit) return uint32(Terms.unwrap(terms));
        return uint32(Terms.unwrap(terms) >> (over == Phase.Vouch ? 32 : 64));
    }

    function seatedTrainers(Terms terms) internal pure returns (uint16) {
        return uint16(Terms.unwrap(terms) >> 96);
    }

    function seatedValidators(Terms terms) internal pure returns (uint16) {
        return uint16(Terms.unwrap(terms) >> 112);
    }

    /// @notice Tells whether the lists of seats are still those of the round.
    function rosterVersion(Terms terms) internal pure returns (uint32) {
        return uint32(Terms.unwrap(terms) >> 128);
    }
}
