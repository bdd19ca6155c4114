// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRoundManager, Phase, Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Role} from "../../contracts/interfaces/IRoster.sol";
import {Cid, CidEmpty, CidUnknownCodec} from "../../contracts/libraries/CidLib.sol";
import {Federation} from "./Federation.sol";

/// @title Everybody acts once, in its own role, in the phase for it, in the current round.
/// @dev Five founders: four in both roles, and one, the last, who does not act so that no phase ends early.
contract TurnsTest is Federation {
    uint256 private constant ACTING = 4;

    Result private result; // of the first round

    function setUp() public {
        deploy(5, defaults());
        joinAll();
        result = resultOf(1, ACTING);
    }

    // Once.

    function test_nobodyRevealsTwice() public {
        goTo(Phase.Reveal);
        reveal(0, 1);

        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerNothingCommitted.selector, 1, founders[0]));
        reveal(0, 1);
    }

    function test_nobodyVouchesTwice() public {
        goTo(Phase.Vouch);
        vouch(0, 1, 15);

        expectAlreadyDone(0);
        vouch(0, 1, 15);
    }

    function test_nobodyAttestsTwice() public {
        goTo(Phase.Attest);
        attest(0, 1, result);

        expectAlreadyDone(0);
        vm.prank(founders[0]);
        rounds.attest(1, "another hash");
    }

    function test_nobodyDisclosesTwice() public {
        goTo(Phase.Disclose);
        disclose(0, 1, result);

        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerNothingCommitted.selector, 1, founders[0]));
        disclose(0, 1, result);
    }

    function test_noRoundOpensWhileAnotherRuns() public {
        for (uint256 phase = uint256(Phase.Commit); phase <= uint256(Phase.Disclose); ++phase) {
            uint256 start = vm.snapshotState();
            goTo(Phase(phase));
            vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerRunning.selector, 1, Phase(phase)));
            rounds.open();
            vm.revertToState(start);
        }
    }

    function test_noRoundIsFinalisedTwice() public {
        Result memory agreed = playRound(5, 5);

        vm.expectPartialRevert(IRoundManager.RoundManagerNotAgreed.selector);
        rounds.finalise(1, agreed);
    }

    // In its phase.

    function test_everyCallIsRefusedInEveryOtherPhase() public {
        for (uint256 phase = uint256(Phase.Commit); phase <= uint256(Phase.Finalised); ++phase) {
            uint256 start = vm.snapshotState();
            goTo(Phase(phase));
            refuseOutOfPhase(Phase(phase));
            vm.revertToState(start);
        }
    }

    function test_everyCallIsRefusedOnceARoundHasFailed() public {
        rounds.open();
        pass(Phase.Commit);
        refuseOutOfPhase(Phase.Failed);
    }

    function test_everyCallIsRefusedBeforeTheFirstRound() public {
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerWrongRound.selector, 1, 0));
        rounds.commit(1, "hash");
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerWrongPhase.selector, 0, Phase.None, Phase.Commit));
        rounds.commit(0, "hash");
        vm.expectPartialRevert(IRoundManager.RoundManagerNotAgreed.selector);
        rounds.finalise(0, result);
        vm.expectPartialRevert(IRoundManager.RoundManagerNotSilent.selector);
        rounds.reportSilence(0, founders[0], Role.Trainer);
    }

    function test_nothingIsDisclosedBeforeItsPhase() public {
        goTo(Phase.Attest);
        attest(0, 1, result);

        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerWrongPhase.selector, 1, Phase.Attest, Phase.Disclose)
        );
        disclose(0, 1, result);
    }

    function test_everyCallNamesTheCurrentRound() public {
        failRound();
        rounds.open();

        for (uint32 number = 1; number <= 3; number += 2) {
            expectWrongRound(number);
            rounds.commit(number, "hash");
            expectWrongRound(number);
            rounds.reveal(number, updateOf(0, number), 100, salt(0));
            expectWrongRound(number);
            rounds.vouch(number, 0);
            expectWrongRound(number);
            rounds.attest(number, "hash");
            expectWrongRound(number);
            rounds.finalise(number, result);
            expectWrongRound(number);
            rounds.reportSilence(number, founders[0], Role.Trainer);
        }
    }

    // With what it committed to.

    function test_anAttestationIsOpenedByItsResultAndSaltAlone() public {
        goTo(Phase.Disclose);
        Result memory other = resultOf(1, ACTING);
        other.ledgerRoot = "another";

        vm.startPrank(founders[0]);
        expectMismatch();
        rounds.disclose(1, other, salt(0));
        expectMismatch();
        rounds.disclose(1, result, salt(1));
        vm.stopPrank();
    }

    function test_nobodyOpensAnothersCommitment() public {
        rounds.open();
        bytes24 hash = rounds.updateCommitment(1, founders[1], updateOf(1, 1), 100, salt(1));
        vm.prank(founders[0]);
        rounds.commit(1, hash);
        for (uint256 i = 1; i < ACTING; ++i) commit(i, 1);
        pass(Phase.Commit);

        expectMismatch();
        vm.prank(founders[0]);
        rounds.reveal(1, updateOf(1, 1), 100, salt(1));
    }

    function test_whoCommittedNothingRevealsNothing() public {
        goTo(Phase.Reveal);

        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerNothingCommitted.selector, 1, founders[4]));
        reveal(4, 1);
    }

    function test_anUpdateIsContent() public {
        Cid[2] memory bad = [Cid(0, 0x55), Cid("update", 0x71)];
        rounds.open();
        for (uint256 i = 0; i < ACTING; ++i) {
            bytes24 hash = rounds.updateCommitment(1, founders[i], bad[i % 2], 1, salt(i));
            vm.prank(founders[i]);
            rounds.commit(1, hash);
        }
        pass(Phase.Commit);

        vm.expectRevert(CidEmpty.selector);
        vm.prank(founders[0]);
        rounds.reveal(1, bad[0], 1, salt(0));
        vm.expectRevert(abi.encodeWithSelector(CidUnknownCodec.selector, 0x71));
        vm.prank(founders[1]);
        rounds.reveal(1, bad[1], 1, salt(1));
    }

    function test_aResultNamesContent() public {
        Result memory noState = resultOf(1, ACTING);
        noState.state.digest = 0;
        Result memory noRecord = resultOf(1, ACTING);
        noRecord.record.codec = 0;
        goTo(Phase.Attest);
        attest(0, 1, noState);
        attest(1, 1, noRecord);
        attest(2, 1, result);
        attest(3, 1, result);
        pass(Phase.Attest);

        vm.expectRevert(CidEmpty.selector);
        disclose(0, 1, noState);
        vm.expectRevert(abi.encodeWithSelector(CidUnknownCodec.selector, 0));
        disclose(1, 1, noRecord);
    }

    function test_aResultThatNobodyAgreesOnIsNotFinalised() public {
        goTo(Phase.Disclose);
        for (uint256 i = 0; i < ACTING; ++i) disclose(i, 1, result);
        Result memory other = resultOf(1, ACTING);
        other.ledgerRoot = "another";

        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManagerNotAgreed.selector, 1, bytes24(keccak256(abi.encode(other)))
            )
        );
        rounds.finalise(1, other);
    }

    /// @dev All but the last member act until `phase`.
    function goTo(Phase phase) private {
        rounds.open();
        if (phase == Phase.Commit) return;
        commitAll(ACTING);
        pass(Phase.Commit);
        if (phase == Phase.Reveal) return;
        revealAll(ACTING);
        if (phase == Phase.Vouch) return;
        vouchAll(ACTING, 15);
        pass(Phase.Vouch);
        if (phase == Phase.Attest) return;
        attestAll(ACTING, result);
        pass(Phase.Attest);
        if (phase == Phase.Disclose) return;
        discloseAll(ACTING, result);
        rounds.finalise(1, result);
    }

    function refuseOutOfPhase(Phase phase) private {
        assertTrue(rounds.phase() == phase, "phase");
        if (phase != Phase.Commit) {
            expectWrongPhase(phase, Phase.Commit);
            rounds.commit(1, "hash");
        }
        if (phase != Phase.Reveal) {
            expectWrongPhase(phase, Phase.Reveal);
            rounds.reveal(1, updateOf(0, 1), 100, salt(0));
        }
        if (phase != Phase.Vouch) {
            expectWrongPhase(phase, Phase.Vouch);
            rounds.vouch(1, 0);
        }
        if (phase != Phase.Attest) {
            expectWrongPhase(phase, Phase.Attest);
            rounds.attest(1, "hash");
        }
        vm.expectPartialRevert(IRoundManager.RoundManagerNotAgreed.selector);
        rounds.finalise(1, result);
    }

    function expectWrongPhase(Phase actual, Phase needed) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerWrongPhase.selector, 1, actual, needed)
        );
    }

    function expectWrongRound(uint32 number) private {
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerWrongRound.selector, number, 2));
    }

    function expectAlreadyDone(uint256 i) private {
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerAlreadyDone.selector, 1, founders[i]));
    }

    function expectMismatch() private {
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerRevealMismatch.selector, 1, founders[0]));
    }
}
