// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IContributionToken} from "./interfaces/IContributionToken.sol";
import {IRoundManager} from "./interfaces/IRoundManager.sol";
import {Settlement} from "./Settlement.sol";

/// @title Rewards: claims against the cumulative ledger of finalised rounds
/// @notice The root of the o-th finalised round can be claimed from when the next one finalises on top of it, for as long as it
/// is among the last few: a claim of an old ledger is covered by a newer one.
abstract contract Rewards is Settlement {
    uint256 private constant KEPT_ROOTS = 8;

    /// @dev What a claim needs to know of all finalised rounds: one slot.
    struct Minting {
        uint112 mintable; // token wei: their budgets, or the most that an account can hold
        uint112 minted; // token wei
        uint32 ordinal; // of the last one
    }

    IContributionToken public immutable token;

    Minting private _minting;
    bytes32[KEPT_ROOTS] private _roots; // of ordinal o at o mod 8

    constructor(IContributionToken token_) {
        token = token_;
        // Written once here, so that the first rounds cost what later ones do. Nobody knows a tree with this root.
        for (uint256 i = 0; i < KEPT_ROOTS; ++i) _roots[i] = keccak256(abi.encode("no root", i));
    }

    /// @inheritdoc IRoundManager
    function claim(address account, uint256 cumulative, bytes32[] calldata proof, uint32 ordinal) external {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account, cumulative))));
        if (!MerkleProof.verifyCalldata(proof, rootOf(ordinal), leaf)) {
            revert RoundManagerFalseProof(ordinal, account, cumulative);
        }
        // Before the effects, as these depend on it. The token is the federation's own and calls nobody.
        uint256 claimed = token.mintEarned(account, cumulative);
        if (cumulative <= claimed) revert RoundManagerNothingToClaim(account, cumulative, claimed);
        uint256 amount = cumulative - claimed;
        uint256 minted = _minting.minted;
        uint256 left = _minting.mintable - minted;
        if (amount > left) revert RoundManagerBudgetExceeded(amount, left);

        _minting.minted = uint112(minted + amount); // safe cast: at most `mintable`, a uint112

        emit RewardClaimed(account, cumulative, amount);
    }

    /// @inheritdoc IRoundManager
    function rootOf(uint32 ordinal) public view returns (bytes32) {
        uint32 latestOrdinal = _latestOrdinal();
        if (ordinal >= latestOrdinal) revert RoundManagerNotYetClaimable(ordinal, latestOrdinal);
        // Safe cast: the difference is positive and below `latestOrdinal`, a uint32.
        uint32 oldest = latestOrdinal >= KEPT_ROOTS ? uint32(latestOrdinal - KEPT_ROOTS + 1) : 1;
        if (ordinal < oldest) revert RoundManagerOldRoot(ordinal, oldest);
        return _roots[ordinal % KEPT_ROOTS];
    }

    /// @inheritdoc IRoundManager
    function minting() external view returns (uint128 mintable, uint128 minted) {
        return (_minting.mintable, _minting.minted);
    }

    /// @dev The ordinal of the last finalised round; 0 before the first.
    function _latestOrdinal() internal view returns (uint32) {
        return _minting.ordinal;
    }

    /// @dev Counts a finalised round, and gives its ordinal.
    function _keepRoot(bytes32 root, uint128 budget) internal returns (uint32 ordinal) {
        Minting memory minting_ = _minting;
        ordinal = ++minting_.ordinal;
        // Safe cast: of a value bounded by the type. Beyond it nothing is lost, as the token cannot count further either.
        minting_.mintable = uint112(Math.min(uint256(minting_.mintable) + budget, type(uint112).max));
        _minting = minting_;
        _roots[ordinal % KEPT_ROOTS] = root;
    }
}
