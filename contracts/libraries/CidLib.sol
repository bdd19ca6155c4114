// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A content id: CIDv1 with a sha2-256 digest.
/// @param digest sha2-256 of the root block.
/// @param codec 0x55 (raw, one block) or 0x70 (dag-pb, a UnixFS tree).
struct Cid {
    bytes32 digest;
    uint8 codec;
}

/// @notice The digest is zero: this names no content.
error CidEmpty();

/// @notice The codec is neither raw (0x55) nor dag-pb (0x70).
error CidUnknownCodec(uint8 codec);

/// @title The two kinds of content id that fednode knows.
library CidLib {
    uint8 internal constant RAW = 0x55;
    uint8 internal constant DAG_PB = 0x70;

    /// @notice Reverts unless this content id names content under a known codec.
    /// @dev Takes its parts, so that one in calldata need not be copied.
    function requireValid(bytes32 digest, uint8 codec) internal pure {
        if (digest == bytes32(0)) revert CidEmpty();
        if (codec != RAW && codec != DAG_PB) revert CidUnknownCodec(codec);
    }

    /// @notice Whether `cid` is the zero value that stands for "none".
    function isEmpty(Cid memory cid) internal pure returns (bool) {
        return cid.digest == bytes32(0);
    }
}
