// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {Signatures} from "./Signatures.sol";

/// @title Who may call what on the governor and its timelock.
/// @dev Nobody changes the governor's settings by a call of its own, not even the timelock: only as part of a proposal that
/// the governor is executing (see `Governor.t.sol`). What only the timelock may do to itself, no proposal can ask of it.
abstract contract GovernanceRows is Signatures {
    bytes4 private constant PANIC = bytes4(keccak256("Panic(uint256)")); // the list of calls under execution is empty

    function writeGovernance() internal {
        _writeProposals();
        _writeGovernorSettings();
        _writeOperations();
        _writeTimelockSettings();
        _writeGifts(address(governor), IGovernor.GovernorDisabledDeposit.selector);
        _writeGifts(address(timelock), 0);
    }

    function _writeProposals() private {
        on(address(governor));
        Proposal memory p = theProposal();
        bytes32 description = keccak256(bytes(p.description));
        uint256 id = idOf(p);
        bytes4 noVotes = IGovernor.GovernorInsufficientProposerVotes.selector;
        during(nothingHappened);
        only(VOTERS, abi.encodeCall(governor.propose, (p.targets, p.values, p.calls, p.description)), noVotes);
        during(aProposalIsPending);
        bytes memory cancel = abi.encodeCall(governor.cancel, (p.targets, p.values, p.calls, description));
        only(MEMBER, cancel, IGovernor.GovernorUnableToCancel.selector);

        during(aVoteIsOpen);
        string memory why = "weighs the voter's own units, none for who is no member";
        anyone(abi.encodeCall(governor.castVote, (id, 1)), why);
        anyone(abi.encodeCall(governor.castVoteWithReason, (id, 1, "")), why);
        anyone(abi.encodeCall(governor.castVoteWithReasonAndParams, (id, 1, "", "")), why);
        anyone(voteBySignature(id), "the signer votes, whoever sends it");
        anyone(reasonedVoteBySignature(id), "the signer votes, whoever sends it");
        during(aVoteHasSucceeded);
        bytes memory queue = abi.encodeCall(governor.queue, (p.targets, p.values, p.calls, description));
        anyone(queue, "the members have decided");
        during(aDecisionIsDue);
        bytes memory execute = abi.encodeCall(governor.execute, (p.targets, p.values, p.calls, description));
        anyone(execute, "the members have decided, and the delay is over");
    }

    function _writeGovernorSettings() private {
        on(address(governor));
        during(nothingHappened);
        _onlyByProposal(abi.encodeCall(governor.setVotingDelay, (1)));
        _onlyByProposal(abi.encodeCall(governor.setVotingPeriod, (1)));
        _onlyByProposal(abi.encodeCall(governor.setProposalThreshold, (1)));
        _onlyByProposal(abi.encodeCall(governor.updateQuorumNumerator, (1)));
        _onlyByProposal(abi.encodeCall(governor.setLateQuorumVoteExtension, (1)));
        _onlyByProposal(abi.encodeCall(governor.updateTimelock, (TimelockController(payable(STRANGER)))));
        _onlyByProposal(abi.encodeCall(governor.relay, (STRANGER, 0, "")));
    }

    function _writeOperations() private {
        on(address(timelock));
        bytes4 refusal = IAccessControl.AccessControlUnauthorizedAccount.selector;
        address target = address(membership);
        bytes memory call = theAdmission();
        Proposal memory p = theProposal();
        bytes32 salt = bytes20(address(governor)) ^ keccak256(bytes(p.description));
        during(nothingHappened);
        only(THE_GOVERNOR, abi.encodeCall(timelock.schedule, (target, 0, call, 0, 0, 1 hours)), refusal);
        bytes memory batch = abi.encodeCall(timelock.scheduleBatch, (p.targets, p.values, p.calls, 0, salt, 1 hours));
        only(THE_GOVERNOR, batch, refusal);
        during(anOperationIsDue);
        bytes32 id = timelock.hashOperation(target, 0, call, 0, 0);
        only(THE_GOVERNOR, abi.encodeCall(timelock.cancel, (id)), refusal);
        string memory why = "the governor has scheduled it, and the delay is over";
        anyone(abi.encodeCall(timelock.execute, (target, 0, call, 0, 0)), why);
        during(aDecisionIsDue);
        anyone(abi.encodeCall(timelock.executeBatch, (p.targets, p.values, p.calls, 0, salt)), why);
    }

    function _writeTimelockSettings() private {
        on(address(timelock));
        bytes4 refusal = IAccessControl.AccessControlUnauthorizedAccount.selector;
        bytes32 proposers = timelock.PROPOSER_ROLE();
        during(nothingHappened);
        only(THE_TIMELOCK, abi.encodeCall(timelock.grantRole, (proposers, STRANGER)), refusal);
        only(THE_TIMELOCK, abi.encodeCall(timelock.revokeRole, (proposers, address(governor))), refusal);
        bytes4 notOneself = IAccessControl.AccessControlBadConfirmation.selector;
        only(THE_GOVERNOR, abi.encodeCall(timelock.renounceRole, (proposers, address(governor))), notOneself);
        bytes4 notTimelock = TimelockController.TimelockUnauthorizedCaller.selector;
        only(THE_TIMELOCK, abi.encodeCall(timelock.updateDelay, (1)), notTimelock);
    }

    /// @dev The hooks by which other tokens announce themselves; without a refusal they say yes.
    function _writeGifts(address to, bytes4 refusal) private {
        on(to);
        uint256[] memory none = new uint256[](0);
        during(nothingHappened);
        _gift(abi.encodeCall(governor.onERC721Received, (STRANGER, STRANGER, 1, "")), refusal);
        _gift(abi.encodeCall(governor.onERC1155Received, (STRANGER, STRANGER, 1, 1, "")), refusal);
        _gift(abi.encodeCall(governor.onERC1155BatchReceived, (STRANGER, STRANGER, none, none, "")), refusal);
    }

    function _gift(bytes memory call, bytes4 refusal) private {
        if (refusal == 0) anyone(call, "answers yes and changes nothing");
        else only(NOBODY, call, refusal);
    }

    function _onlyByProposal(bytes memory call) private {
        only(NOBODY, call, IGovernor.GovernorOnlyExecutor.selector, PANIC);
    }
}
