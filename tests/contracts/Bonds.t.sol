// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {IMembership, Member, Penalty, Status} from "../../contracts/interfaces/IMembership.sol";
import {Federation} from "./Federation.sol";

/// @title Bonds: a lock on a member's own tokens, opened with a delay during which it still answers for old faults.
contract BondsTest is Federation {
    uint256 private constant BOND = 110e18; // what joining bonds: the airdrop
    uint256 private constant DELAY = 1000; // seconds

    function setUp() public {
        deploy(5, defaults());
        joinAll();
    }

    function test_aBondIsALockAndNotATransfer() public {
        bond(0, 1000e18);

        assertEq(membership.bondOf(founders[0]), BOND + 1000e18, "bond");
        assertEq(token.balanceOf(founders[0]), GRANT, "tokens");
        assertEq(token.getVotes(founders[0]), 1e11, "bonded tokens vote");
    }

    function test_nobodyBondsMoreThanIsFree() public {
        expectInsufficient(0, GRANT - BOND + 1, GRANT - BOND);
        bond(0, GRANT - BOND + 1);

        bond(0, GRANT - BOND);
        expectInsufficient(0, 1, 0);
        bond(0, 1);
    }

    function test_bondingNothingIsRefused() public {
        vm.expectRevert(IMembership.MembershipZeroAmount.selector);
        bond(0, 0);
    }

    function test_bondingBackAboveTheMinimumBringsAMemberBack() public {
        requestUnbond(0, 20e18);
        assertFalse(membership.isEligible(founders[0]), "eligible with 90 of 100");
        bond(0, 10e18);

        assertTrue(membership.isEligible(founders[0]), "eligible with 100");
        assertTrue(membership.member(founders[0]).listed, "listed");
    }

    // Asking for it back.

    function test_whatIsUnbondingDoesNotCountForEligibility() public {
        requestUnbond(0, 10e18);
        assertTrue(membership.isEligible(founders[0]), "with exactly the minimum");

        vm.expectEmit();
        emit IMembership.MemberSuspended(founders[0]);
        requestUnbond(0, 1);
        assertFalse(membership.isEligible(founders[0]), "with one wei less");
    }

    function test_nobodyUnbondsMoreThanIsBonded() public {
        requestUnbond(0, 100e18);

        expectInsufficient(0, 10e18 + 1, 10e18);
        requestUnbond(0, 10e18 + 1);
    }

    function test_unbondingNothingIsRefused() public {
        vm.expectRevert(IMembership.MembershipZeroAmount.selector);
        requestUnbond(0, 0);
    }

    function test_theBondIsFreeWhenTheDelayIsOverAndNotBefore() public {
        requestUnbond(0, 60e18);
        uint256 start = block.timestamp;

        vm.warp(start + DELAY - 1);
        expectStillBonded(0, start + DELAY);
        withdraw(0);

        vm.warp(start + DELAY);
        withdraw(0);
        Member memory me = membership.member(founders[0]);
        assertEq(me.bond, BOND - 60e18, "bond");
        assertEq(me.unbonding, 0, "unbonding");
        assertEq(me.unbondableAt, 0, "time");
    }

    function test_aSecondRequestRestartsTheDelayForAll() public {
        requestUnbond(0, 10e18);
        uint256 start = block.timestamp;
        vm.warp(start + DELAY - 1);
        requestUnbond(0, 10e18);

        vm.warp(start + DELAY);
        expectStillBonded(0, start + 2 * DELAY - 1);
        withdraw(0);

        vm.warp(start + 2 * DELAY - 1);
        withdraw(0);
        assertEq(membership.bondOf(founders[0]), BOND - 20e18, "bond");
    }

    function test_withoutARequestThereIsNothingToWithdraw() public {
        vm.warp(block.timestamp + 10 * DELAY);

        expectStillBonded(0, 0);
        withdraw(0);
    }

    function test_nothingIsWithdrawnTwice() public {
        requestUnbond(0, 10e18);
        vm.warp(block.timestamp + DELAY);
        withdraw(0);

        expectStillBonded(0, 0);
        withdraw(0);
    }

    function test_theDelayIsThatOfTheGuidelineWhenItWasAskedFor() public {
        requestUnbond(0, 10e18);
        uint256 start = block.timestamp;
        RoundParameters memory slower = defaults();
        slower.unbondDelay = 100_000;
        adopt(slower);
        vm.warp(start + DELAY);
        withdraw(0);

        assertEq(membership.bondOf(founders[0]), BOND - 10e18, "bond");
    }

    function test_aBondOnItsWayOutStillAnswersForFaults() public {
        requestUnbond(0, BOND);
        penalise(0, Penalty.Hard);

        Member memory culprit = membership.member(founders[0]);
        assertEq(culprit.bond, BOND - 50e18, "bond");
        assertEq(culprit.unbonding, BOND - 50e18, "never more than the bond");
        assertEq(token.balanceOf(founders[0]), GRANT - 50e18, "tokens");
    }

    function test_aPenaltyTakesTheStayingPartFirst() public {
        requestUnbond(0, 40e18);
        penalise(0, Penalty.Hard);

        Member memory culprit = membership.member(founders[0]);
        assertEq(culprit.bond, 60e18, "bond");
        assertEq(culprit.unbonding, 40e18, "unbonding");
    }

    function test_onlyActiveMembersBond() public {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipWrongStatus.selector, STRANGER, Status.None)
        );
        vm.prank(STRANGER);
        membership.bond(1);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipWrongStatus.selector, STRANGER, Status.None)
        );
        vm.prank(STRANGER);
        membership.requestUnbond(1);
    }

    // Moves.

    function bond(uint256 i, uint256 amount) private {
        vm.prank(founders[i]);
        membership.bond(amount);
    }

    function requestUnbond(uint256 i, uint256 amount) private {
        vm.prank(founders[i]);
        membership.requestUnbond(amount);
    }

    function withdraw(uint256 i) private {
        vm.prank(founders[i]);
        membership.withdrawBond();
    }

    function penalise(uint256 i, Penalty penalty) private {
        vm.prank(address(rounds));
        membership.penalise(founders[i], penalty);
    }

    function expectInsufficient(uint256 i, uint256 amount, uint256 available) private {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipInsufficientTokens.selector, founders[i], amount, available)
        );
    }

    function expectStillBonded(uint256 i, uint256 unbondableAt) private {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipStillBonded.selector, founders[i], unbondableAt)
        );
    }
}
