// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bitmap} from "../../contracts/libraries/Bitmap.sol";
import {Test} from "./Test.sol";

/// @title Sets of slots, counted slowly and quickly.
contract BitmapTest is Test {
    function testFuzz_countsBits(uint256 bitmap) public pure {
        uint256 bits;
        for (uint256 rest = bitmap; rest != 0; rest >>= 1) bits += rest & 1;

        assertEq(Bitmap.count(bitmap), bits, "bits");
    }

    function test_countsTheEmptyAndTheFullSet() public pure {
        assertEq(Bitmap.count(0), 0, "empty");
        assertEq(Bitmap.count(type(uint256).max), 256, "full");
        for (uint256 slot = 0; slot < 256; ++slot) assertEq(Bitmap.count(1 << slot), 1, "one slot");
    }

    function testFuzz_hasTheSlotsThatWereAdded(uint256 bitmap, uint8 slot, uint8 other) public pure {
        assertTrue(Bitmap.has(bitmap | (1 << slot), slot), "added");
        assertFalse(Bitmap.has(bitmap & ~(uint256(1) << slot), slot), "removed");
        if (other != slot) {
            assertTrue(Bitmap.has(bitmap ^ (1 << slot), other) == Bitmap.has(bitmap, other), "another slot");
        }
    }

    function testFuzz_exceedsASizeIfAnySlotLiesBeyondIt(uint256 bitmap, uint256 size) public pure {
        size = bound(size, 0, 256);
        bool beyond = false;
        for (uint256 slot = size; slot < 256; ++slot) beyond = beyond || Bitmap.has(bitmap, slot);

        assertTrue(Bitmap.exceeds(bitmap, size) == beyond, "beyond the size");
    }
}
