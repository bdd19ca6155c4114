// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Rows} from "./Rows.sol";

/// @title Calls that carry a signature, by an account that is nobody's: whoever sends them, the signer has decided (EIP-712).
abstract contract Signatures is Rows {
    uint256 private constant KEY = 0x51;

    function delegationTo(address delegatee) internal view returns (bytes memory) {
        bytes32 typeHash = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
        bytes32 structHash = keccak256(abi.encode(typeHash, delegatee, 0, type(uint256).max));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest("Contribution", address(token), structHash));
        return abi.encodeCall(token.delegateBySig, (delegatee, 0, type(uint256).max, v, r, s));
    }

    function voteBySignature(uint256 id) internal view returns (bytes memory) {
        address voter = vm.addr(KEY);
        bytes32 structHash = keccak256(abi.encode(governor.BALLOT_TYPEHASH(), id, 1, voter, 0));
        return abi.encodeCall(governor.castVoteBySig, (id, 1, voter, _signedVote(structHash)));
    }

    function reasonedVoteBySignature(uint256 id) internal view returns (bytes memory) {
        address voter = vm.addr(KEY);
        bytes32 empty = keccak256("");
        bytes32 structHash = keccak256(abi.encode(governor.EXTENDED_BALLOT_TYPEHASH(), id, 1, voter, 0, empty, empty));
        bytes memory signature = _signedVote(structHash);
        return abi.encodeCall(governor.castVoteWithReasonAndParamsBySig, (id, 1, voter, "", "", signature));
    }

    function _signedVote(bytes32 structHash) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest("FederationGovernor", address(governor), structHash));
        return abi.encodePacked(r, s, v);
    }

    function _digest(string memory name, address verifier, bytes32 structHash) private view returns (bytes32) {
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain =
            keccak256(abi.encode(domainType, keccak256(bytes(name)), keccak256("1"), block.chainid, verifier));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
