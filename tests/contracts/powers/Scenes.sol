// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase, Result} from "../../../contracts/interfaces/IRoundManager.sol";
import {IMembership} from "../../../contracts/interfaces/IMembership.sol";
import {Cid} from "../../../contracts/libraries/CidLib.sol";
import {Cast} from "./Cast.sol";

/// @title Situations in which a call is possible at all: a round in each of its phases, a proposal on each step of its way.
/// @dev Each scene starts from a fresh cast. Trainers of a round are four, its validators are four.
abstract contract Scenes is Cast {
    uint256[4] private _trainers = [TRAINER_PLACE, MEMBER_PLACE, PARTNER_PLACE, NEWCOMER_PLACE];
    uint256[4] private _validators = [VALIDATOR_PLACE, MEMBER_PLACE, PARTNER_PLACE, NEWCOMER_PLACE];

    function nothingHappened() internal {}

    function everybodyHasAnAllowance() internal {
        for (uint256 i = 0; i < actors.length; ++i) {
            vm.prank(founders[MEMBER_PLACE]);
            token.approve(actors[i], type(uint256).max);
        }
    }

    // Rounds.

    function aRoundIsOpen() internal {
        rounds.open();
    }

    /// @dev The newcomer is silent.
    function aTrainerWasSilent() internal {
        rounds.open();
        for (uint256 i = 0; i < 3; ++i) commit(_trainers[i], 1);
        pass(Phase.Commit);
    }

    /// @dev Three commit, two reveal.
    function aRoundHasFailed() internal {
        aTrainerWasSilent();
        for (uint256 i = 0; i < 2; ++i) reveal(_trainers[i], 1);
        pass(Phase.Reveal);
    }

    function allHaveCommitted() internal {
        rounds.open();
        for (uint256 i = 0; i < 4; ++i) commit(_trainers[i], rounds.round().number);
    }

    function allHaveRevealed() internal {
        allHaveCommitted();
        for (uint256 i = 0; i < 4; ++i) reveal(_trainers[i], rounds.round().number);
    }

    function allHaveVouched() internal {
        allHaveRevealed();
        for (uint256 i = 0; i < 4; ++i) vouch(_validators[i], rounds.round().number, 15);
    }

    function allHaveAttested() internal {
        allHaveVouched();
        uint32 number = rounds.round().number;
        for (uint256 i = 0; i < 4; ++i) attest(_validators[i], number, theResult(number));
    }

    function aResultIsAgreed() internal {
        allHaveAttested();
        uint32 number = rounds.round().number;
        for (uint256 i = 0; i < 3; ++i) disclose(_validators[i], number, theResult(number));
    }

    function aRoundHasFinalised() internal {
        aResultIsAgreed();
        uint32 number = rounds.round().number;
        rounds.finalise(number, theResult(number));
    }

    function aLedgerIsClaimable() internal {
        aRoundHasFinalised();
        vm.warp(rounds.round().endsAt); // the fourth validator never discloses
        aRoundHasFinalised();
    }

    /// @dev Everybody commits to the same content and with the same salt, so that one call opens all commitments.
    function updateOf(uint256, uint32 number) internal pure override returns (Cid memory) {
        return super.updateOf(0, number);
    }

    function salt(uint256) internal pure override returns (bytes32) {
        return super.salt(0);
    }

    /// @dev The ledger pays one account.
    function theResult(uint32 number) internal view returns (Result memory result) {
        result = resultOf(number, 4);
        result.ledgerRoot = leafOf(founders[TRAINER_PLACE], 100e18);
    }

    // Releases.

    function aCandidateIsProposed() internal {
        aRoundHasFinalised();
        Result memory result = theResult(1);
        vm.prank(founders[MEMBER_PLACE]);
        releases.propose(1, result.state, result.record, result.record);
    }

    function aReleaseIsOut() internal {
        aCandidateIsProposed();
        vm.prank(address(timelock));
        releases.publish(1);
    }

    // Proposals. The member in both roles proposes.

    function aProposalIsPending() internal {
        propose(MEMBER_PLACE, theProposal());
    }

    function aVoteIsOpen() internal {
        aProposalIsPending();
        openVote(idOf(theProposal()));
    }

    function aVoteHasSucceeded() internal {
        aVoteIsOpen();
        uint256 id = idOf(theProposal());
        vote(MEMBER_PLACE, id, FOR);
        vote(PARTNER_PLACE, id, FOR);
        closeVote(id);
    }

    function aDecisionIsDue() internal {
        aVoteHasSucceeded();
        queue(theProposal());
        vm.warp(block.timestamp + 1 hours);
    }

    function anOperationIsDue() internal {
        vm.prank(address(governor));
        timelock.schedule(address(membership), 0, theAdmission(), 0, 0, 1 hours);
        vm.warp(block.timestamp + 1 hours);
    }

    function theProposal() internal view returns (Proposal memory) {
        return proposalOf(address(membership), theAdmission());
    }

    function theAdmission() internal pure returns (bytes memory) {
        return abi.encodeCall(IMembership.admit, (STRANGER));
    }
}
