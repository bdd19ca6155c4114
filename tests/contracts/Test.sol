// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The cheat codes that these tests use, as forge understands them.
interface Vm {
    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    struct DirEntry {
        string errorMessage;
        string path;
        uint64 depth;
        bool isDir;
        bool isSymlink;
    }

    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function lastCallGas() external view returns (Gas memory);
    function serializeUint(string calldata object, string calldata key, uint256 value) external returns (string memory);
    function readDir(string calldata path) external view returns (DirEntry[] memory);
    function readFile(string calldata path) external view returns (string memory);
    function writeFile(string calldata path, string calldata content) external;
    function parseJson(string calldata json, string calldata path) external pure returns (bytes memory);
    function parseJsonKeys(string calldata json, string calldata path) external pure returns (string[] memory);
    function prank(address caller) external;
    function startPrank(address caller) external;
    function stopPrank() external;
    function warp(uint256 timestamp) external;
    function assume(bool condition) external pure;
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function expectPartialRevert(bytes4 selector) external;
    function expectEmit() external;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function getNonce(address account) external view returns (uint64);
    function toString(uint256 value) external pure returns (string memory);
    function label(address account, string calldata name) external;
    function addr(uint256 key) external pure returns (address);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function deal(address account, uint256 balance) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool);
}

/// @title The little of forge-std that these tests need; it is not on npm under its authors' name.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqual(bytes32 left, bytes32 right, string reason);
    error NotAbove(uint256 left, uint256 right, string reason);
    error NotTrue(string reason);

    function assertTrue(bool condition, string memory reason) internal pure {
        if (!condition) revert NotTrue(reason);
    }

    function assertFalse(bool condition, string memory reason) internal pure {
        assertTrue(!condition, reason);
    }

    function assertEq(uint256 left, uint256 right, string memory reason) internal pure {
        if (left != right) revert NotEqual(bytes32(left), bytes32(right), reason);
    }

    function assertEq(address left, address right, string memory reason) internal pure {
        assertEq(uint256(uint160(left)), uint256(uint160(right)), reason);
    }

    function assertEq(bytes32 left, bytes32 right, string memory reason) internal pure {
        if (left != right) revert NotEqual(left, right, reason);
    }

    function assertLe(uint256 left, uint256 right, string memory reason) internal pure {
        if (left > right) revert NotAbove(right, left, reason);
    }

    /// @dev `value` folded into [minimum, maximum].
    function bound(uint256 value, uint256 minimum, uint256 maximum) internal pure returns (uint256) {
        if (maximum - minimum == type(uint256).max) return value;
        return minimum + (value % (maximum - minimum + 1));
    }
}
