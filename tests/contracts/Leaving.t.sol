// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMembership, Member, Penalty, Status} from "../../contracts/interfaces/IMembership.sol";
import {Phase} from "../../contracts/interfaces/IRoundManager.sol";
import {Role} from "../../contracts/interfaces/IRoster.sol";
import {Federation} from "./Federation.sol";

/// @title Leaving, being voted out, and coming back.
contract LeavingTest is Federation {
    uint256 private constant BOND = 110e18;
    uint256 private constant DELAY = 1000; // seconds

    function setUp() public {
        deploy(5, defaults());
        joinAll();
    }

    function test_whoExitsHasNoVotesAndLeavesTheTotal() public {
        exit(4);
        vm.warp(block.timestamp + 1);

        assertEq(token.getVotes(founders[4]), 0, "votes");
        assertEq(token.getPastTotalSupply(block.timestamp - 1), 4e11, "total of the other four");
        assertEq(token.balanceOf(founders[4]), GRANT, "tokens stay");
    }

    function test_theWholeBondStartsToUnlockOnExit() public {
        exit(4);
        Member memory leaver = membership.member(founders[4]);
        assertEq(leaver.unbonding, BOND, "unbonding");
        assertEq(leaver.unbondableAt, block.timestamp + DELAY, "time");

        vm.warp(block.timestamp + DELAY);
        vm.prank(founders[4]);
        membership.withdrawBond();
        assertEq(membership.bondOf(founders[4]), 0, "bond");
    }

    function test_whoExitsIsNotDrawnFromTheNextRoundOn() public {
        exit(4);
        rounds.open();

        assertEq(rounds.round().seatedTrainers, 4, "trainers");
        assertFalse(rounds.isDrawn(founders[4], Role.Trainer), "drawn");
    }

    function test_whoExitsDuringARoundStillOwesItsPart() public {
        rounds.open();
        commitAll(5);
        exit(4);
        assertTrue(rounds.isDrawn(founders[4], Role.Trainer), "drawn");
        revealAll(4);
        pass(Phase.Reveal);
        pass(Phase.Vouch); // nobody vouches: the round fails, after REVEAL
        rounds.settle(founders[4]);

        assertEq(membership.bondOf(founders[4]), BOND - 5e18, "bond: it committed and did not reveal");
    }

    function test_onlyActiveMembersExit() public {
        exit(4);

        expectWrongStatus(founders[4], Status.Exited);
        exit(4);
    }

    // Being voted out.

    function test_whoIsExpelledHasNoVotesAndItsBondUnlocks() public {
        expel(founders[4]);

        assertEq(token.getVotes(founders[4]), 0, "votes");
        Member memory leaver = membership.member(founders[4]);
        assertTrue(leaver.status == Status.Expelled, "status");
        assertEq(leaver.unbonding, BOND, "unbonding");
        assertFalse(leaver.listed, "listed");
    }

    function test_anAdmissionCanBeTakenBack() public {
        admit(STRANGER);
        expel(STRANGER);

        expectWrongStatus(STRANGER, Status.Expelled);
        vm.prank(STRANGER);
        membership.join(0, BOTH);
    }

    function test_whoWasPaidWithoutEverJoiningCanBeVotedOutOfItsVotes() public {
        vm.prank(address(rounds));
        token.mintEarned(STRANGER, 100e18);
        assertEq(token.getVotes(STRANGER), 1e10, "votes");
        admit(STRANGER);
        expel(STRANGER);

        assertEq(token.getVotes(STRANGER), 0, "votes");
    }

    function test_onlyMembersAndTheAdmittedAreExpelled() public {
        expectWrongStatus(STRANGER, Status.None);
        expel(STRANGER);

        exit(4);
        expectWrongStatus(founders[4], Status.Exited);
        expel(founders[4]);
    }

    function test_whoIsExpelledHasNoSayAnyMore() public {
        expel(founders[4]);

        vm.startPrank(founders[4]);
        expectWrongStatus(founders[4], Status.Expelled);
        membership.exit();
        expectWrongStatus(founders[4], Status.Expelled);
        membership.resume();
        expectWrongStatus(founders[4], Status.Expelled);
        membership.setEncryptionKey(0);
        expectWrongStatus(founders[4], Status.Expelled);
        membership.join(0, BOTH);
        vm.stopPrank();
    }

    // Coming back.

    function test_whoComesBackKeepsItsIdAndVotesAgain() public {
        uint32 id = membership.member(founders[4]).id;
        exit(4);
        comeBack(4, 1);

        Member memory back = membership.member(founders[4]);
        assertEq(back.id, id, "id");
        assertEq(back.roles, 1, "roles may change");
        assertEq(membership.memberCount(), 5, "members");
        assertEq(token.getVotes(founders[4]), 1e11, "votes");
    }

    function test_nobodyGetsASecondAirdrop() public {
        admitAndJoin(STRANGER, BOTH);
        vm.prank(STRANGER);
        membership.exit();
        admitAndJoin(STRANGER, BOTH);
        assertEq(token.balanceOf(STRANGER), defaults().airdrop, "tokens of a newcomer");

        exit(4);
        comeBack(4, BOTH);
        assertEq(token.balanceOf(founders[4]), GRANT, "tokens of a founder");
    }

    function test_whatWasOnItsWayOutStaysIn() public {
        exit(4);
        comeBack(4, BOTH);

        Member memory back = membership.member(founders[4]);
        assertEq(back.bond, BOND, "bond");
        assertEq(back.unbonding, 0, "unbonding");
        assertTrue(membership.isEligible(founders[4]), "eligible");
    }

    function test_whatWasWithdrawnIsBondedAgain() public {
        exit(4);
        vm.warp(block.timestamp + DELAY);
        vm.prank(founders[4]);
        membership.withdrawBond();
        comeBack(4, BOTH);

        assertEq(membership.bondOf(founders[4]), BOND, "bond");
    }

    function test_aLargerBondStaysAsItIs() public {
        vm.prank(founders[4]);
        membership.bond(1000e18);
        exit(4);
        comeBack(4, BOTH);

        assertEq(membership.bondOf(founders[4]), BOND + 1000e18, "bond");
    }

    function test_whoHasLessThanAnAirdropBondsWhatThereIs() public {
        admitAndJoin(STRANGER, BOTH);
        vm.prank(address(rounds));
        membership.penalise(STRANGER, Penalty.Hard);
        vm.prank(STRANGER);
        membership.exit();
        vm.warp(block.timestamp + DELAY);
        vm.prank(STRANGER);
        membership.withdrawBond();
        admitAndJoin(STRANGER, BOTH);

        assertEq(membership.bondOf(STRANGER), BOND - 50e18, "bond");
        assertFalse(membership.isEligible(STRANGER), "eligible");
    }

    function test_faultPointsAreNotForgotten() public {
        rounds.open();
        pass(Phase.Commit);
        rounds.reportSilence(1, founders[4], Role.Trainer);
        exit(4);
        comeBack(4, BOTH);

        assertEq(membership.member(founders[4]).faultPoints, 1, "fault points");
    }

    function test_whoLeavesAndComesBackBetweenRoundsKeepsItsSeat() public {
        exit(4);
        comeBack(4, BOTH);
        assertEq(rounds.queuedChanges(), 1, "one change: the last wish counts");
        rounds.open();

        assertEq(rounds.seatOf(founders[4], Role.Trainer).index, 5, "trainer seat");
        assertEq(rounds.seatOf(founders[4], Role.Validator).index, 5, "validator seat");
    }

    function test_whoComesBackWithFewerRolesLosesTheOtherSeat() public {
        exit(0);
        comeBack(0, 2);
        rounds.applyRosterChanges();

        assertEq(rounds.seatOf(founders[0], Role.Trainer).index, 0, "trainer seat");
        assertEq(rounds.seatOf(founders[4], Role.Trainer).index, 1, "the last one moved into the gap");
        assertEq(rounds.seatOf(founders[0], Role.Validator).index, 1, "validator seat");
    }

    function comeBack(uint256 i, uint8 roles) private {
        admitAndJoin(founders[i], roles);
    }

    function exit(uint256 i) private {
        vm.prank(founders[i]);
        membership.exit();
    }

    function expel(address account) private {
        vm.prank(address(timelock));
        membership.expel(account);
    }

    function expectWrongStatus(address account, Status status) private {
        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipWrongStatus.selector, account, status));
    }
}
