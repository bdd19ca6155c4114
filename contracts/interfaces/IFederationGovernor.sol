// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What the federation's governor adds to the standard one.
/// @notice Everything else is OpenZeppelin's Governor, so existing front ends work. Times are unix seconds; votes are voting
/// units, square roots of token wei.
interface IFederationGovernor {
    /// @notice Proposals may only call the functions listed at deployment.
    error FederationGovernorForbiddenCall(address target, bytes4 selector);
    /// @notice Proposals move no ether.
    error FederationGovernorForbiddenValue(address target, uint256 value);

    /// @notice Whether a proposal may call `selector` on `target`.
    function isAllowed(address target, bytes4 selector) external view returns (bool);
}
