// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

import {IFederationGovernor} from "./interfaces/IFederationGovernor.sol";
import {IGuidelineRegistry} from "./interfaces/IGuidelineRegistry.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {IReleaseRegistry} from "./interfaces/IReleaseRegistry.sol";

/// @notice How the federation votes.
/// @param votingDelay Seconds from proposal to vote.
/// @param votingPeriod Seconds of voting.
/// @param proposalThreshold Voting units needed to propose.
/// @param quorumPercent Percent of all voting units that must vote for or abstain.
/// @param lateQuorumExtension Seconds of voting that remain at least once the quorum is reached.
struct VotingSettings {
    uint48 votingDelay;
    uint32 votingPeriod;
    uint256 proposalThreshold;
    uint256 quorumPercent;
    uint48 lateQuorumExtension;
}

/// @title Federation governor
/// @notice See `IFederationGovernor`.
///
/// Assumptions, for correctness:
/// - The timelock knows this contract as its only proposer and has no admin.
/// - Voting units come from the contribution token; nobody can move them between accounts except by delegation.
/// For liveness:
/// - Holders of the quorum's voting units vote.
contract FederationGovernor is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum,
    GovernorTimelockControl,
    IFederationGovernor
{
    mapping(address target => mapping(bytes4 selector => bool)) private _allowed;

    constructor(
        IVotes token_,
        TimelockController timelock_,
        IGuidelineRegistry guidelines,
        IMembership membership,
        IReleaseRegistry releases,
        VotingSettings memory settings
    )
        Governor("FederationGovernor")
        GovernorSettings(settings.votingDelay, settings.votingPeriod, settings.proposalThreshold)
        GovernorVotes(token_)
        GovernorVotesQuorumFraction(settings.quorumPercent)
        GovernorPreventLateQuorum(settings.lateQuorumExtension)
        GovernorTimelockControl(timelock_)
    {
        _allowed[address(guidelines)][IGuidelineRegistry.adopt.selector] = true;
        _allowed[address(membership)][IMembership.admit.selector] = true;
        _allowed[address(membership)][IMembership.expel.selector] = true;
        _allowed[address(releases)][IReleaseRegistry.publish.selector] = true;
        _allowed[address(releases)][IReleaseRegistry.rollback.selector] = true;
        _allowed[address(this)][GovernorSettings.setVotingDelay.selector] = true;
        _allowed[address(this)][GovernorSettings.setVotingPeriod.selector] = true;
        _allowed[address(this)][GovernorSettings.setProposalThreshold.selector] = true;
        _allowed[address(this)][GovernorVotesQuorumFraction.updateQuorumNumerator.selector] = true;
        _allowed[address(this)][GovernorPreventLateQuorum.setLateQuorumVoteExtension.selector] = true;
    }

    /// @inheritdoc IFederationGovernor
    function isAllowed(address target, bytes4 selector) public view returns (bool) {
        return _allowed[target][selector];
    }

    /// @inheritdoc Governor
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    /// @inheritdoc Governor
    function state(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (ProposalState)
    {
        return super.state(proposalId);
    }

    /// @inheritdoc Governor
    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    /// @inheritdoc GovernorPreventLateQuorum
    function proposalDeadline(uint256 proposalId)
        public
        view
        override(Governor, GovernorPreventLateQuorum)
        returns (uint256)
    {
        return super.proposalDeadline(proposalId);
    }

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override returns (uint256) {
        for (uint256 i = 0; i < targets.length && i < calldatas.length && i < values.length; ++i) {
            // Safe cast: bytes4(bytes) takes the first four bytes and pads shorter calldata with zeros.
            bytes4 selector = bytes4(calldatas[i]);
            if (!isAllowed(targets[i], selector)) revert FederationGovernorForbiddenCall(targets[i], selector);
            if (values[i] != 0) revert FederationGovernorForbiddenValue(targets[i], values[i]);
        }

        return super._propose(targets, values, calldatas, description, proposer);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
