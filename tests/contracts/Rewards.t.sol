// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {IRoundManager, Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Federation} from "./Federation.sol";

/// @title Claims: what a ledger says an account has earned, minted once, one round late, within the budget.
/// @dev Every ledger here has two entries, of the first and the second founder.
contract RewardsTest is Federation {
    uint256 private constant BUDGET = 1000e18;

    function setUp() public {
        deploy(5, defaults());
        joinAll();
    }

    function test_aRootIsClaimableOnceTheNextRoundHasFinalised() public {
        playRoundPaying(600e18, 400e18);
        expectNotYet(1, 1);
        rounds.rootOf(1);
        expectNotYet(1, 1);
        claim(0, 600e18, 400e18, 1);

        playRoundPaying(600e18, 400e18);
        claim(0, 600e18, 400e18, 1);
        assertEq(token.balanceOf(founders[0]), GRANT + 600e18, "tokens");
        assertEq(token.earnedOf(founders[0]), 600e18, "earned");
    }

    function test_aFailedRoundMakesNothingClaimable() public {
        playRoundPaying(600e18, 400e18);
        failRound();

        expectNotYet(1, 1);
        claim(0, 600e18, 400e18, 1);
    }

    function test_whatIsEarnedVotes() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(600e18, 400e18);
        claim(0, 600e18, 400e18, 1);

        assertEq(token.getVotes(founders[0]), 102_956_301_409, "the root of 10,600 tokens");
    }

    function test_anybodyMayClaimForAnybodyAndTheAccountIsPaid() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(600e18, 400e18);

        vm.expectEmit();
        emit IRoundManager.RewardClaimed(founders[1], 400e18, 400e18);
        vm.prank(STRANGER);
        rounds.claim(founders[1], 400e18, proofFor(leafOf(founders[0], 600e18)), 1);
        assertEq(token.balanceOf(founders[1]), GRANT + 400e18, "tokens of the account");
        assertEq(token.balanceOf(STRANGER), 0, "tokens of the sender");
    }

    function test_nothingIsPaidTwice() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(600e18, 400e18);
        claim(0, 600e18, 400e18, 1);

        expectNothing(0, 600e18, 600e18);
        claim(0, 600e18, 400e18, 1);
    }

    function test_oneClaimCoversManyRounds() public {
        for (uint256 i = 1; i <= 12; ++i) playRoundPaying(i * 600e18, i * 400e18);
        claim(0, 11 * 600e18, 11 * 400e18, 11);

        assertEq(token.earnedOf(founders[0]), 6600e18, "earned");
    }

    function test_aClaimPaysTheDifferenceToTheLastOne() public {
        for (uint256 i = 1; i <= 4; ++i) playRoundPaying(i * 600e18, i * 400e18);
        claim(0, 600e18, 400e18, 1);
        claim(0, 1800e18, 1200e18, 3);
        assertEq(token.earnedOf(founders[0]), 1800e18, "earned");

        expectNothing(0, 1200e18, 1800e18);
        claim(0, 1200e18, 800e18, 2);
    }

    function test_aLedgerThatWasLoweredPaysNothingAndTakesNothing() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(100e18, 1900e18);
        playRoundPaying(100e18, 1900e18);
        claim(0, 600e18, 400e18, 1);

        expectNothing(0, 100e18, 600e18);
        claim(0, 100e18, 1900e18, 2);
    }

    // Proofs.

    function test_aFalseAmountIsRefused() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(600e18, 400e18);

        bytes32[] memory proof = proofFor(leafOf(founders[1], 400e18));
        expectFalseProof(1, founders[0], 600e18 + 1);
        rounds.claim(founders[0], 600e18 + 1, proof, 1);
    }

    function test_aProofOfAnotherRoundIsRefused() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(1200e18, 800e18);
        playRoundPaying(1800e18, 1200e18);

        expectFalseProof(2, founders[0], 600e18);
        claim(0, 600e18, 400e18, 2);
    }

    function test_aProofOfAnotherAccountIsRefused() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(600e18, 400e18);

        bytes32[] memory proof = proofFor(leafOf(founders[1], 400e18));
        expectFalseProof(1, STRANGER, 600e18);
        rounds.claim(STRANGER, 600e18, proof, 1);
    }

    function test_anInnerNodeIsNotALeaf() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(600e18, 400e18);

        expectFalseProof(1, founders[0], 600e18);
        rounds.claim(founders[0], 600e18, new bytes32[](0), 1);
    }

    // The ring of roots.

    function test_theLastSevenRootsBeforeTheNewestAreKept() public {
        for (uint256 i = 1; i <= 10; ++i) playRoundPaying(i * 600e18, i * 400e18);

        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerOldRoot.selector, 2, 3));
        claim(0, 1200e18, 800e18, 2);
        for (uint256 i = 3; i <= 9; ++i) {
            assertEq(rounds.rootOf(uint32(i)), rootPaying(i * 600e18, i * 400e18), "root");
        }
        expectNotYet(10, 10);
        rounds.rootOf(10);
    }

    function test_thereIsNoRootBeforeTheFirst() public {
        expectNotYet(0, 0);
        rounds.rootOf(0);

        playRoundPaying(600e18, 400e18);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerOldRoot.selector, 0, 1));
        rounds.rootOf(0);
    }

    function test_ordinalsCountFinalisedRoundsOnly() public {
        playRoundPaying(600e18, 400e18);
        failRound();
        failRound();
        playRoundPaying(1200e18, 800e18);

        assertEq(rounds.latest().ordinal, 2, "ordinal");
        assertEq(rounds.latest().round, 4, "round");
        assertEq(rounds.rootOf(1), rootPaying(600e18, 400e18), "root");
    }

    // The budget.

    function test_allClaimsTogetherStayWithinTheBudgetsOfFinalisedRounds() public {
        playRoundPaying(2000e18, 1); // two budgets in the first round
        failRound();
        playRoundPaying(2000e18, 1);
        claim(0, 2000e18, 1, 1);

        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerBudgetExceeded.selector, 1, 0));
        claim(1, 2000e18, 1, 1);
        (uint128 mintable, uint128 minted) = rounds.minting();
        assertEq(mintable, 2 * BUDGET, "mintable");
        assertEq(minted, 2 * BUDGET, "minted");
    }

    function test_aFalseLedgerCannotMintMoreThanTheBudget() public {
        playRoundPaying(1_000_000e18, 1);
        playRoundPaying(1_000_000e18, 1);

        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerBudgetExceeded.selector, 1_000_000e18, 2 * BUDGET)
        );
        claim(0, 1_000_000e18, 1, 1);
    }

    function test_theBudgetIsThatOfTheVersionTheRoundRanUnder() public {
        rounds.open();
        RoundParameters memory larger = defaults();
        larger.budget = 3000e18;
        adopt(larger);
        finishRoundPaying(600e18, 400e18);
        (uint128 mintable,) = rounds.minting();
        assertEq(mintable, 1000e18, "after the first round");

        playRoundPaying(600e18, 400e18);
        (mintable,) = rounds.minting();
        assertEq(mintable, 4000e18, "after the second round");
    }

    // Those who left or were punished.

    function test_whoHasLeftIsPaidAndDoesNotVote() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(600e18, 400e18);
        vm.prank(founders[0]);
        membership.exit();
        claim(0, 600e18, 400e18, 1);

        assertEq(token.balanceOf(founders[0]), GRANT + 600e18, "tokens");
        assertEq(token.getVotes(founders[0]), 0, "votes");
    }

    function test_whatWasBurnedStaysClaimed() public {
        playRoundPaying(600e18, 400e18);
        playRoundPaying(600e18, 400e18);
        claim(0, 600e18, 400e18, 1);
        vm.prank(address(membership));
        token.burn(founders[0], GRANT + 600e18);

        expectNothing(0, 600e18, 600e18);
        claim(0, 600e18, 400e18, 1);
    }

    // Moves.

    function playRoundPaying(uint256 first, uint256 second) private {
        rounds.open();
        finishRoundPaying(first, second);
    }

    function finishRoundPaying(uint256 first, uint256 second) private {
        Result memory result = goodResult(5);
        result.ledgerRoot = rootPaying(first, second);
        playUntilDisclose(5, 5, result);
        discloseAll(5, result);
        rounds.finalise(rounds.round().number, result);
    }

    /// @dev Claims for founder `i` under the ledger of these two entries.
    function claim(uint256 i, uint256 first, uint256 second, uint32 ordinal) private {
        bytes32 sibling = i == 0 ? leafOf(founders[1], second) : leafOf(founders[0], first);
        rounds.claim(founders[i], i == 0 ? first : second, proofFor(sibling), ordinal);
    }

    function rootPaying(uint256 first, uint256 second) private view returns (bytes32) {
        return pairHash(leafOf(founders[0], first), leafOf(founders[1], second));
    }

    function proofFor(bytes32 sibling) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = sibling;
    }

    function expectNotYet(uint32 ordinal, uint32 latest) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerNotYetClaimable.selector, ordinal, latest)
        );
    }

    function expectNothing(uint256 i, uint256 cumulative, uint256 claimed) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManagerNothingToClaim.selector, founders[i], cumulative, claimed
            )
        );
    }

    function expectFalseProof(uint32 ordinal, address account, uint256 cumulative) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerFalseProof.selector, ordinal, account, cumulative)
        );
    }
}
