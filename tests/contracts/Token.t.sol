// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContributionToken} from "../../contracts/ContributionToken.sol";
import {IContributionToken} from "../../contracts/interfaces/IContributionToken.sol";
import {Test} from "./Test.sol";

/// @title The contribution token by itself: tokens that vote by their square root, and cannot be moved.
/// @dev This test is the token's membership. What is earned in rounds comes through the round manager: see `Rewards.t.sol`.
contract TokenTest is Test {
    address private constant ROUNDS = address(0x40D5);
    address private constant ALICE = address(0xA);
    address private constant BOB = address(0xB);

    ContributionToken private token;

    function setUp() public {
        vm.warp(1_700_000_000);
        token = new ContributionToken("Contribution", "CTB", ROUNDS, address(this));
    }

    function test_votesAreTheSquareRootOfTheVotingTokens() public {
        token.mintGrant(ALICE, 10_000e18);

        assertEq(token.balanceOf(ALICE), 10_000e18, "tokens");
        assertEq(token.getVotes(ALICE), 1e11, "votes");
        assertEq(token.votingUnitsOf(ALICE), 1e11, "units");
        assertEq(token.votingTokensOf(ALICE), 10_000e18, "tokens that vote");
    }

    function test_twiceTheTokensIsNotTwiceTheVotes() public {
        token.mintGrant(ALICE, 10_000e18);
        token.mintGrant(ALICE, 10_000e18);

        assertEq(token.getVotes(ALICE), 141_421_356_237, "1.41 times the votes, rounded down");
    }

    function test_unitsAreRoundedDown() public {
        token.mintGrant(ALICE, 8);

        assertEq(token.getVotes(ALICE), 2, "of 2.8");
    }

    function test_anAirdropDoesNotVote() public {
        token.mintAirdrop(ALICE, 100e18);

        assertEq(token.balanceOf(ALICE), 100e18, "tokens");
        assertEq(token.votingUnitsOf(ALICE), 0, "units");
        assertEq(totalUnits(), 0, "total");
    }

    function test_aGrantIsNotEarned() public {
        token.mintGrant(ALICE, 100e18);

        assertEq(token.earnedOf(ALICE), 0, "earned");
    }

    // Nothing moves.

    function test_nobodyCanTransfer() public {
        token.mintGrant(ALICE, 100e18);

        expectNonTransferable(ALICE, BOB, 1e18);
        vm.prank(ALICE);
        token.transfer(BOB, 1e18);
    }

    function test_notEvenNothingCanBeTransferred() public {
        expectNonTransferable(ALICE, BOB, 0);
        vm.prank(ALICE);
        token.transfer(BOB, 0);
    }

    function test_anAllowanceMovesNothing() public {
        token.mintGrant(ALICE, 100e18);
        vm.prank(ALICE);
        token.approve(BOB, 100e18);

        expectNonTransferable(ALICE, BOB, 1e18);
        vm.prank(BOB);
        token.transferFrom(ALICE, BOB, 1e18);
    }

    // Burns.

    function test_aBurnTakesTheUnitsAlong() public {
        token.mintGrant(ALICE, 10_000e18);
        token.burn(ALICE, 1900e18);

        assertEq(token.balanceOf(ALICE), 8100e18, "tokens");
        assertEq(token.getVotes(ALICE), 9e10, "votes");
        assertEq(totalUnits(), 9e10, "total");
    }

    function test_aBurnTakesVotingTokensFirst() public {
        token.mintAirdrop(ALICE, 100e18);
        token.mintGrant(ALICE, 100e18);
        token.burn(ALICE, 100e18);

        assertEq(token.balanceOf(ALICE), 100e18, "the airdrop is left");
        assertEq(token.getVotes(ALICE), 0, "votes");
    }

    function test_aBurnBeyondTheVotingTokensTakesTheAirdrop() public {
        token.mintAirdrop(ALICE, 100e18);
        token.mintGrant(ALICE, 100e18);
        token.burn(ALICE, 150e18);

        assertEq(token.balanceOf(ALICE), 50e18, "half of the airdrop is left");
        assertEq(token.votingTokensOf(ALICE), 0, "tokens that vote");
    }

    function test_aBurnTakesVotesFromTheDelegate() public {
        token.mintGrant(ALICE, 10_000e18);
        vm.prank(ALICE);
        token.delegate(BOB);
        token.burn(ALICE, 1900e18);

        assertEq(token.getVotes(BOB), 9e10, "votes of the delegate");
    }

    function test_nobodyCanBurnMoreThanThereIs() public {
        token.mintGrant(ALICE, 1e18);

        vm.expectRevert();
        token.burn(ALICE, 1e18 + 1);
    }

    // Leaving and coming back.

    function test_whoIsRetiredLeavesTheTotalAndKeepsTheTokens() public {
        token.mintGrant(ALICE, 10_000e18);
        token.mintGrant(BOB, 100e18);

        vm.expectEmit();
        emit IContributionToken.AccountRetired(ALICE, 1e11);
        token.retire(ALICE);

        assertEq(token.balanceOf(ALICE), 10_000e18, "tokens");
        assertEq(token.getVotes(ALICE), 0, "votes");
        assertEq(totalUnits(), 1e10, "total: only the other's");
    }

    function test_retiringTwiceChangesNothing() public {
        token.mintGrant(ALICE, 10_000e18);
        token.mintGrant(BOB, 10_000e18);
        token.retire(ALICE);
        token.retire(ALICE);

        assertEq(totalUnits(), 1e11, "total");
    }

    function test_whoIsReinstatedVotesAgain() public {
        token.mintGrant(ALICE, 10_000e18);
        token.retire(ALICE);

        vm.expectEmit();
        emit IContributionToken.AccountReinstated(ALICE, 1e11);
        token.reinstate(ALICE);
        token.reinstate(ALICE);

        assertEq(token.getVotes(ALICE), 1e11, "votes, once");
        assertEq(totalUnits(), 1e11, "total, once");
    }

    function test_whatComesAndGoesInRetirementCountsFromReinstatementOn() public {
        token.mintGrant(ALICE, 10_000e18);
        token.retire(ALICE);
        token.mintGrant(ALICE, 10_000e18);
        token.burn(ALICE, 3600e18);
        assertEq(totalUnits(), 0, "total while retired");
        token.reinstate(ALICE);

        assertEq(token.getVotes(ALICE), 128_062_484_748, "votes: the root of 16,400 tokens");
    }

    function test_theDelegateIsRememberedThroughRetirement() public {
        token.mintGrant(ALICE, 10_000e18);
        vm.prank(ALICE);
        token.delegate(BOB);
        token.retire(ALICE);
        assertEq(token.getVotes(BOB), 0, "the delegate's votes meanwhile");
        token.reinstate(ALICE);

        assertEq(token.getVotes(BOB), 1e11, "the delegate's votes");
    }

    // Delegation.

    function test_theFirstTokenDelegatesToItsHolder() public {
        token.mintAirdrop(ALICE, 1);

        assertEq(token.delegates(ALICE), ALICE, "delegate");
    }

    function test_theHoldersChoiceOutlivesLaterTokens() public {
        token.mintAirdrop(ALICE, 1);
        vm.prank(ALICE);
        token.delegate(BOB);
        token.mintGrant(ALICE, 10_000e18);

        assertEq(token.delegates(ALICE), BOB, "delegate");
        assertEq(token.getVotes(BOB), 1e11, "votes");
        assertEq(token.getVotes(ALICE), 0, "own votes");
    }

    function test_whoDelegatesToNobodyStaysInTheTotal() public {
        token.mintGrant(ALICE, 10_000e18);
        vm.prank(ALICE);
        token.delegate(address(0));
        token.mintGrant(ALICE, 10_000e18);

        assertEq(token.delegates(ALICE), address(0), "delegate");
        assertEq(totalUnits(), 141_421_356_237, "total");
    }

    // The clock.

    function test_pastVotesAreThoseOfThatSecond() public {
        token.mintGrant(ALICE, 10_000e18);
        uint256 before = block.timestamp;
        vm.warp(before + 10);
        token.burn(ALICE, 10_000e18);
        vm.warp(before + 20);

        assertEq(token.getPastVotes(ALICE, before), 1e11, "before the burn");
        assertEq(token.getPastVotes(ALICE, before + 9), 1e11, "just before the burn");
        assertEq(token.getPastVotes(ALICE, before + 10), 0, "at the burn");
        assertEq(token.getPastTotalSupply(before + 9), 1e11, "total before");
    }

    function test_theClockCountsSeconds() public view {
        assertEq(token.clock(), block.timestamp, "clock");
        assertEq(keccak256(bytes(token.CLOCK_MODE())), keccak256("mode=timestamp"), "its description");
    }

    function totalUnits() private returns (uint256) {
        vm.warp(block.timestamp + 1);
        return token.getPastTotalSupply(block.timestamp - 1);
    }

    function expectNonTransferable(address from, address to, uint256 value) private {
        vm.expectRevert(
            abi.encodeWithSelector(IContributionToken.ContributionTokenNonTransferable.selector, from, to, value)
        );
    }
}
