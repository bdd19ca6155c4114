// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {IRoundManager, Phase, Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Role} from "../../contracts/interfaces/IRoster.sol";
import {Federation} from "./Federation.sol";

/// @title Who was drawn and did nothing can be reported, once it is certain and for as long as it can be told.
/// @dev Of six founders the last, `SILENT`, is never heard of.
contract SilenceTest is Federation {
    uint256 private constant HEARD = 5;
    uint256 private constant SILENT = 5;

    Result private result; // of the first round

    function setUp() public {
        RoundParameters memory p = defaults();
        p.faultPointLimit = 10;
        p.discloseSeconds = 1000;
        p.unbondDelay = 10_000;
        deploy(6, p);
        joinAll();
        result = resultOf(1, HEARD);
    }

    function test_aTrainersSilenceIsCertainOnceCommitIsOver() public {
        rounds.open();
        commitAll(HEARD);
        expectNotSilent(SILENT, Role.Trainer);
        report(SILENT, Role.Trainer);

        pass(Phase.Commit);
        report(SILENT, Role.Trainer);
        assertFaults(SILENT, 1);
    }

    function test_aValidatorsSilenceIsCertainOnceAttestIsOver() public {
        rounds.open();
        playUntilVouched();
        expectNotSilent(SILENT, Role.Validator);
        report(SILENT, Role.Validator);

        attestAll(HEARD, result);
        expectNotSilent(SILENT, Role.Validator);
        report(SILENT, Role.Validator);

        pass(Phase.Attest);
        report(SILENT, Role.Validator);
        assertFaults(SILENT, 1);
    }

    function test_bothSilencesOfAMemberCount() public {
        rounds.open();
        playUntilVouched();
        attestAll(HEARD, result);
        pass(Phase.Attest);
        report(SILENT, Role.Trainer);
        report(SILENT, Role.Validator);

        assertFaults(SILENT, 2);
    }

    function test_aSilenceCountsOnce() public {
        rounds.open();
        commitAll(HEARD);
        pass(Phase.Commit);
        report(SILENT, Role.Trainer);

        expectNotSilent(SILENT, Role.Trainer);
        report(SILENT, Role.Trainer);
    }

    function test_whoDidAnythingWasNotSilent() public {
        rounds.open();
        playUntilVouched();
        attest(SILENT, 1, result); // did not vouch
        attestAll(HEARD - 1, result); // the last of them vouched and does not attest
        pass(Phase.Attest);

        expectNotSilent(0, Role.Trainer);
        report(0, Role.Trainer);
        expectNotSilent(SILENT, Role.Validator);
        report(SILENT, Role.Validator);
        expectNotSilent(HEARD - 1, Role.Validator);
        report(HEARD - 1, Role.Validator);
    }

    // In rounds that fail.

    function test_whenARoundFailsBeforeVouchNoValidatorWasSilent() public {
        rounds.open();
        commitAll(3);
        pass(Phase.Commit);
        revealAll(2);
        pass(Phase.Reveal);

        expectNotSilent(SILENT, Role.Validator);
        report(SILENT, Role.Validator);
        report(SILENT, Role.Trainer);
        assertFaults(SILENT, 1);
    }

    function test_whenARoundFailsInVouchWhoDidNotVouchWasSilent() public {
        rounds.open();
        commitAll(HEARD);
        pass(Phase.Commit);
        revealAll(HEARD);
        vouchAll(2, 31);
        pass(Phase.Vouch);

        report(SILENT, Role.Validator);
        assertFaults(SILENT, 1);
        expectNotSilent(0, Role.Validator);
        report(0, Role.Validator);
    }

    function test_aReportWritesDownTheFailureThatTheClockKnowsOf() public {
        rounds.open();
        pass(Phase.Commit);

        vm.expectEmit();
        emit IRoundManager.RoundFailed(1, Phase.Commit, 0);
        report(SILENT, Role.Trainer);
    }

    // For as long as it can be told.

    function test_onceTheNextRoundIsOpenSilenceIsForgotten() public {
        failRound();
        rounds.open();

        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerWrongRound.selector, 1, 2));
        rounds.reportSilence(1, founders[SILENT], Role.Trainer);
    }

    /// @dev Who was drawn can be told only from the lists of seats with which the round opened.
    function test_onceTheListsHaveChangedSilenceIsForgotten() public {
        failRound();
        vm.prank(founders[0]);
        membership.exit();
        rounds.applyRosterChanges();

        expectNotSilent(SILENT, Role.Trainer);
        report(SILENT, Role.Trainer);
    }

    // With an older entry.

    function test_anOlderEntryIsSettledWithTheReport() public {
        rounds.open();
        commitAll(6);
        revealAll(HEARD);
        pass(Phase.Reveal);
        pass(Phase.Vouch); // fails
        rounds.open();
        commitAll(HEARD);
        pass(Phase.Commit);
        rounds.reportSilence(2, founders[SILENT], Role.Trainer);

        assertFaults(SILENT, 2); // did not reveal, then was silent
        assertEq(membership.bondOf(founders[SILENT]), 105e18, "bond: of these, one burns");
    }

    function test_whoCanStillDiscloseIsNotReported() public {
        rounds.open();
        playUntilVouched();
        attestAll(6, result);
        discloseAll(HEARD, result);
        rounds.finalise(1, result);
        rounds.open();
        commitAll(HEARD);
        pass(Phase.Commit);
        revealAll(HEARD);
        vouchAll(HEARD, 31);
        pass(Phase.Vouch);
        attestAll(HEARD, resultOf(2, HEARD));
        pass(Phase.Attest); // the second round's silence is certain while the first result can be disclosed

        bytes4 first = IRoundManager.RoundManagerDiscloseFirst.selector;
        vm.expectRevert(
            abi.encodeWithSelector(first, 1, founders[SILENT], rounds.outcomeOf(1).disclosableUntil)
        );
        rounds.reportSilence(2, founders[SILENT], Role.Validator);
        disclose(SILENT, 1, result);
        rounds.reportSilence(2, founders[SILENT], Role.Validator);
        assertFaults(SILENT, 1);
    }

    function playUntilVouched() private {
        commitAll(HEARD);
        pass(Phase.Commit);
        revealAll(HEARD);
        vouchAll(HEARD, 31);
        pass(Phase.Vouch);
    }

    function report(uint256 i, Role role) private {
        rounds.reportSilence(1, founders[i], role);
    }

    function expectNotSilent(uint256 i, Role role) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerNotSilent.selector, 1, founders[i], role)
        );
    }

    function assertFaults(uint256 i, uint256 points) private view {
        assertEq(membership.member(founders[i]).faultPoints, points, "fault points");
    }
}
