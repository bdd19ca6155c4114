// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";

import {Federation} from "./Federation.sol";

/// @title The way of a proposal with a single call, from its proposer to the timelock.
abstract contract Voting is Federation {
    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;

    struct Proposal {
        address[] targets;
        uint256[] values;
        bytes[] calls;
        string description;
    }

    /// @dev The whole way of a proposal that the first `voters` founders carry.
    function decide(address target, bytes memory call, uint256 voters) internal {
        Proposal memory proposal = proposalOf(target, call);
        uint256 id = propose(0, proposal);
        openVote(id);
        for (uint256 i = 0; i < voters; ++i) vote(i, id, FOR);
        closeVote(id);
        queue(proposal);
        vm.warp(governor.proposalEta(id));
        execute(proposal);
    }

    function proposalOf(address target, bytes memory call) internal pure returns (Proposal memory proposal) {
        proposal = Proposal(new address[](1), new uint256[](1), new bytes[](1), "because");
        proposal.targets[0] = target;
        proposal.calls[0] = call;
    }

    function propose(uint256 i, Proposal memory p) internal returns (uint256) {
        vm.prank(founders[i]);
        return governor.propose(p.targets, p.values, p.calls, p.description);
    }

    function openVote(uint256 id) internal {
        vm.warp(governor.proposalSnapshot(id) + 1);
    }

    function vote(uint256 i, uint256 id, uint8 support) internal {
        vm.prank(founders[i]);
        governor.castVote(id, support);
    }

    function closeVote(uint256 id) internal {
        vm.warp(governor.proposalDeadline(id) + 1);
    }

    function queue(Proposal memory p) internal {
        governor.queue(p.targets, p.values, p.calls, keccak256(bytes(p.description)));
    }

    function execute(Proposal memory p) internal {
        governor.execute(p.targets, p.values, p.calls, keccak256(bytes(p.description)));
    }

    function idOf(Proposal memory p) internal view returns (uint256) {
        return governor.getProposalId(p.targets, p.values, p.calls, keccak256(bytes(p.description)));
    }

    function assertState(uint256 id, IGovernor.ProposalState expected) internal view {
        assertEq(uint256(governor.state(id)), uint256(expected), "state of the proposal");
    }
}
