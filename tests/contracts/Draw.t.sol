// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {IRoundManager, Phase, Round} from "../../contracts/interfaces/IRoundManager.sol";
import {Role} from "../../contracts/interfaces/IRoster.sol";
import {Draw} from "../../contracts/libraries/Draw.sol";
import {Federation} from "./Federation.sol";
import {Test} from "./Test.sol";

/// @title The draw is a permutation, whatever the key and the number of seats.
contract DrawTest is Test {
    function testFuzz_everyPlaceIsTakenOnce(bytes32 seed, uint256 count) public pure {
        count = bound(count, 1, 300);
        bool[] memory isTaken = new bool[](count);
        for (uint256 index = 0; index < count; ++index) {
            uint256 image = Draw.permute(index, count, seed);
            assertTrue(image < count, "within the count");
            assertFalse(isTaken[image], "taken twice");
            isTaken[image] = true;
        }
    }

    function testFuzz_noTwoIndicesMeetHoweverLargeTheCount(bytes32 seed, uint256 count, uint256 one, uint256 other)
        public
        pure
    {
        count = bound(count, 2, 1 << 128);
        one = bound(one, 0, count - 1);
        other = bound(other, 0, count - 1);
        vm.assume(one != other);

        uint256 image = Draw.permute(one, count, seed);
        assertTrue(image < count, "within the count");
        assertTrue(image != Draw.permute(other, count, seed), "two indices, one place");
    }

    function test_everybodyIsDrawnEquallyOften() public pure {
        uint256[10] memory drawn;
        for (uint256 key = 0; key < 1000; ++key) {
            for (uint256 index = 0; index < 10; ++index) {
                if (Draw.permute(index, 10, keccak256(abi.encode(key))) < 3) ++drawn[index];
            }
        }

        // 300 each are expected, with a standard deviation of 14.5: five of them to both sides.
        for (uint256 index = 0; index < 10; ++index) {
            assertLe(drawn[index], 373, "drawn too often");
            assertLe(227, drawn[index], "drawn too seldom");
        }
    }

    /// @dev Computed by the node's own implementation, `node/chain/draw.py`.
    function test_aNodeDrawsTheSame() public pure {
        uint8[10] memory expected = [6, 2, 9, 1, 8, 0, 7, 3, 5, 4];
        for (uint256 index = 0; index < 10; ++index) {
            assertEq(Draw.permute(index, 10, keccak256("a key")), expected[index], "image");
        }
    }
}

/// @title More members than places: exactly as many are drawn as the guideline says, anew for each round.
contract LotsTest is Federation {
    uint256 private constant MEMBERS = 11;

    function setUp() public {
        RoundParameters memory p = defaults();
        p.trainers = 5;
        p.validators = 4;
        deploy(MEMBERS, p);
        joinAll();
    }

    /// forge-config: default.fuzz.runs = 64
    /// forge-config: deep.fuzz.runs = 2000
    function testFuzz_exactlyTheDrawnAreDrawnAndTheyMayAct(bytes32 seed) public {
        for (uint256 i = 0; i < 2; ++i) {
            rounds.open();
            assertEq(countDrawn(Role.Trainer), 5, "trainers");
            assertEq(countDrawn(Role.Validator), 4, "validators");
            commitAndReveal(seed);
            assertTrue(rounds.phase() == Phase.Vouch, "all drawn trainers have acted");
            pass(Phase.Vouch); // nobody vouches: the round fails
        }
    }

    /// forge-config: default.fuzz.runs = 64
    /// forge-config: deep.fuzz.runs = 2000
    function testFuzz_theSaltsRevealedDecideTheNextDraw(bytes32 one, bytes32 other) public {
        vm.assume(one != other);
        uint256 start = vm.snapshotState();
        uint64 first = drawKeyAfter(one);
        vm.revertToState(start);

        assertTrue(first != drawKeyAfter(other), "two salts, one key");
    }

    function test_aRoundWithoutRevealsIsDrawnAnew() public {
        failRound();
        uint64 first = rounds.round().drawKey;
        rounds.open();

        assertTrue(first != rounds.round().drawKey, "the same key twice");
    }

    function test_whoSitsButIsNotDrawnIsRefused() public {
        rounds.open();
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (rounds.isDrawn(founders[i], Role.Trainer)) continue;
            vm.expectRevert(
                abi.encodeWithSelector(IRoundManager.RoundManagerNotDrawn.selector, 1, founders[i], Role.Trainer)
            );
            vm.prank(founders[i]);
            rounds.commit(1, bytes24(uint192(1)));
        }
        commitAndReveal(0);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (rounds.isDrawn(founders[i], Role.Validator)) continue;
            vm.expectRevert(
                abi.encodeWithSelector(IRoundManager.RoundManagerNotDrawn.selector, 1, founders[i], Role.Validator)
            );
            vm.prank(founders[i]);
            rounds.vouch(1, 1);
        }
    }

    function test_whoSitsDownDuringARoundIsNotDrawnForIt() public {
        rounds.open();
        admitAndJoin(STRANGER, BOTH);

        assertFalse(rounds.isDrawn(STRANGER, Role.Trainer), "drawn");
        assertEq(countDrawn(Role.Trainer), 5, "trainers");
    }

    function drawKeyAfter(bytes32 seed) private returns (uint64) {
        rounds.open();
        commitAndReveal(seed);
        pass(Phase.Vouch);
        rounds.open();
        return rounds.round().drawKey;
    }

    /// @dev All drawn trainers, with salts from `seed`.
    function commitAndReveal(bytes32 seed) private {
        uint32 number = rounds.round().number;
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (!rounds.isDrawn(founders[i], Role.Trainer)) continue;
            bytes24 hash = rounds.updateCommitment(number, founders[i], updateOf(i, number), 1, saltFrom(seed, i));
            vm.prank(founders[i]);
            rounds.commit(number, hash);
        }
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (!rounds.isDrawn(founders[i], Role.Trainer)) continue;
            vm.prank(founders[i]);
            rounds.reveal(number, updateOf(i, number), 1, saltFrom(seed, i));
        }
    }

    function saltFrom(bytes32 seed, uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode(seed, i));
    }

    function countDrawn(Role role) private view returns (uint256 count) {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (rounds.isDrawn(founders[i], role)) ++count;
        }
    }
}
