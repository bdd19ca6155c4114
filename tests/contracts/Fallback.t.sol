// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGuidelineRegistry, RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {IRoundManager, Phase, Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Role} from "../../contracts/interfaces/IRoster.sol";
import {Federation} from "./Federation.sol";

/// @title A guideline that cannot run gives way to the last one that did.
contract FallbackTest is Federation {
    function setUp() public {
        deploy(5, defaults());
        joinAll();
        playRound(5, 5);
        adopt(defaults());
    }

    function test_threeFailuresInARowFallBackToTheVersionThatFinalised() public {
        failRound();
        failRound();
        failRound();
        assertEq(guidelines.currentVersion(), 2, "the third failure alone changes nothing");

        vm.expectEmit();
        emit IGuidelineRegistry.GuidelineFellBack(2, 1);
        rounds.open();
        assertEq(rounds.round().version, 1, "version");
    }

    function test_twoFailuresDoNot() public {
        failRound();
        failRound();
        rounds.open();

        assertEq(rounds.round().version, 2, "version");
    }

    function test_aVersionThatFinalisedARoundHasShownThatItCanRun() public {
        playRound(5, 5);
        for (uint256 i = 0; i < 5; ++i) failRound();
        rounds.open();

        assertEq(rounds.round().version, 2, "version");
    }

    function test_aRoundThatFinalisesInBetweenStartsTheCountAnew() public {
        failRound();
        failRound();
        playRound(5, 5);
        adopt(defaults());
        failRound();
        rounds.open();

        assertEq(rounds.round().version, 3, "version");
    }

    function test_anotherVersionStartsTheCountAnew() public {
        failRound();
        failRound();
        failRound();
        adopt(defaults());
        rounds.open();
        assertEq(rounds.round().version, 3, "the newest gets its chances");
        pass(Phase.Commit);
        failRound();
        rounds.open();
        assertEq(rounds.round().version, 3, "with two failures of its own");
    }

    function test_afterTheFallbackTheCountStartsAnew() public {
        for (uint256 i = 0; i < 3; ++i) failRound();
        failRound(); // falls back
        adopt(defaults());
        failRound();
        failRound();
        rounds.open();

        assertEq(rounds.round().version, 3, "version");
    }

    function test_roundsWithTooFewWellFormedUpdatesCountAsFailures() public {
        for (uint256 i = 0; i < 3; ++i) failByMalformedUpdates();
        rounds.open();

        assertEq(rounds.round().version, 1, "version");
    }

    function test_aFailureThatIsSettledBeforeTheNextOpeningCountsOnce() public {
        rounds.open();
        commitAll(3);
        pass(Phase.Commit);
        revealAll(2);
        pass(Phase.Reveal);
        rounds.settle(founders[2]); // writes the failure down
        failRound();
        rounds.open();

        assertEq(rounds.round().version, 2, "version after two failures");
    }

    function test_aRoundKeepsTheVersionItOpenedUnder() public {
        rounds.open();
        adopt(defaults());
        assertEq(rounds.round().version, 2, "version");
        commitAll(5);
        revealAll(5);
        assertEq(rounds.round().version, 2, "version, later");
    }

    function test_fallingBackAcrossLineagesGoesOnFromTheLastState() public {
        bytes32 last = rounds.latest().state.digest;
        adoptLineage("other genesis");
        failRound();
        assertEq(rounds.round().base.digest, cid("other genesis").digest, "base of the new lineage");
        failRound();
        failRound();
        rounds.open();

        assertEq(rounds.round().version, 1, "version");
        assertEq(rounds.round().lineage, 1, "lineage");
        assertEq(rounds.round().base.digest, last, "base");
    }

    function failByMalformedUpdates() private {
        rounds.open();
        Result memory result = goodResult(5);
        result.malformed = 7; // two of five are left, three are needed
        playUntilDisclose(5, 5, result);
        discloseAll(5, result);
        rounds.finalise(rounds.round().number, result);
        for (uint256 i = 0; i < 5; ++i) rounds.settle(founders[i]);
        for (uint256 i = 0; i < 5; ++i) {
            vm.prank(founders[i]);
            membership.bond(60e18);
        }
    }
}

/// @title Before anything was finalised there is nothing to fall back to.
contract FirstGuidelineTest is Federation {
    function test_theFirstVersionGoesOnHoweverOftenItFails() public {
        deploy(5, defaults());
        joinAll();
        for (uint256 i = 0; i < 4; ++i) failRound();
        adopt(defaults());
        for (uint256 i = 0; i < 4; ++i) failRound();
        rounds.open();

        assertEq(rounds.round().version, 2, "version");
    }

    function test_noRoundOpensWithoutTheSeatsThatTheGuidelineAsksFor() public {
        RoundParameters memory p = defaults();
        p.minTrainers = 6;
        deploy(5, p);
        joinAll();

        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManagerTooFewSeated.selector, Role.Trainer, 5, 6)
        );
        rounds.open();
    }
}
