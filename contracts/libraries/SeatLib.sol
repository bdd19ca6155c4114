// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Progress, Seat} from "../interfaces/IRoster.sol";

/// @notice A `Seat` in one word. Lowest bits first: index (16 bits), round (32), progress (8), slot (8), hash (192).
type PackedSeat is uint256;

using SeatLib for PackedSeat global;

/// @title Reads and changes a seat.
/// @dev A word and not a struct, for the reason given at `HotLib`; casts down are safe as there.
library SeatLib {
    function index(PackedSeat seat) internal pure returns (uint16) {
        return uint16(PackedSeat.unwrap(seat));
    }

    function round(PackedSeat seat) internal pure returns (uint32) {
        return uint32(PackedSeat.unwrap(seat) >> 16);
    }

    function progress(PackedSeat seat) internal pure returns (Progress) {
        return Progress(uint8(PackedSeat.unwrap(seat) >> 48));
    }

    /// @notice Whether the entry is of round `number` and got as far as `progress_`, in one comparison.
    function isAt(PackedSeat seat, uint32 number, Progress progress_) internal pure returns (bool) {
        return uint40(PackedSeat.unwrap(seat) >> 16) == (number | (uint256(progress_) << 32));
    }

    function slot(PackedSeat seat) internal pure returns (uint8) {
        return uint8(PackedSeat.unwrap(seat) >> 56);
    }

    function hash(PackedSeat seat) internal pure returns (bytes24) {
        return bytes24(bytes32(PackedSeat.unwrap(seat)));
    }

    /// @notice The same entry at another place in the list.
    function movedTo(PackedSeat seat, uint16 index_) internal pure returns (PackedSeat) {
        return PackedSeat.wrap((PackedSeat.unwrap(seat) & ~uint256(type(uint16).max)) | index_);
    }

    /// @notice The same place in the list with a new entry.
    function entry(PackedSeat seat, uint32 round_, Progress progress_, uint8 slot_, bytes24 hash_)
        internal
        pure
        returns (PackedSeat)
    {
        uint256 word = seat.index() | (uint256(round_) << 16) | (uint256(progress_) << 48) | (uint256(slot_) << 56);
        return PackedSeat.wrap(word | uint256(bytes32(hash_))); // the upper 24 bytes
    }

    function unpack(PackedSeat seat) internal pure returns (Seat memory) {
        return Seat(seat.index(), seat.round(), seat.progress(), seat.slot(), seat.hash());
    }
}
