// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContributionToken} from "../../../contracts/ContributionToken.sol";
import {GuidelineRegistry} from "../../../contracts/GuidelineRegistry.sol";
import {Membership} from "../../../contracts/Membership.sol";
import {RoundManager} from "../../../contracts/RoundManager.sol";
import {Phase, Round} from "../../../contracts/interfaces/IRoundManager.sol";
import {Test} from "../Test.sol";
import {HonestMajority} from "./HonestMajority.sol";

/// @title What the honest can rely on while fewer than a third of the validators are hostile.
/// @dev One campaign checks all properties after every move: the moves would be the same for each of them.
contract HonestMajorityInvariants is Test {
    HonestMajority private members;
    ContributionToken private token;
    Membership private membership;
    RoundManager private rounds;
    GuidelineRegistry private guidelines;

    function setUp() public {
        members = new HonestMajority();
        (token, membership, rounds, guidelines) = members.contracts();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(members);
    }

    /// A move that reverts is a mistake here: what may be refused is caught.
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_theHonestCanRelyOnIt() public {
        vm.warp(members.time());
        noRoundFails();
        onlyTheTruthIsFinalised();
        theHonestPayForNothingElse();
        theHonestStayDrawn();
        assertTrue(bytes(members.broken()).length == 0, members.broken());
    }

    /// A round that opens is finalised: nobody hostile can stop it.
    function noRoundFails() private view {
        Round memory round = rounds.round();
        assertTrue(round.phase != Phase.Failed, "a round failed");
        uint32 ended = round.phase == Phase.Finalised || round.number == 0 ? round.number : round.number - 1;
        assertEq(members.lastTruth(), ended, "rounds that the honest have finalised");
        assertEq(rounds.latest().ordinal, ended, "rounds finalised");
    }

    /// What is finalised is what the honest computed, never what the hostile disclosed.
    function onlyTheTruthIsFinalised() private view {
        uint32 last = members.lastTruth();
        for (uint32 number = last > 8 ? last - 8 : 1; number <= last; ++number) {
            (bytes28 contentHash,) = rounds.finalisedOf(number);
            assertEq(bytes32(contentHash), bytes32(members.truthOf(number)), "state and record");
        }
    }

    /// The honest are never punished for silence, for a result, or for an update. What remains is having vouched, in good
    /// faith, for an update that its owner served to fewer than a third: a small penalty for each such round.
    function theHonestPayForNothingElse() private view {
        uint256 softPenalty = guidelines.parameters().softPenalty;
        for (uint256 i = 0; i < members.HONEST(); ++i) {
            uint256 most = members.falseVouches(i);
            assertEq(members.hardPenaltiesOf(i), 0, "hard penalties");
            assertLe(members.penaltiesOf(i), most, "penalties");
            assertLe(members.burnedOf(i), softPenalty * most, "burned");
            assertLe(membership.member(members.actor(i)).faultPoints, most, "fault points");
        }
    }

    /// Nothing that the hostile do takes an honest member off the lists.
    function theHonestStayDrawn() private view {
        for (uint256 i = 0; i < members.HONEST(); ++i) {
            assertTrue(membership.member(members.actor(i)).listed, "listed");
        }
    }
}
