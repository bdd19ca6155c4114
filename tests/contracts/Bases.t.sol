// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRoundManager, Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Cid, CidEmpty, CidUnknownCodec} from "../../contracts/libraries/CidLib.sol";
import {Federation} from "./Federation.sol";

/// @title The base of a round: genesis, the last finalised state, or what a rollback names.
contract BasesTest is Federation {
    function setUp() public {
        deploy(5, defaults());
        joinAll();
    }

    function test_theFirstRoundStartsFromTheGenesisState() public {
        rounds.open();

        assertBase(cid("genesis").digest);
    }

    function test_aFailedRoundLeavesTheBaseAsItWas() public {
        Result memory first = playRound(5, 5);
        failRound();
        rounds.open();

        assertBase(first.state.digest);
    }

    function test_anotherVersionOfTheLineageGoesOnFromTheLastState() public {
        Result memory first = playRound(5, 5);
        adopt(defaults());
        rounds.open();

        assertBase(first.state.digest);
    }

    function test_anotherLineageStartsFromItsGenesisState() public {
        playRound(5, 5);
        adoptLineage("other genesis");
        failRound();
        assertBase(cid("other genesis").digest);

        Result memory second = playRound(5, 5);
        rounds.open();
        assertBase(second.state.digest);
    }

    // Rollback.

    function test_aRollbackIsTheBaseOfTheNextRound() public {
        playRound(5, 5);

        vm.expectEmit();
        emit IRoundManager.BaseSet(cid("older state"), 1);
        rollBackTo("older state");
        rounds.open();
        assertBase(cid("older state").digest);
    }

    function test_aRollbackOutlivesFailedRounds() public {
        playRound(5, 5);
        rollBackTo("older state");
        failRound();
        failRound();
        rounds.open();

        assertBase(cid("older state").digest);
    }

    function test_onceARoundHasFinalisedOnItTheRollbackIsOver() public {
        playRound(5, 5);
        rollBackTo("older state");
        Result memory second = playRound(5, 5);
        rounds.open();

        assertBase(second.state.digest);
    }

    function test_aRollbackDuringARoundIsTheBaseOfTheOneAfter() public {
        rounds.open();
        Result memory first = goodResult(5);
        playUntilDisclose(5, 5, first);
        rollBackTo("older state");
        assertBase(cid("genesis").digest);
        discloseAll(5, first);
        rounds.finalise(1, first);
        rounds.open();

        assertBase(cid("older state").digest);
    }

    function test_aSecondRollbackReplacesTheFirst() public {
        playRound(5, 5);
        rollBackTo("older state");
        failRound();
        rollBackTo("oldest state");
        rounds.open();

        assertBase(cid("oldest state").digest);
    }

    function test_aRollbackDoesNotReachIntoAnotherLineage() public {
        playRound(5, 5);
        rollBackTo("older state");
        adoptLineage("other genesis");
        rounds.open();

        assertBase(cid("other genesis").digest);
    }

    function test_aRollbackWaitsForItsLineageToComeBack() public {
        playRound(5, 5);
        rollBackTo("older state");
        adoptLineage("other genesis");
        for (uint256 i = 0; i < 3; ++i) failRound();
        rounds.open(); // falls back

        assertBase(cid("older state").digest);
    }

    function test_onlyContentCanBeABase() public {
        vm.startPrank(address(releases));
        vm.expectRevert(CidEmpty.selector);
        rounds.setBase(Cid(0, 0x55));
        vm.expectRevert(abi.encodeWithSelector(CidUnknownCodec.selector, 0x12));
        rounds.setBase(Cid("state", 0x12));
        vm.stopPrank();
    }

    function rollBackTo(string memory state) private {
        Cid memory base = cid(state);
        vm.prank(address(releases));
        rounds.setBase(base);
    }

    function assertBase(bytes32 digest) private view {
        assertEq(rounds.round().base.digest, digest, "base");
    }
}
