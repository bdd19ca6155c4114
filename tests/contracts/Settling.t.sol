// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRoundManager, Outcome, Phase, Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Progress, Role} from "../../contracts/interfaces/IRoster.sol";
import {Federation} from "./Federation.sol";

/// @title When an entry is settled, by whom, and for how long it can cost anything. What it costs: `Round.t.sol`.
contract SettlingTest is Federation {
    function setUp() public {
        deploy(5, defaults());
        joinAll();
    }

    // When.

    function test_nothingIsSettledWhileTheRoundRuns() public {
        rounds.open();
        commitAll(5);
        revealAll(4);

        expectNothing(4);
        rounds.settle(founders[4]);
    }

    function test_anEntryIsSettledOnce() public {
        failInReveal();
        rounds.settle(founders[4]);
        assertLost(4, 5e18, 1);

        expectNothing(4);
        rounds.settle(founders[4]);
    }

    function test_whatWasSettledIsNotSettledAgainByTheNextEntry() public {
        failInReveal();
        rounds.settle(founders[4]);
        rounds.open();
        commit(4, 2);

        assertLost(4, 5e18, 1);
    }

    function test_anEntryThatCostsNothingIsSettledToo() public {
        playRound(5, 5);
        rounds.settle(founders[0]);

        assertLost(0, 0, 0);
        assertTrue(rounds.seatOf(founders[0], Role.Trainer).progress == Progress.Settled, "trainer's entry");
        assertTrue(rounds.seatOf(founders[0], Role.Validator).progress == Progress.Settled, "validator's entry");
    }

    function test_bothEntriesOfAMemberAreSettledInOneCall() public {
        rounds.open();
        Result memory result = resultOf(1, 5);
        result.included = 15; // without slot 4
        result.falseVouchers = 1 << 4;
        playUntilDisclose(5, 5, result);
        discloseAll(5, result);
        rounds.finalise(1, result);
        rounds.settle(founders[4]);

        assertLost(4, 10e18, 2);
    }

    function test_whoCanStillDiscloseIsNotSettled() public {
        rounds.open();
        Result memory result = resultOf(1, 5);
        playUntilDisclose(5, 5, result);
        discloseAll(4, result);
        rounds.finalise(1, result);
        rounds.settle(founders[4]); // as a trainer
        assertLost(4, 0, 0);
        expectNothing(4);
        rounds.settle(founders[4]);

        vm.warp(rounds.outcomeOf(1).disclosableUntil);
        rounds.settle(founders[4]);
        assertLost(4, 5e18, 1);
    }

    function test_aStrangerHasNothingToSettle() public {
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerNothingToSettle.selector, STRANGER));
        rounds.settle(STRANGER);
    }

    function test_whoHasLeftStillAnswersForItsLastEntry() public {
        failInReveal();
        vm.prank(founders[4]);
        membership.exit();
        rounds.open();
        rounds.settle(founders[4]);

        assertLost(4, 5e18, 1);
    }

    // How long.

    function test_anEntryCostsSomethingForSevenRounds() public {
        failInReveal();
        for (uint256 i = 0; i < 7; ++i) failRound();
        rounds.settle(founders[4]);

        assertLost(4, 5e18, 1);
    }

    function test_afterThatItCostsNothing() public {
        failInReveal();
        for (uint256 i = 0; i < 7; ++i) failRound();
        rounds.open();
        commitAll(3);
        pass(Phase.Commit);
        pass(Phase.Reveal); // the ninth round ends where the first one did, and is remembered in its place
        rounds.settle(founders[4]);

        assertLost(4, 0, 0);
    }

    function test_anOutcomeIsRememberedForSevenRounds() public {
        Result memory result = playRound(5, 5);
        for (uint256 i = 0; i < 7; ++i) failRound();
        assertEq(
            bytes32(rounds.outcomeOf(1).resultHash), bytes32(bytes24(keccak256(abi.encode(result)))), "after seven"
        );
        failRound();

        assertEq(bytes32(rounds.outcomeOf(1).resultHash), 0, "after eight");
    }

    function test_aRunningRoundHasNoOutcomeYet() public {
        playRound(5, 5);
        rounds.open();

        Outcome memory none = rounds.outcomeOf(2);
        assertEq(bytes32(none.resultHash), 0, "result");
        assertEq(none.sound, 0, "sound");
        assertEq(rounds.outcomeOf(0).sound, 0, "there is no round 0");
        assertEq(rounds.outcomeOf(3).sound, 0, "nor a third one");
    }

    // In rounds that failed.

    function test_whereARoundFailedInVouchVouchersOweNothing() public {
        rounds.open();
        commitAll(5);
        revealAll(5);
        vouchAll(3, 31);
        pass(Phase.Vouch);
        for (uint256 i = 0; i < 5; ++i) rounds.settle(founders[i]);

        for (uint256 i = 0; i < 5; ++i) assertLost(i, 0, 0);
    }

    function test_whereARoundFailedInAttestNobodyOwesAResult() public {
        rounds.open();
        commitAll(5);
        revealAll(5);
        vouchAll(5, 31);
        attestAll(3, resultOf(1, 5));
        pass(Phase.Attest);
        for (uint256 i = 0; i < 5; ++i) rounds.settle(founders[i]);

        for (uint256 i = 0; i < 5; ++i) assertLost(i, 0, 0);
    }

    function test_whereARoundFailedInDiscloseWhoDidNotDiscloseOwesIt() public {
        rounds.open();
        Result memory result = resultOf(1, 5);
        playUntilDisclose(5, 5, result);
        discloseAll(3, result);
        pass(Phase.Disclose);
        for (uint256 i = 0; i < 5; ++i) rounds.settle(founders[i]);

        for (uint256 i = 0; i < 5; ++i) assertLost(i, i < 3 ? 0 : 5e18, i < 3 ? 0 : 1);
    }

    function test_withoutAnAgreedResultNobodyConflictsWithIt() public {
        rounds.open();
        Result memory one = resultOf(1, 5);
        Result memory other = resultOf(1, 5);
        other.ledgerRoot = "another";
        playSplit(one, other);
        for (uint256 i = 0; i < 5; ++i) rounds.settle(founders[i]);

        for (uint256 i = 0; i < 5; ++i) assertLost(i, 0, 0);
    }

    /// @dev Three disclose one result, two the other: the round fails as soon as all have.
    function playSplit(Result memory one, Result memory other) private {
        commitAll(5);
        revealAll(5);
        vouchAll(5, 31);
        attestAll(3, one);
        attest(3, 1, other);
        attest(4, 1, other);
        discloseAll(3, one);
        disclose(3, 1, other);
        assertTrue(rounds.phase() == Phase.Disclose, "one may still decide it");
        disclose(4, 1, other);
        assertTrue(rounds.phase() == Phase.Failed, "nobody is left");
    }

    /// @dev Three commit, two reveal; the third is `founders[4]`.
    function failInReveal() private {
        rounds.open();
        commitAll(2);
        commit(4, 1);
        pass(Phase.Commit);
        revealAll(2);
        pass(Phase.Reveal);
    }

    function expectNothing(uint256 i) private {
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerNothingToSettle.selector, founders[i]));
    }

    function assertLost(uint256 i, uint256 burned, uint256 faultPoints) private view {
        assertEq(token.balanceOf(founders[i]), GRANT - burned, "tokens");
        assertEq(membership.member(founders[i]).faultPoints, faultPoints, "fault points");
    }
}
