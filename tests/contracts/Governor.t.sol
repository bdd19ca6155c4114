// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IFederationGovernor} from "../../contracts/interfaces/IFederationGovernor.sol";
import {IContributionToken} from "../../contracts/interfaces/IContributionToken.sol";
import {IGuidelineRegistry} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {IMembership, Penalty, Status} from "../../contracts/interfaces/IMembership.sol";
import {IReleaseRegistry} from "../../contracts/interfaces/IReleaseRegistry.sol";
import {Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Cid} from "../../contracts/libraries/CidLib.sol";
import {Voting} from "./Voting.sol";

/// @title What the members can decide by vote, and what not even they can.
contract GovernorTest is Voting {
    address private constant NEWCOMER = address(0xBEE);

    function setUp() public {
        deploy(5, defaults());
        joinAll();
        vm.warp(block.timestamp + 1);
    }

    // What a vote can decide.

    function test_aVoteAdmitsAMember() public {
        decide(address(membership), admission(), 3);

        assertTrue(membership.member(NEWCOMER).status == Status.Admitted, "status");
    }

    function test_aVoteExpelsAMember() public {
        decide(address(membership), abi.encodeCall(IMembership.expel, (founders[4])), 3);

        assertTrue(membership.member(founders[4]).status == Status.Expelled, "status");
        assertEq(token.getVotes(founders[4]), 0, "votes");
    }

    function test_aVoteAdoptsAGuideline() public {
        bytes memory call =
            abi.encodeCall(IGuidelineRegistry.adopt, (cid("better guideline"), Cid(0, 0), defaults()));
        decide(address(guidelines), call, 3);

        assertEq(guidelines.currentVersion(), 2, "version");
    }

    function test_aVoteReleasesACandidateAndRollsBack() public {
        Result memory result = playRound(5, 5);
        vm.prank(founders[0]);
        releases.propose(1, result.state, result.record, Cid("notes", 0x55));
        decide(address(releases), abi.encodeCall(IReleaseRegistry.publish, (1)), 3);
        decide(address(releases), abi.encodeCall(IReleaseRegistry.rollback, (1)), 3);

        assertEq(releases.releaseCount(), 2, "releases");
    }

    function test_aVoteChangesTheGovernorsOwnSettings() public {
        decide(address(governor), abi.encodeCall(governor.setVotingDelay, (7)), 3);
        decide(address(governor), abi.encodeCall(governor.setVotingPeriod, (77)), 3);
        decide(address(governor), abi.encodeCall(governor.setProposalThreshold, (777)), 3);
        decide(address(governor), abi.encodeCall(governor.updateQuorumNumerator, (50)), 3);
        decide(address(governor), abi.encodeCall(governor.setLateQuorumVoteExtension, (70)), 3);

        assertEq(governor.votingDelay(), 7, "voting delay");
        assertEq(governor.votingPeriod(), 77, "voting period");
        assertEq(governor.proposalThreshold(), 777, "threshold");
        assertEq(governor.quorumNumerator(), 50, "quorum");
        assertEq(governor.lateQuorumVoteExtension(), 70, "extension");
    }

    // What it cannot.

    function test_noVoteTouchesTokens() public {
        forbidden(address(token), abi.encodeCall(IContributionToken.mintGrant, (founders[0], 1)));
        forbidden(address(token), abi.encodeCall(IContributionToken.burn, (founders[0], 1)));
        forbidden(address(token), abi.encodeCall(IERC20.transfer, (founders[0], 1)));
    }

    function test_noVoteTouchesTheTimelock() public {
        forbidden(address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
        forbidden(address(timelock), abi.encodeCall(timelock.grantRole, (timelock.PROPOSER_ROLE(), founders[0])));
        forbidden(address(timelock), abi.encodeCall(timelock.revokeRole, (bytes32(0), address(timelock))));
    }

    function test_noVoteReplacesTheTimelockOrRelaysCalls() public {
        forbidden(address(governor), abi.encodeCall(governor.updateTimelock, (TimelockController(payable(STRANGER)))));
        forbidden(address(governor), abi.encodeCall(governor.relay, (address(token), 0, "")));
    }

    function test_noVotePunishesOrFallsBack() public {
        forbidden(address(membership), abi.encodeCall(IMembership.penalise, (founders[0], Penalty.Hard)));
        forbidden(address(guidelines), abi.encodeCall(IGuidelineRegistry.fallBack, (1)));
        forbidden(address(rounds), abi.encodeCall(rounds.setBase, (Cid("state", 0x55))));
    }

    function test_noVoteCallsAnythingElse() public {
        forbidden(STRANGER, admission());
        forbidden(address(membership), "");
        forbidden(address(membership), hex"0102");
        forbidden(address(guidelines), admission());
    }

    function test_oneForbiddenCallForbidsTheProposal() public {
        Proposal memory p = Proposal(new address[](2), new uint256[](2), new bytes[](2), "because");
        (p.targets[0], p.calls[0]) = (address(membership), admission());
        (p.targets[1], p.calls[1]) = (address(timelock), abi.encodeCall(timelock.updateDelay, (0)));

        vm.expectRevert(
            abi.encodeWithSelector(
                IFederationGovernor.FederationGovernorForbiddenCall.selector,
                address(timelock),
                timelock.updateDelay.selector
            )
        );
        propose(0, p);
    }

    function test_noVoteMovesEther() public {
        Proposal memory p = proposalOf(address(membership), admission());
        p.values[0] = 1;

        vm.expectRevert(
            abi.encodeWithSelector(
                IFederationGovernor.FederationGovernorForbiddenValue.selector, address(membership), 1
            )
        );
        propose(0, p);
    }

    function test_aListOfTargetsWithoutCallsIsRefused() public {
        Proposal memory p = proposalOf(STRANGER, "");
        p.calls = new bytes[](0);

        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidProposalLength.selector, 1, 0, 1));
        propose(0, p);
    }

    // Who votes, and how much.

    function test_anAirdropIsNotEnoughToPropose() public {
        admitAndJoin(NEWCOMER, BOTH);
        vm.warp(block.timestamp + 1);
        Proposal memory p = proposalOf(address(membership), admission());

        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, NEWCOMER, 0, 1e9)
        );
        vm.prank(NEWCOMER);
        governor.propose(p.targets, p.values, p.calls, p.description);
    }

    function test_aVoteWeighsTheUnitsAtTheStartOfVoting() public {
        uint256 id = proposeAdmission();
        openVote(id);
        vm.prank(address(membership));
        token.burn(founders[1], GRANT);
        vote(1, id, FOR);
        (, uint256 inFavour,) = governor.proposalVotes(id);

        assertEq(inFavour, 1e11, "votes");
    }

    function test_delegatesVoteForThoseWhoChoseThem() public {
        vm.prank(founders[1]);
        token.delegate(founders[0]);
        vm.warp(block.timestamp + 1);
        uint256 id = proposeAdmission();
        openVote(id);
        vote(0, id, FOR);
        vote(1, id, FOR);
        (, uint256 inFavour,) = governor.proposalVotes(id);

        assertEq(inFavour, 2e11, "votes: the delegator has none left");
    }

    function test_nobodyVotesTwice() public {
        uint256 id = proposeAdmission();
        openVote(id);
        vote(1, id, FOR);

        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, founders[1]));
        vote(1, id, FOR);
    }

    function test_whoHasLeftHasNoVote() public {
        vm.prank(founders[1]);
        membership.exit();
        uint256 id = proposeAdmission();
        openVote(id);
        vote(1, id, FOR);
        (, uint256 inFavour,) = governor.proposalVotes(id);

        assertEq(inFavour, 0, "votes");
    }

    // Counting. The quorum is a fifth of all units: one founder of five.

    function test_withoutAQuorumAProposalIsDefeated() public {
        decide(address(governor), abi.encodeCall(governor.updateQuorumNumerator, (21)), 1);
        uint256 id = proposeAdmission();
        openVote(id);
        vote(0, id, FOR);
        closeVote(id);

        assertState(id, IGovernor.ProposalState.Defeated);
    }

    function test_abstainingCountsTowardsTheQuorum() public {
        decide(address(governor), abi.encodeCall(governor.updateQuorumNumerator, (40)), 1);
        uint256 id = proposeAdmission();
        openVote(id);
        vote(0, id, FOR);
        vote(1, id, ABSTAIN);
        closeVote(id);

        assertState(id, IGovernor.ProposalState.Succeeded);
    }

    function test_asManyAgainstAsInFavourDefeatAProposal() public {
        uint256 id = proposeAdmission();
        openVote(id);
        vote(0, id, FOR);
        vote(1, id, AGAINST);
        closeVote(id);

        assertState(id, IGovernor.ProposalState.Defeated);
    }

    function test_theQuorumFollowsWhoHasLeft() public {
        for (uint256 i = 1; i < 5; ++i) {
            vm.prank(founders[i]);
            membership.exit();
        }
        vm.warp(block.timestamp + 1);

        assertEq(governor.quorum(block.timestamp - 1), 2e10, "a fifth of the one who is left");
    }

    function test_aLateQuorumExtendsTheVote() public {
        uint256 id = proposeAdmission();
        uint256 deadline = governor.proposalDeadline(id);
        vm.warp(deadline - 10);
        vote(0, id, FOR); // reaches the quorum

        assertEq(governor.proposalDeadline(id), deadline - 10 + 1 hours, "deadline");
        vm.warp(deadline + 1);
        vote(1, id, AGAINST); // and the others have time to answer
        closeVote(id);
        assertState(id, IGovernor.ProposalState.Defeated);
    }

    function test_anEarlyQuorumDoesNot() public {
        uint256 id = proposeAdmission();
        uint256 deadline = governor.proposalDeadline(id);
        openVote(id);
        vote(0, id, FOR);

        assertEq(governor.proposalDeadline(id), deadline, "deadline");
    }

    // From the vote to its effect.

    function test_aDecisionWaitsInTheTimelock() public {
        Proposal memory p = proposalOf(address(membership), admission());
        uint256 id = propose(0, p);
        openVote(id);
        vote(0, id, FOR);
        closeVote(id);
        queue(p);
        assertTrue(governor.proposalNeedsQueuing(id), "needs queuing");
        assertEq(governor.proposalEta(id), block.timestamp + 1 hours, "from when on");

        vm.warp(governor.proposalEta(id) - 1);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        execute(p);
        vm.warp(governor.proposalEta(id));
        vm.prank(STRANGER);
        execute(p);
        assertState(id, IGovernor.ProposalState.Executed);
    }

    function test_whatWasNotQueuedIsNotExecuted() public {
        Proposal memory p = proposalOf(address(membership), admission());
        uint256 id = propose(0, p);
        openVote(id);
        vote(0, id, FOR);
        closeVote(id);

        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        execute(p);
    }

    function test_aDecisionTakesEffectOnce() public {
        decide(address(membership), admission(), 1);
        Proposal memory p = proposalOf(address(membership), admission());

        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        execute(p);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        propose(0, p);
    }

    function test_onlyItsProposerCancelsAProposalAndOnlyBeforeTheVote() public {
        Proposal memory p = proposalOf(address(membership), admission());
        uint256 id = propose(0, p);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, founders[1]));
        cancel(1, p);
        openVote(id);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, founders[0]));
        cancel(0, p);

        p.description = "because again";
        id = propose(0, p);
        cancel(0, p);
        assertState(id, IGovernor.ProposalState.Canceled);
    }

    function cancel(uint256 i, Proposal memory p) private {
        vm.prank(founders[i]);
        governor.cancel(p.targets, p.values, p.calls, keccak256(bytes(p.description)));
    }

    function proposeAdmission() private returns (uint256) {
        return propose(0, proposalOf(address(membership), admission()));
    }

    function admission() private pure returns (bytes memory) {
        return abi.encodeCall(IMembership.admit, (NEWCOMER));
    }

    /// @dev The founders refuse to even vote on `call`.
    function forbidden(address target, bytes memory call) private {
        Proposal memory p = proposalOf(target, call);
        assertFalse(governor.isAllowed(target, bytes4(call)), "listed");

        vm.expectRevert(
            abi.encodeWithSelector(
                IFederationGovernor.FederationGovernorForbiddenCall.selector, target, bytes4(call)
            )
        );
        propose(0, p);
    }
}
