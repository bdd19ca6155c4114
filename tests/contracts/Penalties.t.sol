// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {IMembership, Member, Penalty} from "../../contracts/interfaces/IMembership.sol";
import {Role} from "../../contracts/interfaces/IRoster.sol";
import {Federation} from "./Federation.sol";

/// @title What a fault costs, and when it suspends. Which fault costs what: `Round.t.sol`.
contract PenaltiesTest is Federation {
    uint256 private constant BOND = 110e18;

    function setUp() public {
        deploy(5, defaults());
        joinAll();
    }

    function test_aSmallFaultBurnsALittleAndIsCounted() public {
        vm.expectEmit();
        emit IMembership.MemberPenalised(founders[0], Penalty.Soft, 5e18, 1);
        penalise(0, Penalty.Soft);

        assertLost(0, 5e18, 1);
    }

    function test_aLargeFaultBurnsMuchAndIsNotCounted() public {
        penalise(0, Penalty.Hard);

        assertLost(0, 50e18, 0);
    }

    function test_silenceIsCountedOnly() public {
        penalise(0, Penalty.Silent);

        assertLost(0, 0, 1);
    }

    function test_aBurnTakesVotesAlong() public {
        penalise(0, Penalty.Hard);

        assertEq(token.getVotes(founders[0]), 99_749_686_716, "the root of 9,950 tokens");
    }

    function test_nobodyPaysMoreThanItsBond() public {
        penalise(0, Penalty.Hard);
        penalise(0, Penalty.Hard);
        penalise(0, Penalty.Hard); // 10 of 50 are left
        penalise(0, Penalty.Hard);

        assertLost(0, BOND, 0);
    }

    function test_penaltiesAreThoseOfTheGuidelineInForce() public {
        RoundParameters memory milder = defaults();
        milder.softPenalty = 1e18;
        adopt(milder);
        penalise(0, Penalty.Soft);

        assertLost(0, 1e18, 1);
    }

    function test_aNewcomerSurvivesASmallPenalty() public {
        admitAndJoin(STRANGER, BOTH);
        vm.prank(address(rounds));
        membership.penalise(STRANGER, Penalty.Soft);

        assertTrue(membership.isEligible(STRANGER), "still eligible");
    }

    function test_faultPointsStopCountingAt255() public {
        for (uint256 i = 0; i < 260; ++i) penalise(0, Penalty.Silent);

        assertEq(membership.member(founders[0]).faultPoints, 255, "fault points");
    }

    // Suspension.

    function test_theLastFaultPointSuspends() public {
        penalise(0, Penalty.Silent);
        penalise(0, Penalty.Silent);
        assertTrue(membership.isEligible(founders[0]), "with two of three");

        vm.expectEmit();
        emit IMembership.MemberSuspended(founders[0]);
        penalise(0, Penalty.Silent);
        assertFalse(membership.isEligible(founders[0]), "with three");
        rounds.open();
        assertFalse(rounds.isDrawn(founders[0], Role.Trainer), "drawn");
    }

    function test_backAgainClearsTheFaultPoints() public {
        suspend(0);

        vm.expectEmit();
        emit IMembership.MemberListed(founders[0], BOTH);
        resume(0);
        assertEq(membership.member(founders[0]).faultPoints, 0, "fault points");
        rounds.open();
        assertTrue(rounds.isDrawn(founders[0], Role.Trainer), "drawn");
    }

    function test_whoIsNotSuspendedHasNothingToResume() public {
        penalise(0, Penalty.Silent);

        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipNotSuspended.selector, founders[0]));
        resume(0);
    }

    function test_resumingWithoutABondDoesNotBringBack() public {
        penalise(0, Penalty.Hard);
        resume(0);
        assertFalse(membership.member(founders[0]).listed, "listed with 60 of 100");

        vm.prank(founders[0]);
        membership.bond(40e18);
        assertTrue(membership.member(founders[0]).listed, "listed with 100");
    }

    function test_aMissingBondSuspends() public {
        penalise(0, Penalty.Hard);

        assertFalse(membership.member(founders[0]).listed, "listed");
        assertEq(rounds.expectedCount(Role.Trainer), 4, "expected trainers");
    }

    // The floor: three trainers and three validators.

    function test_faultPointsDoNotSuspendBelowTheFloor() public {
        suspend(0);
        suspend(1);
        penalise(2, Penalty.Silent);
        penalise(2, Penalty.Silent);

        vm.expectEmit();
        emit IMembership.SuspensionDeferred(founders[2], 3);
        penalise(2, Penalty.Silent);
        assertTrue(membership.member(founders[2]).listed, "listed");
        assertEq(rounds.expectedCount(Role.Trainer), 3, "expected trainers");
    }

    function test_aMissingBondSuspendsBelowTheFloorToo() public {
        suspend(0);
        suspend(1);
        penalise(2, Penalty.Hard);

        assertEq(rounds.expectedCount(Role.Trainer), 2, "expected trainers");
    }

    function test_theFloorIsThatOfEachRole() public {
        admitAndJoin(STRANGER, 1); // six trainers, five validators
        suspend(0);
        suspend(1);
        assertEq(rounds.expectedCount(Role.Trainer), 4, "one trainer too many");
        assertEq(rounds.expectedCount(Role.Validator), 3, "no validator too many");
        suspend(2);
        assertTrue(membership.member(founders[2]).listed, "a validator stays");
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(address(rounds));
            membership.penalise(STRANGER, Penalty.Silent);
        }

        assertFalse(membership.member(STRANGER).listed, "a trainer goes");
    }

    function test_aDeferredSuspensionComesWithTheNextFaultOnceThereAreEnough() public {
        suspend(0);
        suspend(1);
        suspend(2); // deferred
        resume(0);
        assertTrue(membership.member(founders[2]).listed, "still listed");
        penalise(2, Penalty.Silent);

        assertFalse(membership.member(founders[2]).listed, "listed");
    }

    function test_whoseSuspensionIsDeferredMayClearItsFaultPoints() public {
        suspend(0);
        suspend(1);
        suspend(2); // deferred
        resume(2);

        assertEq(membership.member(founders[2]).faultPoints, 0, "fault points");
        assertTrue(membership.member(founders[2]).listed, "listed");
    }

    function penalise(uint256 i, Penalty penalty) private {
        vm.prank(address(rounds));
        membership.penalise(founders[i], penalty);
    }

    function suspend(uint256 i) private {
        for (uint256 point = 0; point < 3; ++point) penalise(i, Penalty.Silent);
    }

    function resume(uint256 i) private {
        vm.prank(founders[i]);
        membership.resume();
    }

    function assertLost(uint256 i, uint256 burned, uint8 faultPoints) private view {
        Member memory culprit = membership.member(founders[i]);
        assertEq(token.balanceOf(founders[i]), GRANT - burned, "tokens");
        assertEq(culprit.bond, BOND - burned, "bond");
        assertEq(culprit.faultPoints, faultPoints, "fault points");
    }
}
