// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContributionToken} from "../../../contracts/ContributionToken.sol";
import {GuidelineRegistry} from "../../../contracts/GuidelineRegistry.sol";
import {Membership} from "../../../contracts/Membership.sol";
import {RoundManager} from "../../../contracts/RoundManager.sol";
import {Member, Status} from "../../../contracts/interfaces/IMembership.sol";
import {Phase, Round} from "../../../contracts/interfaces/IRoundManager.sol";
import {Progress, Role, Seat} from "../../../contracts/interfaces/IRoster.sol";
import {Test} from "../Test.sol";
import {Anybody} from "./Anybody.sol";

/// @title What holds whatever anybody does, with no assumption about how many are honest.
/// @dev One campaign checks all properties after every move: the moves would be the same for each of them.
contract AnybodyInvariants is Test {
    Anybody private everybody;
    ContributionToken private token;
    Membership private membership;
    RoundManager private rounds;

    function setUp() public {
        everybody = new Anybody();
        (token, membership, rounds,) = everybody.contracts();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(everybody);
    }

    /// A move that reverts is a mistake here: what may be refused is caught.
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_whateverAnybodyDoes() public {
        vm.warp(everybody.time());
        bondsAreCovered();
        everyTokenIsAccountedFor();
        rewardsStayWithinTheBudgets();
        countsNeverExceedTheDrawn();
        countsAreThoseOfTheEntries();
        listsAreFrozenWhileARoundRuns();
        theRosterFollowsTheMembership();
        nothingIsPunishedOrPaidTwice();
        votesAddUp();
    }

    /// A bond is covered by its owner's tokens, and what is on its way out is part of the bond.
    function bondsAreCovered() private view {
        for (uint256 i = 0; i < everybody.actors(); ++i) {
            Member memory one = membership.member(everybody.actor(i));
            assertLe(one.bond, token.balanceOf(everybody.actor(i)), "bond, tokens");
            assertLe(one.unbonding, one.bond, "unbonding, bond");
        }
    }

    /// Tokens come from grants, airdrops and rewards, and go by penalties, and in no other way.
    function everyTokenIsAccountedFor() private view {
        (, uint128 minted) = rounds.minting();
        assertEq(token.totalSupply(), everybody.granted() + minted - everybody.burned(), "supply");
    }

    /// Rewards never exceed the budgets of the rounds that finalised, whatever the ledgers say; each was earned by somebody.
    function rewardsStayWithinTheBudgets() private view {
        (uint128 mintable, uint128 minted) = rounds.minting();
        uint256 earned;
        for (uint256 i = 0; i < everybody.actors(); ++i) earned += token.earnedOf(everybody.actor(i));
        assertEq(mintable, everybody.budgets(), "mintable");
        assertLe(minted, mintable, "minted, mintable");
        assertEq(minted, earned, "minted");
    }

    /// The votes of all delegates, the units of all accounts and the total are the same number; who has left has none.
    function votesAddUp() private {
        uint256 units;
        uint256 votes;
        for (uint256 i = 0; i < everybody.actors(); ++i) {
            address account = everybody.actor(i);
            uint256 own = token.votingUnitsOf(account);
            Status status = membership.member(account).status;
            bool hasLeft = status == Status.Exited || status == Status.Expelled;
            if (hasLeft) assertEq(own, 0, "units of who has left");
            units += own;
            votes += token.getVotes(account);
        }
        assertEq(votes, units, "votes");
        vm.warp(block.timestamp + 1);
        assertEq(token.getPastTotalSupply(block.timestamp - 1), units, "total");
    }

    /// In every phase no more have acted than in the one before, and never more than were drawn, who are seated.
    function countsNeverExceedTheDrawn() private view {
        Round memory round = rounds.round();
        assertLe(round.drawnTrainers, round.seatedTrainers, "drawn trainers");
        assertLe(round.committed, round.drawnTrainers, "committed");
        assertLe(round.revealed, round.committed, "revealed");
        assertLe(round.drawnValidators, round.seatedValidators, "drawn validators");
        assertLe(round.vouched, round.drawnValidators, "vouched");
        assertLe(round.attested, round.drawnValidators, "attested");
        assertLe(round.disclosed, round.attested, "disclosed");
        if (round.agreed) assertLe(2 * uint256(round.drawnValidators), 3 * uint256(round.disclosed), "two thirds");
    }

    /// Every count of a running round is that of the members whose entries say so: nobody counts twice.
    function countsAreThoseOfTheEntries() private view {
        Round memory round = rounds.round();
        if (round.phase == Phase.None || round.phase >= Phase.Finalised) return;
        uint256[7] memory trainers = _entries(Role.Trainer, round.number);
        uint256[7] memory validators = _entries(Role.Validator, round.number);
        uint256 disclosed = validators[uint256(Progress.Disclosed)];
        uint256 attested = disclosed + validators[uint256(Progress.Attested)];
        assertEq(round.revealed, trainers[uint256(Progress.Revealed)], "revealed");
        assertEq(round.committed, round.revealed + trainers[uint256(Progress.Committed)], "committed");
        assertEq(round.disclosed, disclosed, "disclosed");
        assertEq(round.attested, attested, "attested");
        assertLe(round.vouched, attested + validators[uint256(Progress.Vouched)], "vouched");
        assertLe(validators[uint256(Progress.Vouched)], round.vouched, "vouched and not attested");
    }

    /// While a round runs, nobody's joining, leaving or suspension changes who sits on the lists, or who is drawn.
    function listsAreFrozenWhileARoundRuns() private view {
        Round memory round = rounds.round();
        if (round.phase == Phase.None || round.phase >= Phase.Finalised) return;
        assertEq(everybody.listsNow(), everybody.listsAtOpening(), "lists");
        assertEq(_drawn(Role.Trainer), round.drawnTrainers, "drawn trainers");
        assertEq(_drawn(Role.Validator), round.drawnValidators, "drawn validators");
    }

    /// The roster waits for exactly those whom the membership lists, all of whom are active.
    function theRosterFollowsTheMembership() private view {
        uint256[2] memory listed;
        for (uint256 i = 0; i < everybody.actors(); ++i) {
            Member memory one = membership.member(everybody.actor(i));
            if (!one.listed) continue;
            assertTrue(one.status == Status.Active, "listed and active");
            if (one.roles & 1 != 0) ++listed[0];
            if (one.roles & 2 != 0) ++listed[1];
        }
        assertEq(rounds.expectedCount(Role.Trainer), listed[0], "trainers");
        assertEq(rounds.expectedCount(Role.Validator), listed[1], "validators");
    }

    /// An entry is punished at most once, and a call punishes nobody but the member that it is about. Claims are never
    /// forgotten.
    function nothingIsPunishedOrPaidTwice() private view {
        assertTrue(bytes(everybody.broken()).length == 0, everybody.broken());
    }

    /// @dev How many have got how far in the round `number`.
    function _entries(Role role, uint32 number) private view returns (uint256[7] memory byProgress) {
        for (uint256 i = 0; i < everybody.actors(); ++i) {
            Seat memory seat = rounds.seatOf(everybody.actor(i), role);
            if (seat.round == number) ++byProgress[uint256(seat.progress)];
        }
    }

    function _drawn(Role role) private view returns (uint256 count) {
        for (uint256 i = 0; i < everybody.actors(); ++i) {
            if (rounds.isDrawn(everybody.actor(i), role)) ++count;
        }
    }
}
