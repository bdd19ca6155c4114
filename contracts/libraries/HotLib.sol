// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../interfaces/IGuidelineRegistry.sol";
import {Phase} from "../interfaces/IRoundManager.sol";
import {Role} from "../interfaces/IRoster.sol";

/// @notice Everything of the current round that nearly every call reads or changes, in one word. Lowest bits first: round
/// (32 bits), phase (8), endedIn (8), trainers by lot (1), validators by lot (1), agreed (6), endsAt (32), vouchSeconds (24),
/// minUpdates (10), drawnTrainers (10), committed (10), revealed (10), drawnValidators (8), entered (8), vouched (8),
/// attested (8), disclosed (8), salts (64).
type Hot is uint256;

using HotLib for Hot global;

/// @title Reads and changes the hot part of a round.
/// @dev A word and not a struct, because the compiler reads and writes a packed struct field by field: 10,000 gas a call. For the
/// same reason what most calls ask is asked of bits: every use of an enum checks its range.
/// Casts down are safe: they cut out the field's own bits. The guideline registry bounds trainers (256), validators (32) and
/// phases (30 days); unix seconds fit 32 bits until the year 2106. Adding one cannot spill into the next field: nobody acts
/// twice in a phase, so no count exceeds the drawn trainers or validators.
library HotLib {
    uint256 private constant PHASES = 0xffff << 32; // phase and endedIn
    uint256 private constant ENDS_AT = uint256(type(uint32).max) << 56;
    uint256 private constant SALTS = uint256(type(uint64).max) << 192;
    uint256 private constant UP_TO_1023 = (1 << 10) - 1;

    /// @notice The round after `last`: in COMMIT, nobody has acted. Whoever is seated is drawn, or as many as `p` says, by lot.
    function next(Hot last, RoundParameters memory p, uint256 seatedTrainers, uint256 seatedValidators)
        internal
        view
        returns (Hot)
    {
        uint256 word = (last.round() + 1) | (uint256(Phase.Commit) << 32);
        if (seatedTrainers > p.trainers) word |= 1 << 48;
        if (seatedValidators > p.validators) word |= 1 << 49;
        word |= ((block.timestamp + p.commitSeconds) << 56) | (uint256(p.vouchSeconds) << 88);
        word |= (uint256(p.minUpdates) << 112);
        word |= (seatedTrainers < p.trainers ? seatedTrainers : p.trainers) << 122;
        word |= (seatedValidators < p.validators ? seatedValidators : p.validators) << 152;
        return Hot.wrap(word | (uint256(last.salts()) << 192));
    }

    function round(Hot hot) internal pure returns (uint32) {
        return uint32(Hot.unwrap(hot));
    }

    function phase(Hot hot) internal pure returns (Phase) {
        return Phase(uint8(Hot.unwrap(hot) >> 32));
    }

    /// @notice Whether the round is `number` and in `phase_`.
    function isAt(Hot hot, uint32 number, Phase phase_) internal pure returns (bool) {
        return uint40(Hot.unwrap(hot)) == (number | (uint256(phase_) << 32));
    }

    /// @notice Whether the round is in a phase from COMMIT to DISCLOSE.
    function isRunning(Hot hot) internal pure returns (bool) {
        uint256 phase_ = uint8(Hot.unwrap(hot) >> 32);
        return phase_ != uint8(Phase.None) && phase_ < uint8(Phase.Finalised);
    }

    /// @notice Whether the phase, when it ends now, leaves a round that can still be finalised.
    function canGoOn(Hot hot) internal pure returns (bool) {
        uint256 phase_ = uint8(Hot.unwrap(hot) >> 32);
        if (phase_ == uint8(Phase.Commit)) return hot.committed() >= hot.minUpdates();
        if (phase_ == uint8(Phase.Reveal)) return hot.revealed() >= hot.minUpdates();
        if (phase_ == uint8(Phase.Vouch)) return hot.isTwoThirds(hot.vouched());
        if (phase_ == uint8(Phase.Attest)) return hot.isTwoThirds(hot.attested());
        return hot.agreed();
    }

    /// @notice Whether `part` is at least two thirds of the drawn validators.
    function isTwoThirds(Hot hot, uint256 part) internal pure returns (bool) {
        return 3 * part >= 2 * uint256(hot.drawnValidators());
    }

    /// @notice The phase in which a failed round ended.
    function endedIn(Hot hot) internal pure returns (Phase) {
        return Phase(uint8(Hot.unwrap(hot) >> 40));
    }

    /// @notice Whether members are drawn by lot for `role`; otherwise all who are seated are drawn.
    function drawsByLot(Hot hot, Role role) internal pure returns (bool) {
        return Hot.unwrap(hot) & ((1 << 48) << uint8(role)) != 0;
    }

    /// @notice One result has two thirds of the drawn validators.
    function agreed(Hot hot) internal pure returns (bool) {
        return Hot.unwrap(hot) & (1 << 50) != 0;
    }

    /// @notice Unix seconds at which the phase ends; of an ended round: when disclosing ends.
    function endsAt(Hot hot) internal pure returns (uint32) {
        return uint32(Hot.unwrap(hot) >> 56);
    }

    /// @notice Longest duration of VOUCH. It stands here and not with the others in `Terms` because `vouch` may cost the least.
    function vouchSeconds(Hot hot) internal pure returns (uint24) {
        return uint24(Hot.unwrap(hot) >> 88);
    }

    /// @notice Well-formed included updates without which the round fails.
    function minUpdates(Hot hot) internal pure returns (uint16) {
        return uint16((Hot.unwrap(hot) >> 112) & UP_TO_1023);
    }

    function drawnTrainers(Hot hot) internal pure returns (uint16) {
        return uint16((Hot.unwrap(hot) >> 122) & UP_TO_1023);
    }

    function committed(Hot hot) internal pure returns (uint16) {
        return uint16((Hot.unwrap(hot) >> 132) & UP_TO_1023);
    }

    function revealed(Hot hot) internal pure returns (uint16) {
        return uint16((Hot.unwrap(hot) >> 142) & UP_TO_1023);
    }

    function drawnValidators(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 152);
    }

    /// @notice Validators with a slot.
    function entered(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 160);
    }

    function vouched(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 168);
    }

    function attested(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 176);
    }

    function disclosed(Hot hot) internal pure returns (uint8) {
        return uint8(Hot.unwrap(hot) >> 184);
    }

    /// @notice Accumulates revealed salts, over all rounds: the next draw depends on it.
    function salts(Hot hot) internal pure returns (uint64) {
        return uint64(Hot.unwrap(hot) >> 192);
    }

    function addCommitted(Hot hot) internal pure returns (Hot) {
        return _plus(hot, 1 << 132);
    }

    function addRevealed(Hot hot, bytes32 salt) internal pure returns (Hot) {
        uint256 mixed = uint256(keccak256(abi.encode(hot.salts(), salt))) << 192; // its low 64 bits
        return _plus(Hot.wrap((Hot.unwrap(hot) & ~SALTS) | mixed), 1 << 142);
    }

    function addEntered(Hot hot) internal pure returns (Hot) {
        return _plus(hot, 1 << 160);
    }

    function addVouched(Hot hot) internal pure returns (Hot) {
        return _plus(hot, 1 << 168);
    }

    function addAttested(Hot hot) internal pure returns (Hot) {
        return _plus(hot, 1 << 176);
    }

    function addDisclosed(Hot hot) internal pure returns (Hot) {
        return _plus(hot, 1 << 184);
    }

    function agree(Hot hot) internal pure returns (Hot) {
        return Hot.wrap(Hot.unwrap(hot) | (1 << 50));
    }

    /// @notice The phase is over as of now. Whoever writes next enters the one after it, as when the clock ends a phase: the
    /// last to act does not have to look up how long that one lasts.
    function endNow(Hot hot) internal view returns (Hot) {
        return Hot.wrap((Hot.unwrap(hot) & ~ENDS_AT) | (block.timestamp << 56));
    }

    /// @notice The next phase, `duration` seconds long from the end of this one. Needs a phase from COMMIT to ATTEST.
    function enterNext(Hot hot, uint256 duration) internal pure returns (Hot) {
        return _plus(hot, (1 << 32) + (duration << 56));
    }

    function finalise(Hot hot) internal pure returns (Hot) {
        return Hot.wrap((Hot.unwrap(hot) & ~PHASES) | (uint256(Phase.Finalised) << 32));
    }

    /// @notice The round failed in the phase that it was in.
    function fail(Hot hot) internal pure returns (Hot) {
        uint256 phases = uint256(Phase.Failed) | (uint256(hot.phase()) << 8);
        return Hot.wrap((Hot.unwrap(hot) & ~PHASES) | (phases << 32));
    }

    /// @dev Safe: no field overflows, see above.
    function _plus(Hot hot, uint256 addend) private pure returns (Hot) {
        unchecked {
            return Hot.wrap(Hot.unwrap(hot) + addend);
        }
    }
}
