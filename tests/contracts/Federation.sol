// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

import {ContributionToken} from "../../contracts/ContributionToken.sol";
import {FederationGovernor, VotingSettings} from "../../contracts/FederationGovernor.sol";
import {GuidelineRegistry} from "../../contracts/GuidelineRegistry.sol";
import {Membership} from "../../contracts/Membership.sol";
import {ReleaseRegistry} from "../../contracts/ReleaseRegistry.sol";
import {RoundManager} from "../../contracts/RoundManager.sol";
import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {Phase, Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Cid, CidLib} from "../../contracts/libraries/CidLib.sol";
import {Test} from "./Test.sol";

/// @title A deployed federation to test on, and the moves of a round.
/// @dev Founders are `founders[0 …]`; each joins with both roles and a grant of `GRANT`.
abstract contract Federation is Test {
    uint256 internal constant GRANT = 10_000e18;
    uint8 internal constant BOTH = 3;
    address internal constant DEPLOYER = address(0xDE9);
    address internal constant STRANGER = address(0x57A);

    ContributionToken internal token;
    TimelockController internal timelock;
    GuidelineRegistry internal guidelines;
    Membership internal membership;
    RoundManager internal rounds;
    ReleaseRegistry internal releases;
    FederationGovernor internal governor;

    address[] internal founders;
    bytes32[][] private _tree; // levels of the founders' Merkle tree, leaves first

    /// @dev Deploys everything as one account that predicts the addresses from its nonce, as `fednode deploy` does.
    function deploy(uint256 founderCount, RoundParameters memory parameters) internal {
        vm.warp(1_700_000_000);
        for (uint256 i = 0; i < founderCount; ++i) founders.push(founderAt(i));
        _plant();
        uint256 nonce = vm.getNonce(DEPLOYER);
        address[7] memory addresses;
        for (uint256 i = 0; i < 7; ++i) addresses[i] = vm.computeCreateAddress(DEPLOYER, nonce + i);
        address[] memory proposers = new address[](1);
        proposers[0] = addresses[6];
        address[] memory executors = new address[](1);

        vm.startPrank(DEPLOYER);
        token = new ContributionToken("Contribution", "CTB", addresses[4], addresses[3]);
        timelock = new TimelockController(1 hours, proposers, executors, address(0));
        guidelines = new GuidelineRegistry(addresses[1], addresses[4], cid("guideline"), cid("genesis"), parameters);
        membership = new Membership(token, guidelines, RoundManager(addresses[4]), addresses[1], _root());
        rounds = new RoundManager(token, addresses[3], guidelines, addresses[5]);
        releases = new ReleaseRegistry(addresses[1], rounds, membership, guidelines);
        governor = new FederationGovernor(
            IVotes(address(token)), timelock, guidelines, membership, releases, VotingSettings(1, 1 days, 1e9, 20, 1 hours)
        );
        vm.stopPrank();
        assertEq(address(governor), addresses[6], "the last address was predicted");
    }

    /// @dev An address without zeros to spare: as costly in calldata as real ones.
    function founderAt(uint256 i) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("founder", i)))));
    }

    function joinAll() internal {
        for (uint256 i = 0; i < founders.length; ++i) join(i, BOTH);
        while (rounds.queuedChanges() > 0) rounds.applyRosterChanges();
    }

    function join(uint256 i, uint8 roles) internal {
        bytes32[] memory proof = proofOf(i);
        vm.prank(founders[i]);
        membership.joinFounder(GRANT, bytes32(i + 1), roles, proof);
    }

    /// @dev What a vote decides comes from the timelock.
    function admit(address account) internal {
        vm.prank(address(timelock));
        membership.admit(account);
    }

    /// @dev Admits `account`, which joins with an airdrop.
    function admitAndJoin(address account, uint8 roles) internal {
        admit(account);
        vm.prank(account);
        membership.join(bytes32(uint256(uint160(account))), roles);
    }

    /// @dev A new version; the lineage goes on.
    function adopt(RoundParameters memory parameters) internal {
        _adopt(Cid(0, 0), parameters);
    }

    /// @dev A new version that starts from a state of its own.
    function adoptLineage(string memory genesis) internal {
        _adopt(cid(genesis), defaults());
    }

    function defaults() internal pure returns (RoundParameters memory) {
        return RoundParameters({
            trainers: 256,
            validators: 32,
            minTrainers: 3,
            minValidators: 3,
            minUpdates: 3,
            faultPointLimit: 3,
            commitSeconds: 100,
            revealSeconds: 100,
            vouchSeconds: 100,
            attestSeconds: 100,
            discloseSeconds: 100,
            budget: 1000e18,
            minimumBond: 100e18,
            airdrop: 110e18,
            hardPenalty: 50e18,
            softPenalty: 5e18,
            unbondDelay: 1000
        });
    }

    // Moves. All of `founders` take part unless a count says otherwise.

    function commitAll(uint256 count) internal {
        uint32 number = rounds.round().number;
        for (uint256 i = 0; i < count; ++i) commit(i, number);
    }

    function commit(uint256 i, uint32 number) internal {
        bytes24 hash = rounds.updateCommitment(number, founders[i], updateOf(i, number), 100, salt(i));
        vm.prank(founders[i]);
        rounds.commit(number, hash);
    }

    function revealAll(uint256 count) internal {
        uint32 number = rounds.round().number;
        for (uint256 i = 0; i < count; ++i) reveal(i, number);
    }

    function reveal(uint256 i, uint32 number) internal {
        vm.prank(founders[i]);
        rounds.reveal(number, updateOf(i, number), 100, salt(i));
    }

    function vouchAll(uint256 count, uint256 bitmap) internal {
        uint32 number = rounds.round().number;
        for (uint256 i = 0; i < count; ++i) vouch(i, number, bitmap);
    }

    function vouch(uint256 i, uint32 number, uint256 bitmap) internal {
        vm.prank(founders[i]);
        rounds.vouch(number, bitmap);
    }

    function attestAll(uint256 count, Result memory result) internal {
        uint32 number = rounds.round().number;
        for (uint256 i = 0; i < count; ++i) attest(i, number, result);
    }

    function attest(uint256 i, uint32 number, Result memory result) internal {
        bytes24 hash = rounds.resultCommitment(number, founders[i], result, salt(i));
        vm.prank(founders[i]);
        rounds.attest(number, hash);
    }

    function discloseAll(uint256 count, Result memory result) internal {
        uint32 number = rounds.round().number;
        for (uint256 i = 0; i < count; ++i) disclose(i, number, result);
    }

    function disclose(uint256 i, uint32 number, Result memory result) internal {
        vm.prank(founders[i]);
        rounds.disclose(number, result, salt(i));
    }

    /// @dev A whole round in which `trainers` and `validators` founders act and everything is well.
    function playRound(uint256 trainers, uint256 validators) internal returns (Result memory result) {
        rounds.open();
        result = goodResult(trainers);
        playUntilDisclose(trainers, validators, result);
        discloseAll(validators, result);
        rounds.finalise(rounds.round().number, result);
    }

    /// @dev A whole round in which nobody acts.
    function failRound() internal {
        rounds.open();
        pass(Phase.Commit);
    }

    function playUntilDisclose(uint256 trainers, uint256 validators, Result memory result) internal {
        commitAll(trainers);
        pass(Phase.Commit);
        revealAll(trainers);
        pass(Phase.Reveal);
        vouchAll(validators, everything(trainers));
        pass(Phase.Vouch);
        attestAll(validators, result);
        pass(Phase.Attest);
    }

    /// @dev Lets the clock end `phase` unless it ended early.
    function pass(Phase phase) internal {
        if (rounds.phase() == phase) vm.warp(rounds.round().endsAt);
    }

    // What is expected.

    function assertPhase(Phase expected) internal view {
        assertEq(uint256(rounds.phase()), uint256(expected), "phase");
    }

    function assertBurned(uint256 i, uint256 amount) internal view {
        assertEq(token.balanceOf(founders[i]), GRANT - amount, "balance after burns");
        assertEq(membership.bondOf(founders[i]), 110e18 - amount, "bond after burns");
    }

    // Values.

    function goodResult(uint256 updates) internal view returns (Result memory) {
        return resultOf(rounds.round().number, updates);
    }

    function resultOf(uint32 number, uint256 updates) internal pure returns (Result memory) {
        return Result({
            included: everything(updates),
            malformed: 0,
            falseVouchers: 0,
            record: cid(string.concat("record", vm.toString(number))),
            state: cid(string.concat("state", vm.toString(number))),
            ledgerRoot: keccak256(abi.encode("ledger", number))
        });
    }

    function everything(uint256 count) internal pure returns (uint256) {
        return count == 256 ? type(uint256).max : (1 << count) - 1;
    }

    function cid(string memory content) internal pure returns (Cid memory) {
        return Cid(sha256(bytes(content)), CidLib.RAW);
    }

    function updateOf(uint256 i, uint32 number) internal pure virtual returns (Cid memory) {
        return Cid(keccak256(abi.encode("update", i, number)), CidLib.DAG_PB);
    }

    function salt(uint256 i) internal pure virtual returns (bytes32) {
        return keccak256(abi.encode("salt", i));
    }

    function leafOf(address account, uint256 amount) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account, amount))));
    }

    function proofOf(uint256 i) internal view returns (bytes32[] memory proof) {
        proof = new bytes32[](_tree.length - 1);
        uint256 used;
        for (uint256 level = 0; level + 1 < _tree.length; ++level) {
            uint256 sibling = i ^ 1;
            if (sibling < _tree[level].length) proof[used++] = _tree[level][sibling];
            i >>= 1;
        }
        assembly ("memory-safe") {
            mstore(proof, used) // levels without a sibling take no entry
        }
    }

    function pairHash(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function _adopt(Cid memory genesis, RoundParameters memory parameters) private {
        Cid memory guideline = cid("another guideline"); // hashed by a precompile, which would use up the prank
        vm.prank(address(timelock));
        guidelines.adopt(guideline, genesis, parameters);
    }

    function _plant() private {
        bytes32[] memory level = new bytes32[](founders.length);
        for (uint256 i = 0; i < level.length; ++i) level[i] = leafOf(founders[i], GRANT);
        _tree.push(level);
        while (level.length > 1) {
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            for (uint256 i = 0; i < above.length; ++i) {
                above[i] = 2 * i + 1 < level.length ? pairHash(level[2 * i], level[2 * i + 1]) : level[2 * i];
            }
            _tree.push(above);
            level = above;
        }
    }

    function _root() private view returns (bytes32) {
        return _tree[_tree.length - 1][0];
    }
}
