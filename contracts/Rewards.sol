// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IContributionToken} from "./interfaces/IContributionToken.sol";
import {IRoundManager} from "./interfaces/IRoundManager.sol";
import {Settlement} from "./Settlement.sol";

/// @title Rewards: claims against the cumulative ledger of finalised rounds
/// @notice The root of the o-th finalised round can be claimed from when the next one finalises on top of it, for as long as it
/// is among the last few: a claim of an old ledger is covered by a newer one.
abstract contract Rewards is Settlement {
    uint256 private constant KEPT_ROOTS = 8;

    struct Minting {
        uint128 mintable; // token wei: budgets of all finalised rounds
        uint128 minted; // token wei
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
        uint256 claimed = token.earnedOf(account);
        if (cumulative <= claimed) revert RoundManagerNothingToClaim(account, cumulative, claimed);
        uint256 amount = cumulative - claimed;
        Minting memory minting_ = _minting;
        uint256 left = minting_.mintable - minting_.minted;
        if (amount > left) revert RoundManagerBudgetExceeded(amount, left);

        _minting.minted = minting_.minted + SafeCast.toUint128(amount);

        emit RewardClaimed(account, cumulative, amount);

        token.mintEarned(account, amount);
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
    function _latestOrdinal() internal view virtual returns (uint32);

    function _keepRoot(uint32 ordinal, bytes32 root, uint128 budget) internal {
        _roots[ordinal % KEPT_ROOTS] = root;
        _minting.mintable += budget;
    }
}
