// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMembership, Member, Penalty} from "../../contracts/interfaces/IMembership.sol";
import {IRoundManager, Latest, Phase, Result, Round} from "../../contracts/interfaces/IRoundManager.sol";
import {Progress, Role} from "../../contracts/interfaces/IRoster.sol";
import {Federation} from "./Federation.sol";

/// @title A round of five members, told from open to finalised, and everything that can go wrong on the way.
contract RoundTest is Federation {
    function setUp() public {
        deploy(5, defaults());
        joinAll();
    }

    function test_everyPhaseEndsEarlyOnceEverybodyDrawnHasActed() public {
        rounds.open();
        Result memory result = goodResult(5);

        commitAll(5);
        assertPhase(Phase.Reveal);
        revealAll(5);
        assertPhase(Phase.Vouch);
        vouchAll(5, 31);
        assertPhase(Phase.Attest);
        attestAll(5, result);
        assertPhase(Phase.Disclose);
        discloseAll(4, result);
        rounds.finalise(1, result);

        assertPhase(Phase.Finalised);
        Latest memory latest = rounds.latest();
        assertEq(latest.ordinal, 1, "ordinal");
        assertEq(latest.state.digest, result.state.digest, "state");
    }

    function test_aPhaseBeginsWithTheLastActOfTheOneBeforeWheneverItsFirstActIs() public {
        rounds.open();
        commitAll(4);
        vm.warp(block.timestamp + 10);
        commit(4, 1);
        uint256 committed = block.timestamp;
        vm.warp(committed + 60);
        assertEq(rounds.round().endsAt, committed + 100, "before anybody revealed");
        revealAll(4);
        assertEq(rounds.round().endsAt, committed + 100, "and after");
        pass(Phase.Reveal);
        vm.warp(block.timestamp + 60);
        vouchAll(5, 15);

        assertPhase(Phase.Attest);
        assertEq(rounds.round().endsAt, block.timestamp + 100, "from the last voucher on");
        vm.warp(block.timestamp + 100);
        assertPhase(Phase.Failed);
        assertTrue(rounds.round().endedIn == Phase.Attest, "nobody attested");
    }

    function test_theNextRoundStartsFromTheFinalisedState() public {
        assertEq(openAndRead().base.digest, cid("genesis").digest, "genesis");
        rollToEnd();
        Result memory result = playRound(5, 5);

        assertEq(openAndRead().base.digest, result.state.digest, "state of the last round");
    }

    function test_aRoundWithTooFewCommitmentsFailsByTheClockAlone() public {
        rounds.open();
        commitAll(2);
        pass(Phase.Commit);

        assertPhase(Phase.Failed);
        rounds.open();
        assertEq(rounds.round().number, 2, "the next one opened");
    }

    function test_aRoundWithTooFewVouchersFails() public {
        rounds.open();
        commitAll(5);
        revealAll(5);
        vouchAll(3, 31); // two thirds of five are four
        pass(Phase.Vouch);

        assertPhase(Phase.Failed);
        assertTrue(rounds.round().endedIn == Phase.Vouch, "in VOUCH");
    }

    function test_aRoundWithoutAgreementFailsAtTheDeadline() public {
        rounds.open();
        Result memory result = goodResult(5);
        playUntilDisclose(5, 5, result);
        discloseAll(3, result);
        pass(Phase.Disclose);

        assertPhase(Phase.Failed);
    }

    function test_anAgreedResultCanBeFinalisedAfterTheDeadline() public {
        rounds.open();
        Result memory result = goodResult(5);
        playUntilDisclose(5, 5, result);
        discloseAll(4, result);
        vm.warp(rounds.round().endsAt + 1 days);

        assertPhase(Phase.Disclose);
        rounds.finalise(1, result);
        assertPhase(Phase.Finalised);
    }

    function test_tooFewWellFormedUpdatesFailTheRoundButPenaltiesStand() public {
        rounds.open();
        Result memory result = goodResult(5);
        result.malformed = 7; // slots 0, 1, 2
        playUntilDisclose(5, 5, result);
        discloseAll(5, result);
        rounds.finalise(1, result);

        assertPhase(Phase.Failed);
        rounds.settle(founders[0]);
        assertBurned(0, 50e18);
    }

    function test_revealMustOpenTheCommitment() public {
        rounds.open();
        commitAll(5);

        vm.prank(founders[0]);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerRevealMismatch.selector, 1, founders[0]));
        rounds.reveal(1, updateOf(0, 1), 101, salt(0));
    }

    function test_nobodyCommitsTwiceOrAfterThePhase() public {
        rounds.open();
        commit(0, 1);

        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerAlreadyDone.selector, 1, founders[0]));
        vm.prank(founders[0]);
        rounds.commit(1, bytes24(uint192(1)));

        commit(1, 1);
        commit(2, 1);
        pass(Phase.Commit);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerWrongPhase.selector, 1, Phase.Reveal, Phase.Commit)
        );
        vm.prank(founders[3]);
        rounds.commit(1, bytes24(uint192(1)));
    }

    function test_aStrangerIsNotDrawn() public {
        rounds.open();

        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerNotDrawn.selector, 1, STRANGER, Role.Trainer)
        );
        vm.prank(STRANGER);
        rounds.commit(1, bytes24(uint192(1)));
    }

    function test_vouchingForUpdatesThatWereNotRevealedIsRefused() public {
        rounds.open();
        commitAll(4);
        pass(Phase.Commit);
        revealAll(4);

        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerUnknownSlots.selector, 16, 4));
        vm.prank(founders[0]);
        rounds.vouch(1, 16);
    }

    function test_aValidatorWhoDidNotVouchMayAttest() public {
        rounds.open();
        commitAll(5);
        revealAll(5);
        vouchAll(4, 31);
        pass(Phase.Vouch);
        Result memory result = goodResult(5);
        attestAll(5, result);

        assertPhase(Phase.Disclose);
        assertEq(rounds.seatOf(founders[4], Role.Validator).slot, 4, "slot");
    }

    // Penalties, each settled inside the next round's first call.

    function test_committedButNotRevealedCostsALittle() public {
        rounds.open();
        commitAll(5);
        revealAll(4);
        pass(Phase.Reveal);
        Result memory result = goodResult(4);
        vouchAll(5, 15);
        attestAll(5, result);
        discloseAll(5, result);
        rounds.finalise(1, result);
        rounds.open();
        commitAll(5);

        assertBurned(4, 5e18);
        assertBurned(0, 0);
        assertEq(membership.member(founders[4]).faultPoints, 1, "a fault point");
    }

    function test_notRevealingInARoundThatFailedBeforeRevealCostsNothing() public {
        rounds.open();
        commitAll(2);
        pass(Phase.Commit);
        rounds.open();
        commitAll(2);

        assertBurned(0, 0);
    }

    function test_aConflictingResultCostsMuch() public {
        rounds.open();
        Result memory result = goodResult(5);
        Result memory lie = goodResult(5);
        lie.ledgerRoot = bytes32("mine");
        playUntilDisclose(5, 4, result);
        vm.warp(rounds.round().endsAt);
        rounds.open();
        commitAll(5);
        revealAll(5);
        vouchAll(5, 31);
        attestAll(4, result);
        attest(4, 2, lie);
        discloseAll(4, result);
        disclose(4, 2, lie);
        rounds.finalise(2, result);
        rounds.settle(founders[4]);

        assertBurned(4, 50e18);
    }

    function test_anUpdateThatWasNotIncludedCostsALittleAndAFalseVouchToo() public {
        rounds.open();
        Result memory result = goodResult(5);
        result.included = 15;
        result.falseVouchers = 1 << 3;
        playUntilDisclose(5, 5, result);
        discloseAll(5, result);
        rounds.finalise(1, result);
        rounds.settle(founders[3]);
        rounds.settle(founders[4]);

        assertBurned(3, 5e18);
        assertBurned(4, 5e18);
    }

    function test_vouchedButNotDisclosedCostsALittle() public {
        rounds.open();
        commitAll(5);
        revealAll(5);
        vouchAll(5, 31);
        Result memory result = goodResult(5);
        attestAll(4, result);
        pass(Phase.Attest);
        discloseAll(4, result);
        rounds.finalise(1, result);
        rounds.open();
        commitAll(5);
        revealAll(5);
        vouchAll(5, 31);

        assertBurned(4, 5e18);
    }

    function test_anEntryIsForgottenEightRoundsLater() public {
        rounds.open();
        commitAll(5);
        revealAll(4);
        pass(Phase.Reveal);
        pass(Phase.Vouch);
        for (uint256 i = 2; i <= 8; ++i) {
            rounds.open();
            pass(Phase.Commit);
        }
        uint256 duringTheEighth = vm.snapshotState();
        rounds.settle(founders[4]);
        assertBurned(4, 5e18);

        vm.revertToState(duringTheEighth);
        rounds.open();
        rounds.settle(founders[4]);
        assertBurned(4, 0);
    }

    // Silence.

    function test_silenceCostsAFaultPointAndNothingElse() public {
        rounds.open();
        commitAll(4);
        pass(Phase.Commit);
        rounds.reportSilence(1, founders[4], Role.Trainer);

        assertBurned(4, 0);
        assertEq(membership.member(founders[4]).faultPoints, 1, "a fault point");
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerNotSilent.selector, 1, founders[4], Role.Trainer)
        );
        rounds.reportSilence(1, founders[4], Role.Trainer);
    }

    function test_silenceCannotBeReportedTooEarlyNorOfThoseWhoActed() public {
        rounds.open();
        commitAll(4);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerNotSilent.selector, 1, founders[4], Role.Trainer)
        );
        rounds.reportSilence(1, founders[4], Role.Trainer);

        pass(Phase.Commit);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerNotSilent.selector, 1, founders[0], Role.Trainer)
        );
        rounds.reportSilence(1, founders[0], Role.Trainer);
    }

    function test_enoughSilenceSuspendsUntilBackAgain() public {
        for (uint32 i = 1; i <= 3; ++i) {
            rounds.open();
            commitAll(2);
            pass(Phase.Commit);
            rounds.reportSilence(i, founders[4], Role.Trainer);
        }
        rounds.open();
        assertEq(rounds.round().seatedTrainers, 4, "without the silent one");
        vm.prank(founders[4]);
        membership.resume();
        pass(Phase.Commit);
        rounds.open();
        assertEq(rounds.round().seatedTrainers, 5, "back again");
    }

    function test_suspensionsStopAtTheFloor() public {
        for (uint32 i = 1; i <= 3; ++i) {
            rounds.open();
            pass(Phase.Commit);
            for (uint256 j = 0; j < 5; ++j) rounds.reportSilence(i, founders[j], Role.Trainer);
        }
        rounds.open();

        assertEq(rounds.round().seatedTrainers, 3, "minTrainers stay");
    }

    function openAndRead() internal returns (Round memory) {
        rounds.open();
        return rounds.round();
    }

    function rollToEnd() internal {
        vm.warp(rounds.round().endsAt);
    }
}
