// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Contribution token: work for the federation, counted; and votes, by the square root of it.
/// @notice ERC-20 without transfers, ERC-5805 votes on a timestamp clock (ERC-6372). Amounts are token wei (18 decimals).
/// Voting tokens are what was earned or granted; airdrops do not vote. Voting units are floor(sqrt(voting tokens)), so
/// twice the tokens is 1.41 times the power. A member who has exited has no voting units until reinstated.
interface IContributionToken {
    /// @notice `caller` may not call this function.
    error ContributionTokenUnauthorized(address caller);
    /// @notice Contribution tokens cannot be moved from one account to another.
    error ContributionTokenNonTransferable(address from, address to, uint256 value);

    /// @notice `account` left the voting total; `units` went with it.
    event AccountRetired(address indexed account, uint256 units);
    /// @notice `account` returned to the voting total with `units`.
    event AccountReinstated(address indexed account, uint256 units);

    /// @notice Mints earned tokens up to a total of `cumulative`, and gives the total `before`; no effect when that is as much
    /// already. Round manager only.
    function mintEarned(address account, uint256 cumulative) external returns (uint256 before);

    /// @notice Mints `amount` of voting tokens that were not earned in a round. Membership only.
    function mintGrant(address account, uint256 amount) external;

    /// @notice Mints `amount` of tokens that do not vote. Membership only.
    function mintAirdrop(address account, uint256 amount) external;

    /// @notice Burns `amount`, voting tokens first. Membership only.
    function burn(address account, uint256 amount) external;

    /// @notice Takes the units of `account` out of the total. Membership only; no effect when retired already.
    function retire(address account) external;

    /// @notice Puts the units of `account` back into the total. Membership only; no effect unless retired.
    function reinstate(address account) external;

    /// @notice Tokens ever minted to `account` as earned, burned or not: what its claims have covered so far.
    function earnedOf(address account) external view returns (uint256);

    /// @notice Tokens of `account` that vote: earned and granted, less what was burned.
    function votingTokensOf(address account) external view returns (uint256);

    /// @notice Voting units of `account`, whomever they are delegated to.
    function votingUnitsOf(address account) external view returns (uint256);
}
