// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Cid} from "../libraries/CidLib.sol";
import {IRoster, Role} from "./IRoster.sol";

/// @notice Phases of a round, in order; a round ends Finalised or Failed.
enum Phase {
    None,
    Commit,
    Reveal,
    Vouch,
    Attest,
    Disclose,
    Finalised,
    Failed
}

/// @notice What validators agree on. Bit i of `included` and `malformed` is reveal slot i; bit i of `falseVouchers` is
/// validator slot i.
/// @param included Updates vouched for by at least two thirds of the drawn validators.
/// @param malformed Included updates that do not decode under the guideline's limits.
/// @param falseVouchers Validators who vouched for an update for which fewer than a third did.
/// @param record The round record.
/// @param state The cumulative adapter state after this round.
/// @param ledgerRoot Merkle root of the cumulative rewards, leaves keccak256(keccak256(abi.encode(account, cumulative))).
struct Result {
    uint256 included;
    uint256 malformed;
    uint32 falseVouchers;
    Cid record;
    Cid state;
    bytes32 ledgerRoot;
}

/// @notice The round as of now.
/// @param number From 1; 0: no round was opened yet.
/// @param phase Including what the clock has decided without a transaction.
/// @param endedIn The phase in which a failed round ended, else None.
/// @param endsAt Unix seconds at which the phase ends by the clock. For an ended round: when disclosing ends.
/// @param base State that the updates of this round are added to.
/// @param drawKey Key of the draw, see `Draw`.
/// @param agreed One result has two thirds of the drawn validators: the round can be finalised.
struct Round {
    uint32 number;
    Phase phase;
    Phase endedIn;
    uint40 endsAt;
    uint32 version;
    uint32 lineage;
    Cid base;
    uint64 drawKey;
    uint16 seatedTrainers;
    uint16 seatedValidators;
    uint16 drawnTrainers;
    uint8 drawnValidators;
    uint16 minUpdates;
    uint128 budget;
    uint16 committed;
    uint16 revealed;
    uint8 vouched;
    uint8 attested;
    uint8 disclosed;
    bool agreed;
}

/// @notice The last finalised round; all zero before the first.
struct Latest {
    uint32 round;
    uint32 ordinal;
    Cid state;
    Cid record;
}

/// @notice What settling an old entry needs to know of its round.
/// @param resultHash First 24 bytes of the agreed result's hash; zero: none.
/// @param falseVouchers As in `Result`.
/// @param disclosableUntil Unix seconds until which attested results may still be disclosed.
/// @param sound Reveal slots that cost nothing: included and well-formed; all when there is no result.
/// @param malformed As in `Result`.
struct Outcome {
    bytes24 resultHash;
    uint32 falseVouchers;
    uint32 disclosableUntil;
    uint256 sound;
    uint256 malformed;
}

/// @title Round manager: the round state machine, its penalties and its rewards.
/// @notice Phases follow from time and counts alone: everybody drawn having acted ends a phase early, the clock ends it
/// otherwise, and a round that cannot succeed any more has failed without anybody saying so.
interface IRoundManager is IRoster {
    /// @notice `caller` may not call this function.
    error RoundManagerUnauthorized(address caller);
    /// @notice The current round is `current`; this call is about `round`.
    error RoundManagerWrongRound(uint32 round, uint32 current);
    /// @notice The round is in `actual`; the call needs `needed`.
    error RoundManagerWrongPhase(uint32 round, Phase actual, Phase needed);
    /// @notice The round has not ended yet.
    error RoundManagerRunning(uint32 round, Phase phase);
    /// @notice Too few members are seated in `role` to open a round.
    error RoundManagerTooFewSeated(Role role, uint256 seated, uint256 needed);
    /// @notice `account` was not drawn in this role.
    error RoundManagerNotDrawn(uint32 round, address account, Role role);
    /// @notice `account` has done this already in this round.
    error RoundManagerAlreadyDone(uint32 round, address account);
    /// @notice `account` has committed nothing that this could open.
    error RoundManagerNothingCommitted(uint32 round, address account);
    /// @notice What was revealed is not what was committed to.
    error RoundManagerRevealMismatch(uint32 round, address account);
    /// @notice The bitmap has bits at or above the number of revealed updates.
    error RoundManagerUnknownSlots(uint256 bitmap, uint256 revealed);
    /// @notice `account` attested in `round` and can still disclose: do that first.
    error RoundManagerDiscloseFirst(uint32 round, address account, uint256 disclosableUntil);
    /// @notice The time to disclose this round's result is over.
    error RoundManagerTooLate(uint32 round, uint256 disclosableUntil);
    /// @notice No two thirds of the drawn validators disclosed this result.
    error RoundManagerNotAgreed(uint32 round, bytes24 resultHash);
    /// @notice The entry of `account` is not settled before its round has ended.
    error RoundManagerNothingToSettle(address account);
    /// @notice `account` was not silent, or its silence cannot be told yet, or it was reported before.
    error RoundManagerNotSilent(uint32 round, address account, Role role);
    /// @notice The root of `ordinal` is claimable once a later round has finalised; `latest` is the last.
    error RoundManagerNotYetClaimable(uint32 ordinal, uint32 latest);
    /// @notice The root of `ordinal` is kept no longer; claim with the ledger of ordinal `oldest` or later.
    error RoundManagerOldRoot(uint32 ordinal, uint32 oldest);
    /// @notice The proof does not show `cumulative` for `account` under the root of `ordinal`.
    error RoundManagerFalseProof(uint32 ordinal, address account, uint256 cumulative);
    /// @notice Everything up to `cumulative` was claimed before.
    error RoundManagerNothingToClaim(address account, uint256 cumulative, uint256 claimed);
    /// @notice Minting `amount` would exceed the budgets of all finalised rounds, of which `left` remain.
    error RoundManagerBudgetExceeded(uint256 amount, uint256 left);

    /// @notice A round opened. With `SeatChanged` this lets a late reader redo the draw.
    event RoundOpened(
        uint32 indexed round,
        uint32 indexed version,
        uint32 lineage,
        Cid base,
        uint64 drawKey,
        uint16 seatedTrainers,
        uint16 seatedValidators,
        uint16 drawnTrainers,
        uint8 drawnValidators
    );
    /// @notice `trainer` committed to an update.
    event UpdateCommitted(uint32 indexed round, address indexed trainer, bytes24 hash);
    /// @notice `trainer` revealed its update as reveal slot `slot`, trained on `examples` examples.
    event UpdateRevealed(uint32 indexed round, address indexed trainer, uint8 slot, Cid cid, uint32 examples);
    /// @notice `validator`, at validator slot `slot`, holds and serves the updates of `bitmap`.
    event UpdatesVouched(uint32 indexed round, address indexed validator, uint8 slot, uint256 bitmap);
    /// @notice `validator`, at validator slot `slot`, committed to a result.
    event ResultAttested(uint32 indexed round, address indexed validator, uint8 slot, bytes24 hash);
    /// @notice `validator` disclosed its result. `credited`: in time for the reward of the next ledger.
    event ResultDisclosed(uint32 indexed round, address indexed validator, bytes24 resultHash, bool credited);
    /// @notice The round is finalised, as the `ordinal`-th.
    event RoundFinalised(
        uint32 indexed round, uint32 indexed ordinal, uint32 version, bytes24 resultHash, Result result
    );
    /// @notice The round failed in phase `endedIn`; `resultHash` is not zero when a result was agreed but has too few updates.
    event RoundFailed(uint32 indexed round, Phase endedIn, bytes24 resultHash);
    /// @notice `account` was drawn in `role` and did nothing.
    event SilenceReported(uint32 indexed round, address indexed account, Role role);
    /// @notice `amount` of token wei were minted; claims of `account` now cover `cumulative`.
    event RewardClaimed(address indexed account, uint256 cumulative, uint256 amount);
    /// @notice The next round starts from `state`.
    event BaseSet(Cid state, uint32 lineage);

    /// @notice Opens the next round under the current guideline, once the last one has ended. Anyone.
    function open() external;

    /// @notice Commits to an update that stays unknown until COMMIT is over.
    /// @param hash See `updateCommitment`.
    function commit(uint32 round, bytes24 hash) external;

    /// @notice Reveals the committed update.
    function reveal(uint32 round, Cid calldata cid, uint32 examples, bytes32 salt) external;

    /// @notice Vouches for revealed updates: the caller holds them and serves them until the round ends.
    /// @param bitmap Bit i: reveal slot i.
    function vouch(uint32 round, uint256 bitmap) external;

    /// @notice Commits to a result.
    /// @param hash See `resultCommitment`.
    function attest(uint32 round, bytes24 hash) external;

    /// @notice Discloses the attested result. Accepted until DISCLOSE would end by the clock, however early the round ended.
    function disclose(uint32 round, Result calldata result, bytes32 salt) external;

    /// @notice Ends the round with a result on which two thirds of the drawn validators agree. Anyone.
    function finalise(uint32 round, Result calldata result) external;

    /// @notice Settles the entries of `account` whose rounds have ended. Anyone.
    function settle(address account) external;

    /// @notice Reports that `account` was drawn in the latest round and did nothing in `role`. Anyone, until the next round.
    function reportSilence(uint32 round, address account, Role role) external;

    /// @notice Mints what `account` has earned up to the ledger of `ordinal`. Anyone.
    /// @param cumulative Token wei earned in all rounds up to that ledger.
    function claim(address account, uint256 cumulative, bytes32[] calldata proof, uint32 ordinal) external;

    /// @notice Makes the next round start from `state`. Release registry only.
    function setBase(Cid calldata state) external;

    /// @notice Phase of the current round, as of now.
    function phase() external view returns (Phase);

    /// @notice The current round, as of now.
    function round() external view returns (Round memory);

    /// @notice The last finalised round.
    function latest() external view returns (Latest memory);

    /// @notice Whether `account` is drawn for the current round in `role`.
    function isDrawn(address account, Role role) external view returns (bool);

    /// @notice What is remembered of an ended round; all zero for rounds more than seven before the current one.
    function outcomeOf(uint32 round) external view returns (Outcome memory);

    /// @notice First 28 bytes of keccak256(abi.encode(state, record)) of a finalised round, and its guideline version.
    function finalisedOf(uint32 round) external view returns (bytes28 contentHash, uint32 version);

    /// @notice Rewards root of the `ordinal`-th finalised round; reverts unless it is claimable.
    function rootOf(uint32 ordinal) external view returns (bytes32);

    /// @notice Budgets of all finalised rounds, and how much of them was minted; token wei.
    function minting() external view returns (uint128 mintable, uint128 minted);

    /// @notice bytes24(keccak256(abi.encode(domain, round, trainer, cid.digest, cid.codec, examples, salt))), where domain is
    /// keccak256(abi.encode("fednode.update.1", chainid, address of this contract)).
    function updateCommitment(uint32 round, address trainer, Cid calldata cid, uint32 examples, bytes32 salt)
        external
        view
        returns (bytes24);

    /// @notice bytes24(keccak256(abi.encode(domain, round, validator, keccak256(abi.encode(result)), salt))), where domain is
    /// keccak256(abi.encode("fednode.result.1", chainid, address of this contract)).
    function resultCommitment(uint32 round, address validator, Result calldata result, bytes32 salt)
        external
        view
        returns (bytes24);
}
