// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {Phase} from "../../contracts/interfaces/IRoundManager.sol";
import {Progress, Role, Seat} from "../../contracts/interfaces/IRoster.sol";
import {Hot} from "../../contracts/libraries/HotLib.sol";
import {PackedSeat} from "../../contracts/libraries/SeatLib.sol";
import {Terms, TermsLib} from "../../contracts/libraries/TermsLib.sol";
import {Test} from "./Test.sol";

/// @title The packed words behave like the structs that they stand for: what is written is read, and no field spills over.
contract WordsTest is Test {
    /// @dev What a `Hot` stands for.
    struct Fields {
        uint256 round;
        uint256 phase;
        uint256 endedIn;
        uint256 trainersByLot;
        uint256 validatorsByLot;
        uint256 agreed;
        uint256 endsAt;
        uint256 vouchSeconds;
        uint256 minUpdates;
        uint256 drawnTrainers;
        uint256 committed;
        uint256 revealed;
        uint256 drawnValidators;
        uint256 entered;
        uint256 vouched;
        uint256 attested;
        uint256 disclosed;
        uint256 salts;
    }

    uint256 private constant YEAR_2100 = 4_102_444_800; // unix seconds

    // The hot part of a round.

    function testFuzz_aRoundOpensWithWhatItWasGiven(
        RoundParameters memory p,
        uint32 number,
        uint64 salts,
        uint16 trainers,
        uint16 validators
    ) public {
        vm.warp(YEAR_2100);
        inBounds(p);
        number = uint32(bound(number, 0, type(uint32).max - 1));
        Hot last = Hot.wrap(number | (uint256(salts) << 192));

        Fields memory expected;
        expected.round = uint256(number) + 1;
        expected.phase = uint256(Phase.Commit);
        expected.trainersByLot = trainers > p.trainers ? 1 : 0;
        expected.validatorsByLot = validators > p.validators ? 1 : 0;
        expected.endsAt = YEAR_2100 + p.commitSeconds;
        expected.vouchSeconds = p.vouchSeconds;
        expected.minUpdates = p.minUpdates;
        expected.drawnTrainers = trainers < p.trainers ? trainers : p.trainers;
        expected.drawnValidators = validators < p.validators ? validators : p.validators;
        expected.salts = salts;
        same(last.next(p, trainers, validators), expected);
    }

    /// Any changes in any order move their own fields only.
    function testFuzz_everyChangeMovesItsOwnFieldsOnly(RoundParameters memory p, uint64 salts, uint256[24] memory moves)
        public
    {
        vm.warp(YEAR_2100);
        inBounds(p);
        Hot hot = Hot.wrap(uint256(salts) << 192).next(p, 256, 32);
        Fields memory fields = read(hot);
        for (uint256 i = 0; i < moves.length; ++i) {
            hot = change(hot, fields, moves[i]);
            same(hot, fields);
        }
    }

    function test_theLargestCountsFit() public {
        vm.warp(YEAR_2100);
        RoundParameters memory p;
        (p.trainers, p.validators, p.minUpdates, p.vouchSeconds) = (256, 32, 256, 30 days);
        Hot hot = Hot.wrap(0).next(p, 65_535, 65_535);
        Fields memory fields = read(hot);
        for (uint256 i = 0; i < 256; ++i) hot = hot.addCommitted().addRevealed(bytes32(i));
        for (uint256 i = 0; i < 32; ++i) hot = hot.addEntered().addVouched().addAttested().addDisclosed();

        (fields.committed, fields.revealed) = (256, 256);
        (fields.entered, fields.vouched, fields.attested, fields.disclosed) = (32, 32, 32, 32);
        fields.salts = hot.salts();
        same(hot, fields);
    }

    function testFuzz_aSaltIsMixedIntoAllBefore(uint64 before, bytes32 salt) public pure {
        Hot hot = Hot.wrap(uint256(before) << 192).addRevealed(salt);

        assertEq(hot.salts(), uint64(uint256(keccak256(abi.encode(before, salt)))), "salts");
    }

    function testFuzz_questionsAboutAPhaseAreAnsweredAsByItsName(uint32 number, uint8 phase_, uint32 other, uint8 asked)
        public
        pure
    {
        Phase phase = Phase(phase_ % 8);
        Hot hot = Hot.wrap(number | (uint256(phase) << 32) | (uint256(7) << 40));
        bool isIt = other == number && asked % 8 == phase_ % 8;

        assertTrue(hot.isAt(other, Phase(asked % 8)) == isIt, "isAt");
        assertTrue(hot.isAt(number, phase), "isAt itself");
        assertTrue(hot.isRunning() == (phase >= Phase.Commit && phase <= Phase.Disclose), "isRunning");
    }

    // A seat.

    function testFuzz_aSeatHoldsItsEntryAndKeepsItsPlace(
        uint256 before,
        uint16[2] memory indices,
        uint32 round,
        uint8 progress,
        uint8 slot,
        bytes24 hash
    ) public pure {
        Seat memory seat = Seat(indices[0], round, Progress(progress % 7), slot, hash);
        PackedSeat packed = PackedSeat.wrap(before).movedTo(seat.index);
        packed = packed.entry(seat.round, seat.progress, seat.slot, seat.hash);

        same(packed.unpack(), seat);
        seat.index = indices[1];
        same(packed.movedTo(seat.index).unpack(), seat);
        assertTrue(packed.isAt(seat.round, seat.progress), "isAt");
        assertFalse(packed.isAt(seat.round ^ 1, seat.progress), "isAt another round");
    }

    // The terms of a round.

    function testFuzz_termsHoldWhatTheyWereGiven(RoundParameters memory p, uint16 trainers, uint16 validators, uint64 version)
        public
        pure
    {
        Terms terms = TermsLib.pack(p, trainers, validators, version);

        assertEq(terms.secondsAfter(Phase.Commit), p.revealSeconds, "reveal");
        assertEq(terms.secondsAfter(Phase.Vouch), p.attestSeconds, "attest");
        assertEq(terms.secondsAfter(Phase.Attest), p.discloseSeconds, "disclose");
        assertEq(terms.seatedTrainers(), trainers, "trainers");
        assertEq(terms.seatedValidators(), validators, "validators");
        assertEq(terms.rosterVersion(), uint32(version), "version");
    }

    /// @dev One change to the word and the same one to the struct. So few changes reach no count's limit.
    function change(Hot hot, Fields memory f, uint256 move) private view returns (Hot) {
        uint256 kind = move % 11;
        uint256 duration = 1 + (move >> 8) % 30 days;
        if (kind < 6) return count(hot, f, kind, bytes32(move));
        if (kind == 6) {
            f.agreed = 1;
            return hot.agree();
        }
        if (kind == 7) {
            f.endsAt = block.timestamp;
            return hot.endNow();
        }
        if (kind == 8) {
            (f.phase, f.endedIn) = (uint256(Phase.Failed), f.phase);
            return hot.fail();
        }
        if (kind == 9) {
            (f.phase, f.endedIn) = (uint256(Phase.Finalised), 0);
            return hot.finalise();
        }
        if (f.phase >= uint256(Phase.Disclose)) return hot;
        ++f.phase;
        f.endsAt += duration;
        return hot.enterNext(duration);
    }

    function count(Hot hot, Fields memory f, uint256 kind, bytes32 salt) private pure returns (Hot) {
        if (kind == 0) ++f.committed;
        if (kind == 1) ++f.revealed;
        if (kind == 2) ++f.entered;
        if (kind == 3) ++f.vouched;
        if (kind == 4) ++f.attested;
        if (kind == 5) ++f.disclosed;
        if (kind == 1) f.salts = uint64(uint256(keccak256(abi.encode(f.salts, salt))));

        if (kind == 0) return hot.addCommitted();
        if (kind == 1) return hot.addRevealed(salt);
        if (kind == 2) return hot.addEntered();
        if (kind == 3) return hot.addVouched();
        return kind == 4 ? hot.addAttested() : hot.addDisclosed();
    }

    function read(Hot hot) private pure returns (Fields memory) {
        return Fields({
            round: hot.round(),
            phase: uint256(hot.phase()),
            endedIn: uint256(hot.endedIn()),
            trainersByLot: hot.drawsByLot(Role.Trainer) ? 1 : 0,
            validatorsByLot: hot.drawsByLot(Role.Validator) ? 1 : 0,
            agreed: hot.agreed() ? 1 : 0,
            endsAt: hot.endsAt(),
            vouchSeconds: hot.vouchSeconds(),
            minUpdates: hot.minUpdates(),
            drawnTrainers: hot.drawnTrainers(),
            committed: hot.committed(),
            revealed: hot.revealed(),
            drawnValidators: hot.drawnValidators(),
            entered: hot.entered(),
            vouched: hot.vouched(),
            attested: hot.attested(),
            disclosed: hot.disclosed(),
            salts: hot.salts()
        });
    }

    function same(Hot hot, Fields memory expected) private pure {
        assertEq(keccak256(abi.encode(read(hot))), keccak256(abi.encode(expected)), "fields");
    }

    function same(Seat memory seat, Seat memory expected) private pure {
        assertEq(keccak256(abi.encode(seat)), keccak256(abi.encode(expected)), "seat");
    }

    /// @dev As the guideline registry demands.
    function inBounds(RoundParameters memory p) private pure {
        p.trainers = uint16(bound(p.trainers, 1, 256));
        p.validators = uint8(bound(p.validators, 1, 32));
        p.minUpdates = uint16(bound(p.minUpdates, 1, p.trainers));
        p.commitSeconds = uint32(bound(p.commitSeconds, 1, 30 days));
        p.vouchSeconds = uint32(bound(p.vouchSeconds, 1, 30 days));
    }
}
