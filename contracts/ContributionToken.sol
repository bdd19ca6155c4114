// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";

import {IContributionToken} from "./interfaces/IContributionToken.sol";

/// @title Contribution token
/// @notice See `IContributionToken`. OpenZeppelin's `Votes` believes that units are linear in tokens; here every change of
/// voting tokens moves the difference of the square roots, so checkpoints and `_getVotingUnits` always agree.
///
/// Assumptions, for correctness:
/// - The round manager mints no more than the budget of finalised rounds.
/// - Membership burns no more than an account holds.
/// For liveness:
/// - Nobody holds more than 2^112 token wei (5e15 tokens).
contract ContributionToken is ERC20, Votes, IContributionToken {
    struct Holding {
        uint112 earned; // token wei ever minted as earned
        uint112 voting; // token wei that vote
        bool retired;
        bool known; // was minted to before, so the delegate is the holder's own choice
    }

    address public immutable roundManager;
    address public immutable membership;

    mapping(address account => Holding) private _holdings;

    modifier only(address caller) {
        if (msg.sender != caller) revert ContributionTokenUnauthorized(msg.sender);
        _;
    }

    constructor(string memory name_, string memory symbol_, address roundManager_, address membership_)
        ERC20(name_, symbol_)
        EIP712(name_, "1")
    {
        roundManager = roundManager_;
        membership = membership_;
    }

    /// @inheritdoc IContributionToken
    function mintEarned(address account, uint256 cumulative) external only(roundManager) returns (uint256 before) {
        before = _holdings[account].earned;
        if (cumulative <= before) return before;

        _mintVoting(account, cumulative - before, SafeCast.toUint112(cumulative));
    }

    /// @inheritdoc IContributionToken
    function mintGrant(address account, uint256 amount) external only(membership) {
        _mintVoting(account, amount, _holdings[account].earned);
    }

    /// @inheritdoc IContributionToken
    function mintAirdrop(address account, uint256 amount) external only(membership) {
        _delegateOnce(account, _holdings[account]);

        _mint(account, amount);
    }

    /// @inheritdoc IContributionToken
    function burn(address account, uint256 amount) external only(membership) {
        uint256 unitsBefore = _getVotingUnits(account);

        Holding storage holding = _holdings[account];
        // Safe cast: the minimum is at most `voting`, a uint112.
        holding.voting -= uint112(Math.min(amount, holding.voting));
        _burn(account, amount);
        _transferVotingUnits(account, address(0), unitsBefore - _getVotingUnits(account));
    }

    /// @inheritdoc IContributionToken
    function retire(address account) external only(membership) {
        if (_holdings[account].retired) return;
        uint256 units = _getVotingUnits(account);

        _holdings[account].retired = true;
        _transferVotingUnits(account, address(0), units);

        emit AccountRetired(account, units);
    }

    /// @inheritdoc IContributionToken
    function reinstate(address account) external only(membership) {
        if (!_holdings[account].retired) return;

        _holdings[account].retired = false;
        uint256 units = _getVotingUnits(account);
        _transferVotingUnits(address(0), account, units);

        emit AccountReinstated(account, units);
    }

    /// @inheritdoc IContributionToken
    function earnedOf(address account) external view returns (uint256) {
        return _holdings[account].earned;
    }

    /// @inheritdoc IContributionToken
    function votingTokensOf(address account) external view returns (uint256) {
        return _holdings[account].voting;
    }

    /// @inheritdoc IContributionToken
    function votingUnitsOf(address account) external view returns (uint256) {
        return _getVotingUnits(account);
    }

    /// @notice See ERC-5805. Nobody delegates for the zero address, whom every mint and burn asks for: this spares a read.
    function delegates(address account) public view override returns (address) {
        return account == address(0) ? address(0) : super.delegates(account);
    }

    /// @notice Unix seconds: the clock of ERC-6372.
    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    /// @notice Description of the clock, ERC-6372.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @dev `earned` is written along, as it lies in the same slot: what stands side by side costs one read and one write.
    function _mintVoting(address account, uint256 amount, uint112 earned) private {
        Holding storage holding = _holdings[account];
        _delegateOnce(account, holding);
        (uint256 before, bool retired) = (holding.voting, holding.retired);
        uint112 voting = SafeCast.toUint112(before + amount);

        holding.earned = earned;
        holding.voting = voting;
        _mint(account, amount);
        _transferVotingUnits(address(0), account, retired ? 0 : Math.sqrt(voting) - Math.sqrt(before));
    }

    /// @dev Votes count without any action of the holder, who may delegate elsewhere afterwards.
    function _delegateOnce(address account, Holding storage holding) private {
        if (holding.known) return;

        holding.known = true;
        _delegate(account, account);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        Holding storage holding = _holdings[account];
        return holding.retired ? 0 : Math.sqrt(holding.voting);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0) && to != address(0)) revert ContributionTokenNonTransferable(from, to, value);

        super._update(from, to, value);
    }
}
