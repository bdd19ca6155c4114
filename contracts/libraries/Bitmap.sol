// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Sets of up to 256 slots.
library Bitmap {
    /// @notice How many bits are set; costs the same for every bitmap.
    function count(uint256 bitmap) internal pure returns (uint256) {
        // Safe: every step adds neighbouring fields that are wide enough for the sum (at most 256, which needs nine bits, held in
        // the 16-bit fields of the last steps).
        unchecked {
            bitmap -= (bitmap >> 1) & (type(uint256).max / 3); // fields of 2 bits
            bitmap = (bitmap & (type(uint256).max / 5)) + ((bitmap >> 2) & (type(uint256).max / 5)); // 4 bits
            bitmap = (bitmap + (bitmap >> 4)) & (type(uint256).max / 17); // 8 bits
            bitmap = (bitmap + (bitmap >> 8)) & (type(uint256).max / 257); // 16 bits
            return (bitmap * (type(uint256).max / 65535)) >> 240; // the top 16 bits of the product are the sum of all fields
        }
    }

    /// @notice Whether `slot` is in the set.
    function has(uint256 bitmap, uint256 slot) internal pure returns (bool) {
        return (bitmap >> slot) & 1 != 0;
    }

    /// @notice Whether a member lies at or above `size`.
    function exceeds(uint256 bitmap, uint256 size) internal pure returns (bool) {
        return bitmap >> size != 0;
    }
}
