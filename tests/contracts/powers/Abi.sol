// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "../Test.sol";

/// @title What a compiled contract can be asked to do, from the interface that forge wrote beside its code.
abstract contract Abi is Test {
    string private constant CHANGES_STATE =
        "$.abi[?(@.type == 'function' && @.stateMutability != 'view' && @.stateMutability != 'pure')].name";

    /// @dev Signatures of all functions that are neither view nor pure. Needs at least two of them.
    function stateChanging(string memory contract_) internal view returns (string[] memory signatures) {
        string memory artifact = vm.readFile(string.concat("build/forge/", contract_, ".sol/", contract_, ".json"));
        string[] memory all = vm.parseJsonKeys(artifact, ".methodIdentifiers");
        string[] memory names = abi.decode(vm.parseJson(artifact, CHANGES_STATE), (string[]));

        signatures = new string[](all.length);
        uint256 found;
        for (uint256 i = 0; i < all.length; ++i) {
            if (_isAmong(_nameOf(all[i]), names)) signatures[found++] = all[i];
        }
        assembly ("memory-safe") {
            mstore(signatures, found) // cut to what was found
        }
    }

    function selectorOf(string memory signature) internal pure returns (bytes4) {
        return bytes4(keccak256(bytes(signature)));
    }

    /// @dev What stands before the parameters.
    function _nameOf(string memory signature) private pure returns (string memory name) {
        bytes memory text = bytes(signature);
        uint256 length;
        while (text[length] != "(") ++length;
        name = new string(length);
        for (uint256 i = 0; i < length; ++i) bytes(name)[i] = text[i];
    }

    function _isAmong(string memory name, string[] memory names) private pure returns (bool) {
        for (uint256 i = 0; i < names.length; ++i) {
            if (keccak256(bytes(names[i])) == keccak256(bytes(name))) return true;
        }
        return false;
    }
}
