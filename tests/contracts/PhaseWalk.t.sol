// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase, Result, Round} from "../../contracts/interfaces/IRoundManager.sol";
import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {Federation} from "./Federation.sol";
import {PhaseModel} from "./PhaseModel.sol";

/// @title Any mix of acting and waiting leads to where the reference model says.
/// @dev A move is a word: which move, by whom (a bitmap of members, or one of them), with which result, how many seconds pass.
contract PhaseWalkTest is Federation {
    PhaseModel private model;
    uint256 private members;

    function setUp() public {
        RoundParameters memory p = defaults();
        p.faultPointLimit = 255; // nobody is suspended, so that all are drawn in every round
        p.softPenalty = 0;
        p.hardPenalty = 0;
        model = new PhaseModel();
        members = model.MEMBERS();
        deploy(members, p);
        joinAll();
        model.tick(block.timestamp);
    }

    /// The round manager accepts exactly the moves that the model accepts, and after each of them is in the same phase of the
    /// same round with the same deadline.
    /// forge-config: default.fuzz.runs = 96
    /// forge-config: deep.fuzz.runs = 2000
    function testFuzz_theRoundIsWhereTheModelSays(uint256[40] memory moves) public {
        for (uint256 i = 0; i < moves.length; ++i) {
            move(moves[i]);
            compare();
        }
    }

    /// The same when nearly everybody acts in every phase, so that most rounds go all the way.
    /// forge-config: default.fuzz.runs = 96
    /// forge-config: deep.fuzz.runs = 2000
    function testFuzz_theRoundIsWhereTheModelSaysWhenMostAct(uint256[40] memory moves) public {
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 present = ((moves[i] >> 8) | (moves[i] >> 16) | (moves[i] >> 24)) & 63; // each with 7 chances of 8
            actInTurn(present, 1);
            if (moves[i] % 3 == 0) actInTurn(63, 2);
            if (moves[i] % 4 == 0) wait((moves[i] >> 32) % 150);
            if (moves[i] % 7 == 0) finish(1);
            compare();
        }
    }

    function move(uint256 word) private {
        uint256 kind = word % 8;
        uint256 who = (word >> 8) & 63;
        uint256 result = 1 + (word >> 16) % 3;
        if (kind == 0) wait((word >> 24) % 60);
        else if (kind == 1) wait(model.PHASE());
        else if (kind == 2) finish(result);
        else if (kind == 3) tryAny((word >> 24) % 5, who % members, result);
        else actInTurn(who, result);
    }

    /// @dev Everybody in the bitmap makes the move that the phase asks for; between rounds, somebody opens the next one.
    function actInTurn(uint256 who, uint256 result) private {
        Phase phase = model.phase();
        if (phase == Phase.None || phase >= Phase.Finalised) return begin();
        for (uint256 i = 0; i < members; ++i) {
            if ((who >> i) & 1 != 0) tryAny(uint256(phase) - 1, i, result);
        }
    }

    /// @dev Commits, reveals, vouches, attests or discloses, whether it is time for that or not.
    function tryAny(uint256 kind, uint256 i, uint256 result) private {
        if (kind == 0) same(model.commit(i), this.tryCommit, i, 0);
        if (kind == 1) same(model.reveal(i), this.tryReveal, i, 0);
        if (kind == 2) same(model.vouch(i), this.tryVouch, i, 0);
        if (kind == 3) same(model.attest(i, result), this.tryAttest, i, result);
        if (kind == 4) same(model.disclose(i), this.tryDisclose, i, 0);
    }

    function wait(uint256 duration) private {
        vm.warp(block.timestamp + duration);
        model.tick(block.timestamp);
    }

    function begin() private {
        bool expected = model.open();
        try rounds.open() {
            assertTrue(expected, "opened against the model");
        } catch {
            assertFalse(expected, "not opened against the model");
        }
    }

    function finish(uint256 result) private {
        bool expected = model.finalise(result);
        uint32 number = rounds.round().number;
        try rounds.finalise(number, numbered(number, result)) {
            assertTrue(expected, "finalised against the model");
        } catch {
            assertFalse(expected, "not finalised against the model");
        }
    }

    function same(bool expected, function(uint256, uint256) external move_, uint256 i, uint256 result) private {
        try move_(i, result) {
            assertTrue(expected, "accepted against the model");
        } catch {
            assertFalse(expected, "refused against the model");
        }
    }

    // External, so that a refusal can be caught. A member remembers what it attested to last.

    mapping(uint256 member => uint32) private attestedIn;
    mapping(uint256 member => uint256) private attestedTo;

    function tryCommit(uint256 i, uint256) external {
        commit(i, rounds.round().number);
    }

    function tryReveal(uint256 i, uint256) external {
        reveal(i, rounds.round().number);
    }

    function tryVouch(uint256 i, uint256) external {
        vouch(i, rounds.round().number, 0);
    }

    function tryAttest(uint256 i, uint256 result) external {
        uint32 number = rounds.round().number;
        attest(i, number, numbered(number, result));
        (attestedIn[i], attestedTo[i]) = (number, result);
    }

    function tryDisclose(uint256 i, uint256) external {
        disclose(i, attestedIn[i], numbered(attestedIn[i], attestedTo[i]));
    }

    function numbered(uint32 number, uint256 result) private pure returns (Result memory numbered_) {
        numbered_ = resultOf(number, 3);
        numbered_.ledgerRoot = bytes32(result);
    }

    function compare() private view {
        Round memory round = rounds.round();
        assertEq(uint256(round.phase), uint256(model.phase()), "phase");
        assertEq(round.number, model.number(), "round");
        if (round.phase == Phase.Failed) assertEq(uint256(round.endedIn), uint256(model.endedIn()), "ended in");
        else assertEq(round.endsAt, model.endsAt(), "ends at");
    }
}
