// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";

import {IContributionToken} from "./interfaces/IContributionToken.sol";
import {IGuidelineRegistry, RoundParameters} from "./interfaces/IGuidelineRegistry.sol";
import {IMembership, Member, Penalty, Status} from "./interfaces/IMembership.sol";
import {IRoster, Role} from "./interfaces/IRoster.sol";

/// @title Membership
/// @notice See `IMembership`.
///
/// Assumptions, for correctness:
/// - Tokens cannot be transferred, so a bond stays covered by its owner's balance (bond ≤ balance).
/// - The unbonding delay outlasts the last moment at which an entry can be settled (the registry demands it).
/// For liveness:
/// - The timelock's voters admit members; the founders who join suffice to open a round.
contract Membership is IMembership {
    uint8 private constant BOTH_ROLES = 3;

    IContributionToken public immutable token;
    IGuidelineRegistry public immutable guidelines;
    IRoster public immutable roundManager;
    address public immutable timelock;
    /// @inheritdoc IMembership
    bytes32 public immutable foundersRoot;

    /// @inheritdoc IMembership
    uint32 public memberCount;
    /// @inheritdoc IMembership
    mapping(uint32 id => address) public accountOf;
    mapping(address account => Member) private _members;

    modifier only(address caller) {
        if (msg.sender != caller) revert MembershipUnauthorized(msg.sender);
        _;
    }

    modifier whenStatus(address account, Status status) {
        if (_members[account].status != status) revert MembershipWrongStatus(account, _members[account].status);
        _;
    }

    constructor(
        IContributionToken token_,
        IGuidelineRegistry guidelines_,
        IRoster roundManager_,
        address timelock_,
        bytes32 foundersRoot_
    ) {
        token = token_;
        guidelines = guidelines_;
        roundManager = roundManager_;
        timelock = timelock_;
        foundersRoot = foundersRoot_;
    }

    /// @inheritdoc IMembership
    function joinFounder(uint256 grant, bytes32 encryptionKey, uint8 roles, bytes32[] calldata proof) external {
        Member storage founder = _members[msg.sender];
        if (founder.id != 0 || founder.status == Status.Expelled) {
            revert MembershipWrongStatus(msg.sender, founder.status);
        }
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(msg.sender, grant))));
        if (!MerkleProof.verifyCalldata(proof, foundersRoot, leaf)) revert MembershipFalseProof(msg.sender, grant);

        _enter(founder, encryptionKey, roles);
        founder.airdropped = true; // the grant takes its place

        token.mintGrant(msg.sender, grant);
        token.reinstate(msg.sender); // it may have been voted out before it joined, and in again
        _lockUpTo(founder, guidelines.parameters().airdrop);
    }

    /// @inheritdoc IMembership
    function admit(address account) external only(timelock) {
        Member storage newcomer = _members[account];
        if (newcomer.status == Status.Admitted || newcomer.status == Status.Active) {
            revert MembershipWrongStatus(account, newcomer.status);
        }

        newcomer.status = Status.Admitted;

        emit MemberAdmitted(account);
    }

    /// @inheritdoc IMembership
    function join(bytes32 encryptionKey, uint8 roles) external whenStatus(msg.sender, Status.Admitted) {
        Member storage newcomer = _members[msg.sender];
        uint128 airdrop = guidelines.parameters().airdrop;
        bool first = !newcomer.airdropped;

        _enter(newcomer, encryptionKey, roles);
        newcomer.airdropped = true;

        if (first) token.mintAirdrop(msg.sender, airdrop);
        token.reinstate(msg.sender);
        _lockUpTo(newcomer, airdrop);
    }

    /// @inheritdoc IMembership
    function bond(uint256 amount) external whenStatus(msg.sender, Status.Active) {
        Member storage me = _members[msg.sender];
        uint256 available = _balanceOf(msg.sender) - me.bond;
        if (amount == 0) revert MembershipZeroAmount();
        if (amount > available) revert MembershipInsufficientTokens(msg.sender, amount, available);

        me.bond += SafeCast.toUint128(amount);

        emit BondChanged(msg.sender, me.bond, me.unbonding);

        _listIfEligible(msg.sender, me);
    }

    /// @inheritdoc IMembership
    function requestUnbond(uint256 amount) external whenStatus(msg.sender, Status.Active) {
        Member storage me = _members[msg.sender];
        uint256 available = me.bond - me.unbonding;
        if (amount == 0) revert MembershipZeroAmount();
        if (amount > available) revert MembershipInsufficientTokens(msg.sender, amount, available);

        _unbond(me, me.unbonding + SafeCast.toUint128(amount));

        if (!_eligible(me, guidelines.parameters())) _unlist(msg.sender, me);
    }

    /// @inheritdoc IMembership
    function withdrawBond() external {
        Member storage me = _members[msg.sender];
        if (me.unbonding == 0 || Time.timestamp() < me.unbondableAt) {
            revert MembershipStillBonded(msg.sender, me.unbondableAt);
        }

        me.bond -= me.unbonding;
        me.unbonding = 0;
        me.unbondableAt = 0;

        emit BondChanged(msg.sender, me.bond, 0);
    }

    /// @inheritdoc IMembership
    function exit() external whenStatus(msg.sender, Status.Active) {
        _leave(msg.sender, Status.Exited);

        emit MemberExited(msg.sender);
    }

    /// @inheritdoc IMembership
    function resume() external whenStatus(msg.sender, Status.Active) {
        Member storage me = _members[msg.sender];
        if (me.listed && me.faultPoints < guidelines.parameters().faultPointLimit) {
            revert MembershipNotSuspended(msg.sender);
        }

        me.faultPoints = 0;

        _listIfEligible(msg.sender, me);
    }

    /// @inheritdoc IMembership
    function setEncryptionKey(bytes32 encryptionKey) external whenStatus(msg.sender, Status.Active) {
        _members[msg.sender].encryptionKey = encryptionKey;

        emit EncryptionKeyChanged(msg.sender, encryptionKey);
    }

    /// @inheritdoc IMembership
    function expel(address account) external only(timelock) {
        Status status = _members[account].status;
        if (status != Status.Active && status != Status.Admitted) revert MembershipWrongStatus(account, status);

        _leave(account, Status.Expelled);

        emit MemberExpelled(account);
    }

    /// @inheritdoc IMembership
    function penalise(address account, Penalty penalty) external only(address(roundManager)) {
        Member storage culprit = _members[account];
        RoundParameters memory terms = guidelines.parameters();

        uint128 burned = penalty == Penalty.Silent ? 0 : _slash(culprit, penalty == Penalty.Hard, terms);
        if (penalty != Penalty.Hard && culprit.faultPoints < type(uint8).max) ++culprit.faultPoints;

        emit MemberPenalised(account, penalty, burned, culprit.faultPoints);

        if (burned != 0) token.burn(account, burned);
        _suspendIfDue(account, culprit, terms);
    }

    /// @inheritdoc IMembership
    function member(address account) external view returns (Member memory) {
        return _members[account];
    }

    /// @inheritdoc IMembership
    function bondOf(address account) external view returns (uint256) {
        return _members[account].bond;
    }

    /// @inheritdoc IMembership
    function isActive(address account) external view returns (bool) {
        return _members[account].status == Status.Active;
    }

    /// @inheritdoc IMembership
    function isEligible(address account) external view returns (bool) {
        return _eligible(_members[account], guidelines.parameters());
    }

    function _enter(Member storage newcomer, bytes32 encryptionKey, uint8 roles) private {
        if (roles == 0 || roles > BOTH_ROLES) revert MembershipInvalidRoles(roles);

        if (newcomer.id == 0) {
            newcomer.id = ++memberCount;
            accountOf[newcomer.id] = msg.sender;
        }
        newcomer.status = Status.Active;
        newcomer.roles = roles;
        newcomer.encryptionKey = encryptionKey;

        emit MemberJoined(msg.sender, newcomer.id, roles, encryptionKey);
    }

    /// @dev Bonds what the caller has, up to `wanted`; what was on its way out stays in.
    function _lockUpTo(Member storage me, uint128 wanted) private {
        // Safe cast: the minimum is at most `wanted`, a uint128.
        uint128 locked = uint128(Math.min(wanted, _balanceOf(msg.sender)));
        if (locked > me.bond) me.bond = locked;
        me.unbonding = 0;
        me.unbondableAt = 0;

        emit BondChanged(msg.sender, me.bond, 0);

        _listIfEligible(msg.sender, me);
    }

    function _leave(address account, Status status) private {
        Member storage leaver = _members[account];

        leaver.status = status;
        bool hasJoined = leaver.id != 0; // who was only admitted has no bond and no seat, but a ledger may have paid it
        if (hasJoined) _unbond(leaver, leaver.bond);

        token.retire(account);
        if (hasJoined) _unlist(account, leaver);
    }

    function _unbond(Member storage leaver, uint128 unbonding) private {
        leaver.unbonding = unbonding;
        leaver.unbondableAt = SafeCast.toUint40(Time.timestamp() + guidelines.parameters().unbondDelay);

        emit BondChanged(accountOf[leaver.id], leaver.bond, unbonding);
    }

    function _slash(Member storage culprit, bool hard, RoundParameters memory terms) private returns (uint128 burned) {
        burned = hard ? terms.hardPenalty : terms.softPenalty;
        if (burned > culprit.bond) burned = culprit.bond;

        culprit.bond -= burned;
        if (culprit.unbonding > culprit.bond) culprit.unbonding = culprit.bond;
    }

    /// @dev Fault points never bring the roster below what a round needs; a missing bond may.
    function _suspendIfDue(address account, Member storage culprit, RoundParameters memory terms) private {
        if (!culprit.listed || _eligible(culprit, terms)) return;
        if (_isBonded(culprit, terms) && _isNeeded(culprit.roles, terms)) {
            emit SuspensionDeferred(account, culprit.faultPoints);
            return;
        }

        _unlist(account, culprit);
    }

    function _listIfEligible(address account, Member storage me) private {
        if (me.listed || !_eligible(me, guidelines.parameters())) return;

        me.listed = true;

        emit MemberListed(account, me.roles);

        roundManager.enlist(account, me.roles);
    }

    function _unlist(address account, Member storage leaver) private {
        if (!leaver.listed) return;

        leaver.listed = false;

        emit MemberSuspended(account);

        roundManager.delist(account);
    }

    function _eligible(Member storage m, RoundParameters memory terms) private view returns (bool) {
        return m.status == Status.Active && m.faultPoints < terms.faultPointLimit && _isBonded(m, terms);
    }

    function _isBonded(Member storage m, RoundParameters memory terms) private view returns (bool) {
        return m.bond - m.unbonding >= terms.minimumBond;
    }

    function _isNeeded(uint8 roles, RoundParameters memory terms) private view returns (bool) {
        bool asTrainer = roles & 1 != 0 && roundManager.expectedCount(Role.Trainer) <= terms.minTrainers;
        return asTrainer || (roles & 2 != 0 && roundManager.expectedCount(Role.Validator) <= terms.minValidators);
    }

    function _balanceOf(address account) private view returns (uint256) {
        return IERC20(address(token)).balanceOf(account);
    }
}
