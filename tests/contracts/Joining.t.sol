// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMembership, Member, Status} from "../../contracts/interfaces/IMembership.sol";
import {Role} from "../../contracts/interfaces/IRoster.sol";
import {Federation} from "./Federation.sol";

/// @title Becoming a member: founders by proof, everybody else by vote.
contract JoiningTest is Federation {
    address private constant NEWCOMER = address(0xBEE);

    function setUp() public {
        deploy(5, defaults());
    }

    // Founders.

    function test_aFounderJoinsWithItsGrantAndABond() public {
        join(2, BOTH);

        Member memory founder = membership.member(founders[2]);
        assertEq(token.balanceOf(founders[2]), GRANT, "grant");
        assertEq(founder.bond, defaults().airdrop, "bond: as much as a newcomer's");
        assertEq(founder.id, 1, "id");
        assertEq(founder.roles, BOTH, "roles");
        assertEq(founder.encryptionKey, bytes32(uint256(3)), "key");
        assertTrue(membership.isActive(founders[2]), "active");
        assertTrue(membership.isEligible(founders[2]), "eligible");
    }

    function test_aFoundersGrantVotes() public {
        join(0, BOTH);

        assertEq(token.getVotes(founders[0]), 1e11, "the root of 10,000 tokens");
    }

    function test_aFounderCannotTakeMoreThanItsGrant() public {
        bytes32[] memory proof = proofOf(0);

        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipFalseProof.selector, founders[0], GRANT + 1)
        );
        vm.prank(founders[0]);
        membership.joinFounder(GRANT + 1, 0, BOTH, proof);
    }

    function test_nobodyJoinsWithAFoundersProof() public {
        bytes32[] memory proof = proofOf(0);

        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipFalseProof.selector, STRANGER, GRANT));
        vm.prank(STRANGER);
        membership.joinFounder(GRANT, 0, BOTH, proof);
    }

    function test_nobodyJoinsByAnInnerNodeOfTheTree() public {
        bytes32[] memory shorter = new bytes32[](proofOf(0).length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) shorter[i] = proofOf(0)[i + 1];

        vm.expectPartialRevert(IMembership.MembershipFalseProof.selector);
        vm.prank(founders[0]);
        membership.joinFounder(GRANT, 0, BOTH, shorter);
    }

    function test_aFounderJoinsOnce() public {
        join(0, BOTH);
        bytes32[] memory proof = proofOf(0);

        expectWrongStatus(founders[0], Status.Active);
        vm.prank(founders[0]);
        membership.joinFounder(GRANT, 0, BOTH, proof);
    }

    function test_aFounderWhoLeftCannotTakeTheGrantAgain() public {
        join(0, BOTH);
        bytes32[] memory proof = proofOf(0);
        vm.prank(founders[0]);
        membership.exit();

        expectWrongStatus(founders[0], Status.Exited);
        vm.prank(founders[0]);
        membership.joinFounder(GRANT, 0, BOTH, proof);
    }

    function test_aFounderVotedOutBeforeItJoinedStaysOut() public {
        admit(founders[0]);
        expel(founders[0]);
        bytes32[] memory proof = proofOf(0);

        expectWrongStatus(founders[0], Status.Expelled);
        vm.prank(founders[0]);
        membership.joinFounder(GRANT, 0, BOTH, proof);
    }

    function test_aFounderVotedOutAndInAgainVotes() public {
        admit(founders[0]);
        expel(founders[0]);
        admit(founders[0]);
        join(0, BOTH);

        assertEq(token.getVotes(founders[0]), 1e11, "votes");
    }

    // Everybody else.

    function test_whoIsAdmittedJoinsWithAnAirdropAndABond() public {
        admitAndJoin(NEWCOMER, 1);

        Member memory newcomer = membership.member(NEWCOMER);
        assertEq(token.balanceOf(NEWCOMER), defaults().airdrop, "airdrop");
        assertEq(newcomer.bond, defaults().airdrop, "bond");
        assertEq(token.getVotes(NEWCOMER), 0, "an airdrop does not vote");
        assertTrue(membership.isEligible(NEWCOMER), "eligible");
    }

    function test_aStrangerCannotJoin() public {
        expectWrongStatus(STRANGER, Status.None);
        vm.prank(STRANGER);
        membership.join(0, BOTH);
    }

    function test_whoIsAdmittedIsNotYetAMember() public {
        admit(NEWCOMER);

        assertFalse(membership.isActive(NEWCOMER), "active");
        assertEq(token.balanceOf(NEWCOMER), 0, "tokens");
        assertEq(membership.memberCount(), 0, "members");
    }

    function test_nobodyIsAdmittedTwice() public {
        admit(NEWCOMER);
        expectWrongStatus(NEWCOMER, Status.Admitted);
        admit(NEWCOMER);

        vm.prank(NEWCOMER);
        membership.join(0, BOTH);
        expectWrongStatus(NEWCOMER, Status.Active);
        admit(NEWCOMER);
    }

    function test_rolesAreTrainerValidatorOrBoth() public {
        admit(NEWCOMER);

        vm.startPrank(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipInvalidRoles.selector, 0));
        membership.join(0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipInvalidRoles.selector, 4));
        membership.join(0, 4);
        vm.stopPrank();
    }

    function test_idsCountFromOneInTheOrderOfJoining() public {
        join(3, BOTH);
        admitAndJoin(NEWCOMER, BOTH);
        join(1, BOTH);

        assertEq(membership.memberCount(), 3, "members");
        assertEq(membership.accountOf(1), founders[3], "first");
        assertEq(membership.accountOf(2), NEWCOMER, "second");
        assertEq(membership.accountOf(3), founders[1], "third");
        assertEq(membership.accountOf(4), address(0), "nobody");
    }

    function test_aNewMemberSitsOnTheListsOfItsRolesFromTheNextRoundOn() public {
        admitAndJoin(NEWCOMER, 1);
        assertEq(rounds.expectedCount(Role.Trainer), 1, "expected trainers");
        assertEq(rounds.seatedCount(Role.Trainer), 0, "seated trainers");
        rounds.applyRosterChanges();

        assertEq(rounds.seatedCount(Role.Trainer), 1, "seated trainers");
        assertEq(rounds.seatOf(NEWCOMER, Role.Trainer).index, 1, "seat");
        assertEq(rounds.seatedCount(Role.Validator), 0, "seated validators");
    }

    function test_aMemberReplacesItsEncryptionKey() public {
        join(0, BOTH);

        vm.expectEmit();
        emit IMembership.EncryptionKeyChanged(founders[0], "new key");
        vm.prank(founders[0]);
        membership.setEncryptionKey("new key");
        assertEq(membership.member(founders[0]).encryptionKey, "new key", "key");
    }

    function expel(address account) private {
        vm.prank(address(timelock));
        membership.expel(account);
    }

    function expectWrongStatus(address account, Status status) private {
        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipWrongStatus.selector, account, status));
    }
}

/// @title A federation of one founder: the tree is its leaf and the proof is empty.
contract LoneFounderTest is Federation {
    function test_aLoneFounderJoinsWithAnEmptyProof() public {
        deploy(1, defaults());
        assertEq(proofOf(0).length, 0, "proof");
        join(0, BOTH);

        assertTrue(membership.isActive(founders[0]), "active");
    }
}
