// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A keyed permutation of 0 … count − 1: exactly K indices are drawn, and each check costs the same for any count.
/// @notice A Feistel network of four rounds over 2h bits, where h ≥ 1 is the smallest number with 4^h ≥ count. An output that
/// is not below `count` is put through again (cycle walking; below four passes on average, as 4^h < 4 · count).
///
///     x = index
///     repeat: left = x >> h; right = x & (2^h − 1)
///             four times, r = 0 … 3: (left, right) = (right, left ^ (uint256(keccak256(abi.encode(seed, r, right))) & (2^h − 1)))
///             x = left << h | right
///     until x < count
///
/// `seed` is a bytes32 word, r and right are uint256 words.
library Draw {
    uint256 private constant FEISTEL_ROUNDS = 4;

    /// @notice Where the permutation keyed by `seed` puts `index`; needs index < count ≤ 2^128.
    function permute(uint256 index, uint256 count, bytes32 seed) internal pure returns (uint256 image) {
        uint256 halfBits = 1;
        while (1 << (2 * halfBits) < count) ++halfBits;

        image = index;
        do image = _encrypt(image, halfBits, seed);
        while (image >= count);
    }

    function _encrypt(uint256 x, uint256 halfBits, bytes32 seed) private pure returns (uint256) {
        uint256 mask = (1 << halfBits) - 1;
        uint256 left = x >> halfBits;
        uint256 right = x & mask;
        for (uint256 r = 0; r < FEISTEL_ROUNDS; ++r) {
            (left, right) = (right, left ^ (uint256(keccak256(abi.encode(seed, r, right))) & mask));
        }
        return (left << halfBits) | right;
    }
}
