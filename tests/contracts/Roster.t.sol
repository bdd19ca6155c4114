// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRoundManager} from "../../contracts/interfaces/IRoundManager.sol";
import {IRoster, Role} from "../../contracts/interfaces/IRoster.sol";
import {Federation} from "./Federation.sol";

/// @title The lists of seats: changed between rounds, in the order of asking, and consistent whatever is asked.
/// @dev This test speaks for the membership.
contract RosterTest is Federation {
    uint256 private constant ACCOUNTS = 7;

    uint8[ACCOUNTS] private wishes;

    function setUp() public {
        deploy(1, defaults());
    }

    function test_changesWaitForTheRoundToEnd() public {
        for (uint160 i = 1; i <= 3; ++i) wish(address(i), BOTH);
        rounds.open();
        wish(address(4), BOTH);
        wish(address(1), 0);

        vm.expectRevert(abi.encodeWithSelector(IRoster.RosterFrozen.selector, 1));
        rounds.applyRosterChanges();
        assertEq(rounds.seatedCount(Role.Trainer), 3, "seated");
        assertEq(rounds.expectedCount(Role.Trainer), 3, "expected");
        vm.warp(rounds.round().endsAt);
        rounds.applyRosterChanges();
        assertEq(rounds.seatOf(address(1), Role.Trainer).index, 0, "seat of the first");
        assertEq(rounds.seatOf(address(4), Role.Trainer).index, 1, "seat of the fourth, who was the last");
    }

    function test_beforeTheFirstRoundNobodyWasSilent() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerNotSilent.selector, 0, address(1), Role.Trainer)
        );
        rounds.reportSilence(0, address(1), Role.Trainer);
    }

    function test_atMost32ChangesAreAppliedInOneCall() public {
        for (uint160 i = 1; i <= 40; ++i) wish(address(i), 1);
        rounds.applyRosterChanges();
        assertEq(rounds.seatedCount(Role.Trainer), 32, "seated");
        assertEq(rounds.queuedChanges(), 8, "waiting");

        rounds.applyRosterChanges();
        assertEq(rounds.seatedCount(Role.Trainer), 40, "seated");
    }

    function test_nobodyFillsTheQueueForOthers() public {
        for (uint256 i = 0; i < 10; ++i) {
            wish(address(1), BOTH);
            wish(address(1), 0);
        }

        assertEq(rounds.queuedChanges(), 1, "waiting");
    }

    function test_aListIsReadInPages() public {
        for (uint160 i = 1; i <= 5; ++i) wish(address(i), 2);
        rounds.applyRosterChanges();

        address[] memory page = rounds.seated(Role.Validator, 3, 10);
        assertEq(page.length, 2, "length");
        assertEq(page[0], address(4), "fourth");
        assertEq(rounds.seated(Role.Validator, 5, 10).length, 0, "beyond the end");
        assertEq(rounds.seated(Role.Validator, 0, 2).length, 2, "limit");
    }

    function test_noRoundOpensWithTooFewValidators() public {
        for (uint160 i = 1; i <= 4; ++i) wish(address(i), i < 3 ? BOTH : 1);

        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerTooFewSeated.selector, Role.Validator, 2, 3)
        );
        rounds.open();
    }

    /// Once the queue is empty, exactly those sit in a role who asked for it last, each on one seat that knows its place.
    /// forge-config: default.fuzz.runs = 128
    /// forge-config: deep.fuzz.runs = 2000
    function testFuzz_theListsHoldWhoAskedLast(uint256[40] memory moves) public {
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 who = (moves[i] >> 8) % ACCOUNTS;
            uint8 roles = uint8((moves[i] >> 16) % 4);
            if (moves[i] % 5 == 0) rounds.applyRosterChanges();
            else wish(account(who), wishes[who] = roles);
            checkSeats(Role.Trainer);
            checkSeats(Role.Validator);
        }
        rounds.applyRosterChanges();

        checkWishes(Role.Trainer);
        checkWishes(Role.Validator);
    }

    function checkSeats(Role role) private view {
        address[] memory all = rounds.seated(role, 0, 100);
        assertEq(all.length, rounds.seatedCount(role), "seated");
        uint256 wanted;
        uint256 sitting;
        for (uint256 i = 0; i < all.length; ++i) assertEq(rounds.seatOf(all[i], role).index, i + 1, "index");
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (wants(i, role)) ++wanted;
            if (rounds.seatOf(account(i), role).index != 0) ++sitting;
        }
        assertEq(sitting, all.length, "accounts with a seat");
        assertEq(rounds.expectedCount(role), wanted, "expected");
    }

    function checkWishes(Role role) private view {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            assertTrue((rounds.seatOf(account(i), role).index != 0) == wants(i, role), "sits where it asked to");
        }
    }

    function wants(uint256 i, Role role) private view returns (bool) {
        return (wishes[i] >> uint8(role)) & 1 != 0;
    }

    function wish(address account_, uint8 roles) private {
        vm.prank(address(membership));
        if (roles == 0) rounds.delist(account_);
        else rounds.enlist(account_, roles);
    }

    function account(uint256 i) private pure returns (address) {
        return address(uint160(i + 1));
    }
}
