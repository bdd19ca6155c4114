// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {IRoundManager, Phase, Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Role} from "../../contracts/interfaces/IRoster.sol";
import {Cid} from "../../contracts/libraries/CidLib.sol";
import {Federation} from "./Federation.sol";

/// @title Disclosing after one's round has ended: until when, for what, and at what cost not to.
contract LateDisclosureTest is Federation {
    function setUp() public {
        deploy(5, defaults());
        joinAll();
    }

    function test_anAttestedResultCanBeDisclosedWhileTheNextRoundRuns() public {
        Result memory result = finaliseWithOneLate();
        rounds.open();
        commitAll(5);
        revealAll(5);

        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManagerDiscloseFirst.selector, 1, founders[4], rounds.outcomeOf(1).disclosableUntil
            )
        );
        vm.prank(founders[4]);
        rounds.vouch(2, 31);

        discloseLate(result, true);
        vouch(4, 2, 31);
        assertBurned(4, 0);
    }

    function test_aLateDisclosureIsNotCreditedOnceTheNextLedgerIsFixed() public {
        waitTwiceAsLongForDisclosures(); // so that the next round's ATTEST begins before the deadline
        Result memory result = finaliseWithOneLate();
        rounds.open();
        commitAll(5);
        revealAll(5);
        vouchAll(4, 31);
        uint40 attestFrom = rounds.round().endsAt;

        vm.warp(attestFrom - 1);
        uint256 inVouch = vm.snapshotState();
        discloseLate(result, true);
        vm.revertToState(inVouch);
        vm.warp(attestFrom);
        assertPhase(Phase.Attest);
        discloseLate(result, false);
    }

    function test_afterTheDeadlineNotHavingDisclosedCostsALittle() public {
        Result memory result = finaliseWithOneLate();
        uint256 until = rounds.outcomeOf(1).disclosableUntil;
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerNothingToSettle.selector, STRANGER));
        rounds.settle(STRANGER);
        vm.warp(until);

        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerTooLate.selector, 1, until));
        vm.prank(founders[4]);
        rounds.disclose(1, result, salt(4));
        rounds.settle(founders[4]);
        assertBurned(4, 5e18);
    }

    /// The outcome of round 9 is kept where that of round 1 was, but not before it has one.
    function test_anEarlierRoundsDeadlineDoesNotHelpAFailedOne() public {
        waitTwiceAsLongForDisclosures(); // so that round 1 can still be disclosed when round 9 fails
        for (uint256 i = 0; i < 8; ++i) playRound(5, 5); // within a second
        rounds.open();
        Result memory result = goodResult(5);
        commitAll(5);
        revealAll(5);
        vouchAll(5, 31);
        attestAll(1, result);
        pass(Phase.Attest);

        assertPhase(Phase.Failed);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManagerTooLate.selector, 9, 0));
        vm.prank(founders[0]);
        rounds.disclose(9, result, salt(0));
    }

    function waitTwiceAsLongForDisclosures() internal {
        RoundParameters memory patient = defaults();
        patient.discloseSeconds *= 2;
        patient.unbondDelay = 2000;
        Cid memory document = cid("patient");
        vm.prank(address(timelock));
        guidelines.adopt(document, Cid(0, 0), patient);
    }

    function discloseLate(Result memory result, bool credited) internal {
        vm.expectEmit();
        emit IRoundManager.ResultDisclosed(1, founders[4], bytes24(keccak256(abi.encode(result))), credited);
        disclose(4, 1, result);
    }

    /// @dev Round 1 finalised with one validator who attested and has not disclosed yet.
    function finaliseWithOneLate() internal returns (Result memory result) {
        rounds.open();
        result = goodResult(5);
        playUntilDisclose(5, 5, result);
        discloseAll(4, result);
        rounds.finalise(1, result);
    }
}
