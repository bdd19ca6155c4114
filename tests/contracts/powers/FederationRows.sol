// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IContributionToken} from "../../../contracts/interfaces/IContributionToken.sol";
import {IGuidelineRegistry} from "../../../contracts/interfaces/IGuidelineRegistry.sol";
import {IMembership, Penalty} from "../../../contracts/interfaces/IMembership.sol";
import {IReleaseRegistry} from "../../../contracts/interfaces/IReleaseRegistry.sol";
import {IRoundManager, Result} from "../../../contracts/interfaces/IRoundManager.sol";
import {IRoster, Role} from "../../../contracts/interfaces/IRoster.sol";
import {Cid} from "../../../contracts/libraries/CidLib.sol";
import {Signatures} from "./Signatures.sol";

/// @title Who may call what on the federation's own contracts.
abstract contract FederationRows is Signatures {
    function writeFederation() internal {
        _writeToken();
        _writeMembership();
        _writeGuidelines();
        _writeRoster();
        _writeRounds();
        _writeReleases();
    }

    function _writeToken() private {
        on(address(token));
        bytes4 refusal = IContributionToken.ContributionTokenUnauthorized.selector;
        during(nothingHappened);
        only(THE_ROUNDS, abi.encodeCall(token.mintEarned, (STRANGER, 1)), refusal);
        only(THE_MEMBERSHIP, abi.encodeCall(token.mintGrant, (STRANGER, 1)), refusal);
        only(THE_MEMBERSHIP, abi.encodeCall(token.mintAirdrop, (STRANGER, 1)), refusal);
        only(THE_MEMBERSHIP, abi.encodeCall(token.burn, (founders[MEMBER_PLACE], 1)), refusal);
        only(THE_MEMBERSHIP, abi.encodeCall(token.retire, (founders[MEMBER_PLACE])), refusal);
        only(THE_MEMBERSHIP, abi.encodeCall(token.reinstate, (founders[EXITED_PLACE])), refusal);
        anyone(abi.encodeCall(token.delegate, (STRANGER)), "moves the sender's own votes");
        anyone(delegationTo(STRANGER), "moves the votes of the account that signed");
        anyone(abi.encodeCall(token.approve, (STRANGER, 1)), "an allowance moves nothing");

        refusal = IContributionToken.ContributionTokenNonTransferable.selector;
        only(NOBODY, abi.encodeCall(token.transfer, (STRANGER, 0)), refusal);
        during(everybodyHasAnAllowance);
        only(NOBODY, abi.encodeCall(token.transferFrom, (founders[MEMBER_PLACE], STRANGER, 1)), refusal);
    }

    function _writeMembership() private {
        on(address(membership));
        bytes4 refusal = IMembership.MembershipUnauthorized.selector;
        address someone = founders[MEMBER_PLACE];
        during(nothingHappened);
        only(THE_TIMELOCK, abi.encodeCall(membership.admit, (STRANGER)), refusal);
        only(THE_TIMELOCK, abi.encodeCall(membership.expel, (someone)), refusal);
        only(THE_ROUNDS, abi.encodeCall(membership.penalise, (someone, Penalty.Hard)), refusal);

        refusal = IMembership.MembershipWrongStatus.selector;
        bytes4 falseProof = IMembership.MembershipFalseProof.selector;
        bytes4 noTokens = IMembership.MembershipInsufficientTokens.selector;
        bytes32[] memory proof = proofOf(LATE_FOUNDER_PLACE);
        only(LATE_FOUNDER, abi.encodeCall(membership.joinFounder, (GRANT, 0, 3, proof)), refusal, falseProof);
        only(ADMITTED, abi.encodeCall(membership.join, (0, 3)), refusal);
        only(ACTIVE & ~NEWCOMER, abi.encodeCall(membership.bond, (1)), refusal, noTokens);
        only(ACTIVE & ~SUSPENDED, abi.encodeCall(membership.requestUnbond, (1)), refusal, noTokens);
        only(ACTIVE, abi.encodeCall(membership.exit, ()), refusal);
        only(ACTIVE, abi.encodeCall(membership.setEncryptionKey, ("key")), refusal);
        only(SUSPENDED, abi.encodeCall(membership.resume, ()), refusal, IMembership.MembershipNotSuspended.selector);

        refusal = IMembership.MembershipStillBonded.selector;
        only(SUSPENDED | EXITED | EXPELLED, abi.encodeCall(membership.withdrawBond, ()), refusal);
    }

    function _writeGuidelines() private {
        on(address(guidelines));
        bytes4 refusal = IGuidelineRegistry.GuidelineRegistryUnauthorized.selector;
        during(nothingHappened);
        Cid memory none;
        only(THE_TIMELOCK, abi.encodeCall(guidelines.adopt, (cid("better"), none, defaults())), refusal);
        only(THE_ROUNDS, abi.encodeCall(guidelines.fallBack, (1)), refusal);
    }

    function _writeRoster() private {
        on(address(rounds));
        bytes4 refusal = IRoster.RosterUnauthorized.selector;
        during(nothingHappened);
        only(THE_MEMBERSHIP, abi.encodeCall(rounds.enlist, (STRANGER, 3)), refusal);
        only(THE_MEMBERSHIP, abi.encodeCall(rounds.delist, (founders[MEMBER_PLACE])), refusal);
        anyone(abi.encodeCall(rounds.applyRosterChanges, ()), "only does what is waiting, between rounds");
    }

    function _writeRounds() private {
        on(address(rounds));
        Result memory result = theResult(1);
        bytes4 refusal = IRoundManager.RoundManagerNotDrawn.selector;
        during(nothingHappened);
        anyone(abi.encodeCall(rounds.open, ()), "a round is due when the last one has ended");
        bytes4 notReleases = IRoundManager.RoundManagerUnauthorized.selector;
        only(THE_RELEASES, abi.encodeCall(rounds.setBase, (result.state)), notReleases);
        during(aRoundIsOpen);
        only(DRAWN_TRAINERS, abi.encodeCall(rounds.commit, (1, "hash")), refusal);
        during(allHaveCommitted);
        bytes4 nothing = IRoundManager.RoundManagerNothingCommitted.selector;
        only(DRAWN_TRAINERS, abi.encodeCall(rounds.reveal, (1, updateOf(0, 1), 100, salt(0))), nothing);
        during(allHaveRevealed);
        only(DRAWN_VALIDATORS, abi.encodeCall(rounds.vouch, (1, 15)), refusal);
        during(allHaveVouched);
        only(DRAWN_VALIDATORS, abi.encodeCall(rounds.attest, (1, "hash")), refusal);

        during(allHaveAttested);
        only(DRAWN_VALIDATORS, abi.encodeCall(rounds.disclose, (1, result, salt(0))), nothing);
        during(aResultIsAgreed);
        anyone(abi.encodeCall(rounds.finalise, (1, result)), "two thirds have disclosed this result");
        during(aRoundHasFailed);
        address culprit = founders[PARTNER_PLACE];
        anyone(abi.encodeCall(rounds.settle, (culprit)), "applies what is due by the contract's own record");
        during(aTrainerWasSilent);
        bytes memory report = abi.encodeCall(rounds.reportSilence, (1, founders[NEWCOMER_PLACE], Role.Trainer));
        anyone(report, "checked against the contract's own record");
        during(aLedgerIsClaimable);
        bytes memory claim = abi.encodeCall(rounds.claim, (founders[TRAINER_PLACE], 100e18, new bytes32[](0), 1));
        anyone(claim, "mints to the account that earned");
    }

    function _writeReleases() private {
        on(address(releases));
        bytes4 refusal = IReleaseRegistry.ReleaseRegistryUnauthorized.selector;
        Result memory result = theResult(1);
        during(aRoundHasFinalised);
        only(ACTIVE, abi.encodeCall(releases.propose, (1, result.state, result.record, result.record)), refusal);
        during(aCandidateIsProposed);
        only(THE_TIMELOCK, abi.encodeCall(releases.publish, (1)), refusal);
        during(aReleaseIsOut);
        only(THE_TIMELOCK, abi.encodeCall(releases.rollback, (1)), refusal);
    }
}
