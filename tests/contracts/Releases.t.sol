// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Candidate, IReleaseRegistry, Release} from "../../contracts/interfaces/IReleaseRegistry.sol";
import {Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Cid, CidEmpty} from "../../contracts/libraries/CidLib.sol";
import {Federation} from "./Federation.sol";

/// @title From a finalised round to a candidate, a release, and back to an older one.
contract ReleasesTest is Federation {
    bytes32 private constant NOTES = "digest of the notes";

    Result private first; // of round 1

    function setUp() public {
        deploy(5, defaults());
        joinAll();
        first = playRound(5, 5);
    }

    // Candidates.

    function test_aMemberProposesTheStateOfAFinalisedRound() public {
        propose(0, 1, first);

        Candidate memory candidate = releases.candidateOf(1);
        assertEq(candidate.round, 1, "round");
        assertEq(candidate.version, 1, "version");
        assertEq(candidate.lineage, 1, "lineage");
        assertEq(candidate.proposer, founders[0], "proposer");
        assertEq(candidate.state.digest, first.state.digest, "state");
        assertEq(candidate.record.digest, first.record.digest, "record");
        assertEq(candidate.notes.digest, NOTES, "notes");
    }

    function test_aCandidateIsOfTheVersionItsRoundRanUnder() public {
        adoptLineage("other genesis");
        propose(0, 1, first);
        assertEq(releases.candidateOf(1).lineage, 1, "lineage of round 1");

        Result memory second = playRound(5, 5);
        propose(0, 2, second);
        assertEq(releases.candidateOf(2).version, 2, "version of round 2");
        assertEq(releases.candidateOf(2).lineage, 2, "lineage of round 2");
    }

    function test_anyFinalisedRoundCanBeProposedHoweverOld() public {
        for (uint256 i = 0; i < 10; ++i) playRound(5, 5);
        propose(0, 1, first);

        assertEq(releases.candidateCount(), 1, "candidates");
    }

    function test_anotherStateOrRecordIsRefused() public {
        Result memory other = first;
        other.state = cid("mine");
        expectNotFinalised(1, first);
        propose(0, 1, other);

        other = first;
        other.record = cid("mine");
        expectNotFinalised(1, first);
        propose(0, 1, other);

        other = first;
        other.state.codec = 0x70;
        expectNotFinalised(1, first);
        propose(0, 1, other);
    }

    function test_aRoundThatFailedOrNeverWasHasNoCandidate() public {
        failRound();
        for (uint32 round = 0; round < 4; ++round) {
            if (round == 1) continue;
            vm.expectRevert(
                abi.encodeWithSelector(IReleaseRegistry.ReleaseRegistryNotFinalised.selector, round, bytes28(0))
            );
            propose(0, round, first);
        }
    }

    function test_aRoundWithAnAgreedResultButTooFewUpdatesHasNoCandidate() public {
        rounds.open();
        Result memory result = goodResult(5);
        result.malformed = 7;
        playUntilDisclose(5, 5, result);
        discloseAll(5, result);
        rounds.finalise(2, result);

        vm.expectPartialRevert(IReleaseRegistry.ReleaseRegistryNotFinalised.selector);
        propose(0, 2, result);
    }

    function test_onlyActiveMembersPropose() public {
        vm.expectRevert(abi.encodeWithSelector(IReleaseRegistry.ReleaseRegistryUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        releases.propose(1, first.state, first.record, Cid(NOTES, 0x55));

        vm.prank(founders[4]);
        membership.exit();
        vm.expectRevert(
            abi.encodeWithSelector(IReleaseRegistry.ReleaseRegistryUnauthorized.selector, founders[4])
        );
        propose(4, 1, first);
    }

    function test_aCandidateHasNotes() public {
        vm.expectRevert(CidEmpty.selector);
        vm.prank(founders[0]);
        releases.propose(1, first.state, first.record, Cid(0, 0x55));
    }

    // Releases.

    function test_aVoteReleasesACandidate() public {
        propose(0, 1, first);

        vm.expectEmit();
        emit IReleaseRegistry.ReleasePublished(1, 1, 0);
        publish(1);
        (uint32 id, Release memory release, Candidate memory candidate) = releases.latest();
        assertEq(id, 1, "release");
        assertEq(release.candidateId, 1, "candidate");
        assertEq(release.publishedAt, block.timestamp, "time");
        assertEq(release.rollbackOf, 0, "rollback of");
        assertEq(releases.releaseOf(1).publishedAt, block.timestamp, "time, by number");
        assertEq(candidate.state.digest, first.state.digest, "state");
    }

    function test_aCandidateIsReleasedOnce() public {
        propose(0, 1, first);
        publish(1);

        vm.expectRevert(
            abi.encodeWithSelector(IReleaseRegistry.ReleaseRegistryAlreadyPublished.selector, 1, 1)
        );
        publish(1);
    }

    function test_candidatesAndReleasesThatDoNotExistAreRefused() public {
        propose(0, 1, first);
        uint32[2] memory unknown = [uint32(0), 2];
        for (uint256 i = 0; i < 2; ++i) {
            expectUnknownCandidate(unknown[i]);
            publish(unknown[i]);
            expectUnknownCandidate(unknown[i]);
            releases.candidateOf(unknown[i]);
        }
        for (uint32 release = 0; release < 2; ++release) {
            expectUnknownRelease(release);
            rollBack(release);
            expectUnknownRelease(release);
            releases.releaseOf(release);
        }
    }

    function test_beforeTheFirstReleaseNoneIsInForce() public {
        expectUnknownRelease(0);
        releases.latest();
    }

    // Rollback.

    function test_aRollbackReleasesAnOlderReleaseAgainAndSetsTheBase() public {
        releaseTwo();

        vm.expectEmit();
        emit IReleaseRegistry.ReleasePublished(3, 1, 1);
        rollBack(1);
        (uint32 id, Release memory release, Candidate memory candidate) = releases.latest();
        assertEq(id, 3, "release");
        assertEq(release.rollbackOf, 1, "rollback of");
        assertEq(candidate.round, 1, "round");
        rounds.open();
        assertEq(rounds.round().base.digest, first.state.digest, "base of the next round");
    }

    function test_aRollbackToAnotherLineageReleasesWithoutSettingTheBase() public {
        propose(0, 1, first);
        publish(1);
        adoptLineage("other genesis");
        Result memory second = playRound(5, 5);
        rollBack(1);
        rounds.open();

        assertEq(releases.releaseCount(), 2, "releases");
        assertEq(rounds.round().base.digest, second.state.digest, "base of the next round");
    }

    function test_aRollbackCanBeRolledBack() public {
        releaseTwo();
        rollBack(1);
        rollBack(2);
        (, Release memory release, Candidate memory candidate) = releases.latest();

        assertEq(release.rollbackOf, 2, "rollback of");
        assertEq(candidate.round, 2, "round");
    }

    function releaseTwo() private {
        propose(0, 1, first);
        publish(1);
        Result memory second = playRound(5, 5);
        propose(0, 2, second);
        publish(2);
    }

    function propose(uint256 i, uint32 round, Result memory result) private {
        vm.prank(founders[i]);
        releases.propose(round, result.state, result.record, Cid(NOTES, 0x55));
    }

    function publish(uint32 candidate) private {
        vm.prank(address(timelock));
        releases.publish(candidate);
    }

    function rollBack(uint32 release) private {
        vm.prank(address(timelock));
        releases.rollback(release);
    }

    function expectNotFinalised(uint32 round, Result memory result) private {
        bytes28 contentHash = bytes28(keccak256(abi.encode(result.state, result.record)));
        vm.expectRevert(
            abi.encodeWithSelector(IReleaseRegistry.ReleaseRegistryNotFinalised.selector, round, contentHash)
        );
    }

    function expectUnknownCandidate(uint32 candidate) private {
        vm.expectRevert(
            abi.encodeWithSelector(IReleaseRegistry.ReleaseRegistryUnknownCandidate.selector, candidate)
        );
    }

    function expectUnknownRelease(uint32 release) private {
        vm.expectRevert(abi.encodeWithSelector(IReleaseRegistry.ReleaseRegistryUnknownRelease.selector, release));
    }
}
