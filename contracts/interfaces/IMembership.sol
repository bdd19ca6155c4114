// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Where a member stands: never seen, voted in, taking part, left on its own, voted out.
enum Status {
    None,
    Admitted,
    Active,
    Exited,
    Expelled
}

/// @notice What a fault costs. Silent: a fault point. Soft: a small burn and a fault point. Hard: a burn.
enum Penalty {
    Silent,
    Soft,
    Hard
}

/// @param id Append-only, from 1.
/// @param roles Bit 0 trainer, bit 1 validator.
/// @param faultPoints Faults since the last `resume`.
/// @param listed Whether the roster has been asked to seat the member.
/// @param airdropped Whether the one airdrop was made.
/// @param unbondableAt Unix seconds from which `unbonding` may be withdrawn; 0 when nothing is unbonding.
/// @param bond Token wei locked, `unbonding` included.
/// @param unbonding Token wei of the bond on their way out: slashable, but not counted for eligibility.
/// @param encryptionKey X25519 public key under which others seal content for the member.
struct Member {
    uint32 id;
    Status status;
    uint8 roles;
    uint8 faultPoints;
    bool listed;
    bool airdropped;
    uint40 unbondableAt;
    uint128 bond;
    uint128 unbonding;
    bytes32 encryptionKey;
}

/// @title Membership: who takes part, with which roles, and what they have at stake.
/// @notice Founders prove themselves against a Merkle root, everybody else is admitted by vote. A bond is a lock on the
/// member's own tokens, never a transfer, and penalties burn from it; nobody is paid by a burn. Eligible for rounds is an
/// active member whose bond is at least the guideline's minimum and whose fault points are below its limit.
interface IMembership {
    /// @notice `caller` may not call this function.
    error MembershipUnauthorized(address caller);
    /// @notice `account` is not in a state that allows this.
    error MembershipWrongStatus(address account, Status status);
    /// @notice Roles must be 1 (trainer), 2 (validator) or 3 (both).
    error MembershipInvalidRoles(uint8 roles);
    /// @notice The proof does not show `grant` for `account` under the founders' root.
    error MembershipFalseProof(address account, uint256 grant);
    /// @notice `amount` is more than the `available` tokens.
    error MembershipInsufficientTokens(address account, uint256 amount, uint256 available);
    /// @notice An amount of zero changes nothing.
    error MembershipZeroAmount();
    /// @notice Unbonding tokens are locked until `unbondableAt` (unix seconds; 0: nothing is unbonding).
    error MembershipStillBonded(address account, uint256 unbondableAt);
    /// @notice The member is neither suspended nor off the roster, so there is nothing to resume.
    error MembershipNotSuspended(address account);

    /// @notice `account` may join.
    event MemberAdmitted(address indexed account);
    /// @notice `account` takes part from now on, or again.
    event MemberJoined(address indexed account, uint32 indexed id, uint8 roles, bytes32 encryptionKey);
    /// @notice `account` left.
    event MemberExited(address indexed account);
    /// @notice `account` was voted out.
    event MemberExpelled(address indexed account);
    /// @notice Content for `account` is sealed under this key from now on.
    event EncryptionKeyChanged(address indexed account, bytes32 encryptionKey);
    /// @notice The bond of `account` is now `bond` token wei, of which `unbonding` are on their way out.
    event BondChanged(address indexed account, uint256 bond, uint256 unbonding);
    /// @notice A fault cost `account` `burned` token wei; it has `faultPoints` now.
    event MemberPenalised(address indexed account, Penalty penalty, uint256 burned, uint8 faultPoints);
    /// @notice `account` is not drawn any more, from the next round on, until it resumes or bonds enough.
    event MemberSuspended(address indexed account);
    /// @notice Suspending `account` was put off: too few would be left to run a round.
    event SuspensionDeferred(address indexed account, uint8 faultPoints);
    /// @notice `account` can be drawn, from the next round on.
    event MemberListed(address indexed account, uint8 roles);

    /// @notice Joins as a founder: mints `grant`, bonds the smaller of it and the airdrop.
    /// @param proof Merkle proof of keccak256(keccak256(abi.encode(msg.sender, grant))), sorted pairs.
    function joinFounder(uint256 grant, bytes32 encryptionKey, uint8 roles, bytes32[] calldata proof) external;

    /// @notice Lets `account` join, or join again after it left. Timelock only.
    function admit(address account) external;

    /// @notice Joins once admitted. The first time this mints the airdrop and bonds it; later it bonds what there is, up to
    /// the airdrop's size.
    function join(bytes32 encryptionKey, uint8 roles) external;

    /// @notice Locks `amount` more of the caller's tokens.
    function bond(uint256 amount) external;

    /// @notice Starts to unlock `amount`; a second request restarts the delay for everything that is unbonding.
    function requestUnbond(uint256 amount) external;

    /// @notice Unlocks what was requested, once the delay is over.
    function withdrawBond() external;

    /// @notice Leaves: no more draws, no more votes, the whole bond starts to unlock.
    function exit() external;

    /// @notice "Back again": clears the caller's fault points and lists it if its bond suffices.
    function resume() external;

    /// @notice Replaces the caller's encryption key.
    function setEncryptionKey(bytes32 encryptionKey) external;

    /// @notice Votes `account` out. Timelock only.
    function expel(address account) external;

    /// @notice Applies a penalty under the current guideline. Round manager only.
    function penalise(address account, Penalty penalty) external;

    /// @notice Everything known about `account`; all zero for a stranger.
    function member(address account) external view returns (Member memory);

    /// @notice The account behind a member id; zero if there is none.
    function accountOf(uint32 id) external view returns (address);

    /// @notice The highest member id so far.
    function memberCount() external view returns (uint32);

    /// @notice Token wei locked by `account`, unbonding ones included.
    function bondOf(address account) external view returns (uint256);

    /// @notice Whether `account` takes part at present.
    function isActive(address account) external view returns (bool);

    /// @notice Whether `account` may be drawn: active, bonded, below the fault point limit.
    function isEligible(address account) external view returns (bool);

    /// @notice Merkle root of the founders and their grants.
    function foundersRoot() external view returns (bytes32);
}
