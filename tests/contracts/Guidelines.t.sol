// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Guideline, IGuidelineRegistry, RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {Cid, CidEmpty, CidUnknownCodec} from "../../contracts/libraries/CidLib.sol";
import {Federation} from "./Federation.sol";

/// @title Guideline versions, their lineages, and the bounds that no vote can leave.
contract GuidelinesTest is Federation {
    uint256 private constant LARGEST_AMOUNT = type(uint96).max;

    function setUp() public {
        deploy(3, defaults());
    }

    // Versions and lineages.

    function test_deploymentAdoptsTheFirstVersionOfTheFirstLineage() public view {
        Guideline memory first = guidelines.guidelineOf(1);
        assertEq(guidelines.currentVersion(), 1, "version");
        assertEq(first.lineage, 1, "lineage");
        assertEq(first.guideline.digest, cid("guideline").digest, "document");
        assertEq(first.genesisState.digest, cid("genesis").digest, "genesis state");
    }

    function test_aNewVersionWithoutAGenesisStateContinuesTheLineage() public {
        adopt(defaults());

        Guideline memory second = guidelines.guidelineOf(2);
        assertEq(guidelines.currentVersion(), 2, "version");
        assertEq(second.lineage, 1, "lineage");
        assertEq(second.genesisState.digest, cid("genesis").digest, "genesis state");
    }

    function test_aGenesisStateStartsALineage() public {
        adoptLineage("other genesis");

        assertEq(guidelines.guidelineOf(2).lineage, 2, "lineage");
        assertEq(guidelines.guidelineOf(2).genesisState.digest, cid("other genesis").digest, "genesis state");
        assertEq(guidelines.guidelineOf(1).lineage, 1, "the first version is as it was");
    }

    function test_everyVersionKeepsItsOwnParameters() public {
        RoundParameters memory other = defaults();
        other.budget = 7;
        adopt(other);

        assertEq(guidelines.parametersOf(1).budget, 1000e18, "first");
        assertEq(guidelines.parametersOf(2).budget, 7, "second");
        assertEq(guidelines.parameters().budget, 7, "current");
    }

    function test_fallingBackMakesAnOlderVersionCurrent() public {
        adopt(defaults());

        vm.expectEmit();
        emit IGuidelineRegistry.GuidelineFellBack(2, 1);
        fallBack(1);
        assertEq(guidelines.currentVersion(), 1, "version");
        assertEq(guidelines.versionCount(), 2, "no version is lost");
    }

    function test_aLineageNumberIsNeverUsedTwice() public {
        adoptLineage("second");
        fallBack(1);
        adoptLineage("third");

        assertEq(guidelines.guidelineOf(3).lineage, 3, "lineage");
    }

    function test_afterAFallbackANewVersionContinuesTheLineageFallenBackTo() public {
        adoptLineage("second");
        fallBack(1);
        adopt(defaults());

        assertEq(guidelines.guidelineOf(3).lineage, 1, "lineage");
        assertEq(guidelines.guidelineOf(3).genesisState.digest, cid("genesis").digest, "genesis state");
    }

    function test_versionsThatDoNotExistAreRefused() public {
        uint32[2] memory unknown = [uint32(0), 2];
        for (uint256 i = 0; i < 2; ++i) {
            expectUnknown(unknown[i]);
            guidelines.guidelineOf(unknown[i]);
            expectUnknown(unknown[i]);
            guidelines.parametersOf(unknown[i]);
            expectUnknown(unknown[i]);
            fallBack(unknown[i]);
        }
    }

    // Contents.

    function test_aGuidelineNeedsADocument() public {
        vm.expectRevert(CidEmpty.selector);
        vm.prank(address(timelock));
        guidelines.adopt(Cid(0, 0x55), Cid(0, 0), defaults());
    }

    function test_contentIsRawOrADagOfBlocks() public {
        vm.expectRevert(abi.encodeWithSelector(CidUnknownCodec.selector, 0x71));
        vm.prank(address(timelock));
        guidelines.adopt(Cid("guideline", 0x71), Cid(0, 0), defaults());

        vm.expectRevert(abi.encodeWithSelector(CidUnknownCodec.selector, 0));
        vm.prank(address(timelock));
        guidelines.adopt(Cid("guideline", 0x70), Cid("genesis", 0), defaults());
    }

    // Bounds. `inside` adopts; `outside` must be refused in the parameter's name.

    function test_atMost256TrainersAreDrawn() public {
        RoundParameters memory p = defaults();
        inside(p); // 256
        p.trainers = 257;
        outside(p, "trainers", 257, 1, 256);
        p.trainers = 0;
        outside(p, "trainers", 0, 1, 256);
    }

    function test_atMost32ValidatorsAreDrawn() public {
        RoundParameters memory p = defaults();
        inside(p); // 32
        p.validators = 33;
        outside(p, "validators", 33, 1, 32);
        p.validators = 0;
        outside(p, "validators", 0, 1, 32);
    }

    function test_updatesNeededCanBeMadeByTheTrainersNeededAndThoseAreDrawn() public {
        RoundParameters memory p = defaults();
        p.trainers = 5;
        p.minTrainers = 5;
        p.minUpdates = 5;
        inside(p);
        p.minUpdates = 6;
        outside(p, "minUpdates", 6, 1, 5);
        p.minUpdates = 0;
        outside(p, "minUpdates", 0, 1, 5);
        p.minUpdates = 4;
        p.minTrainers = 3;
        outside(p, "minTrainers", 3, 4, 5);
        p.minTrainers = 6;
        outside(p, "minTrainers", 6, 4, 5);
    }

    function test_validatorsNeededAreDrawn() public {
        RoundParameters memory p = defaults();
        p.validators = 3;
        inside(p);
        p.minValidators = 4;
        outside(p, "minValidators", 4, 1, 3);
        p.minValidators = 0;
        outside(p, "minValidators", 0, 1, 3);
    }

    function test_aFaultPointLimitOfZeroWouldSuspendEverybody() public {
        RoundParameters memory p = defaults();
        p.faultPointLimit = 255;
        inside(p);
        p.faultPointLimit = 0;
        outside(p, "faultPointLimit", 0, 1, 255);
    }

    function test_everyPhaseTakesBetweenASecondAndThirtyDays() public {
        RoundParameters memory p = longest();
        inside(p);
        p.commitSeconds = 30 days + 1;
        outside(p, "commitSeconds", 30 days + 1, 1, 30 days);
        (p = longest()).revealSeconds = 0;
        outside(p, "revealSeconds", 0, 1, 30 days);
        (p = longest()).vouchSeconds = 0;
        outside(p, "vouchSeconds", 0, 1, 30 days);
        (p = longest()).attestSeconds = 30 days + 1;
        outside(p, "attestSeconds", 30 days + 1, 1, 30 days);
        (p = longest()).discloseSeconds = 0;
        outside(p, "discloseSeconds", 0, 1, 30 days);
    }

    function test_aBondStaysLockedForTwoWholeRounds() public {
        RoundParameters memory p = defaults();
        inside(p); // 1000 seconds: twice five phases of 100
        p.unbondDelay = 999;
        outside(p, "unbondDelay", 999, 1000, type(uint32).max);
    }

    function test_amountsStaySmallEnoughToBeAddedUp() public {
        RoundParameters memory p = defaults();
        p.budget = uint128(LARGEST_AMOUNT);
        p.airdrop = uint128(LARGEST_AMOUNT);
        inside(p);
        p.budget += 1;
        outside(p, "budget", LARGEST_AMOUNT + 1, 0, LARGEST_AMOUNT);
        p.budget = 0;
        p.airdrop += 1;
        outside(p, "airdrop", LARGEST_AMOUNT + 1, 105e18, LARGEST_AMOUNT);
        p.minimumBond = uint128(LARGEST_AMOUNT + 1);
        outside(p, "minimumBond", LARGEST_AMOUNT + 1, 0, LARGEST_AMOUNT);
    }

    function test_aSmallPenaltyIsAtMostATwentiethOfTheMinimumBond() public {
        RoundParameters memory p = defaults();
        inside(p); // 5 of 100
        p.softPenalty = 5e18 + 1;
        outside(p, "softPenalty", 5e18 + 1, 0, 5e18);
    }

    function test_aHardPenaltyLiesBetweenTheSmallOneAndTheMinimumBond() public {
        RoundParameters memory p = defaults();
        p.hardPenalty = 100e18;
        inside(p);
        p.hardPenalty = 100e18 + 1;
        outside(p, "hardPenalty", 100e18 + 1, 5e18, 100e18);
        p.hardPenalty = 5e18 - 1;
        outside(p, "hardPenalty", 5e18 - 1, 5e18, 100e18);
    }

    function test_anAirdropSurvivesASmallPenalty() public {
        RoundParameters memory p = defaults();
        p.airdrop = 105e18;
        inside(p);
        p.airdrop = 105e18 - 1;
        outside(p, "airdrop", 105e18 - 1, 105e18, LARGEST_AMOUNT);
    }

    function inside(RoundParameters memory p) private {
        uint32 before = guidelines.versionCount();
        adopt(p);
        assertEq(guidelines.versionCount(), before + 1, "versions");
    }

    function outside(RoundParameters memory p, bytes32 parameter, uint256 value, uint256 minimum, uint256 maximum)
        private
    {
        vm.expectRevert(
            abi.encodeWithSelector(
                IGuidelineRegistry.GuidelineRegistryOutOfBounds.selector, parameter, value, minimum, maximum
            )
        );
        vm.prank(address(timelock));
        guidelines.adopt(Cid("guideline", 0x55), Cid(0, 0), p);
    }

    function longest() private pure returns (RoundParameters memory p) {
        p = defaults();
        p.commitSeconds = 30 days;
        p.revealSeconds = 30 days;
        p.vouchSeconds = 30 days;
        p.attestSeconds = 30 days;
        p.discloseSeconds = 30 days;
        p.unbondDelay = 300 days;
    }

    function fallBack(uint32 version) private {
        vm.prank(address(rounds));
        guidelines.fallBack(version);
    }

    function expectUnknown(uint32 version) private {
        vm.expectRevert(
            abi.encodeWithSelector(IGuidelineRegistry.GuidelineRegistryUnknownVersion.selector, version)
        );
    }
}
