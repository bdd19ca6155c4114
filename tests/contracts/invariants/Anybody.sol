// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../../contracts/interfaces/IGuidelineRegistry.sol";
import {Phase, Result, Round} from "../../../contracts/interfaces/IRoundManager.sol";
import {Role} from "../../../contracts/interfaces/IRoster.sol";
import {Cid} from "../../../contracts/libraries/CidLib.sol";
import {Watched} from "./Watched.sol";

/// @title Everybody does anything: eight accounts that act in turn or out of turn, lie, leave, come back and claim.
/// @dev Six founders have joined; two more accounts can be admitted. Validators choose among three results, whose ledgers owe
/// more than any budget.
contract Anybody is Watched {
    uint256 private constant JOINED = 6;
    uint256 private constant ACCOUNTS = 8;

    uint256 public granted; // token wei, by grants and airdrops
    uint256 public budgets; // token wei, of all finalised rounds
    bytes32 public listsAtOpening; // hash of the lists of seats with which the current round opened
    mapping(uint256 actor => uint32) private _attestedIn;
    mapping(uint256 actor => Result) private _attestedTo;

    constructor() {
        deploy(JOINED, defaults());
        joinAll();
        time = block.timestamp;
        granted = JOINED * GRANT;
        for (uint256 i = JOINED; i < ACCOUNTS; ++i) founders.push(address(uint160(0xA000 + i)));
    }

    // Moves. There are few, so that each comes often; a word decides what exactly is done.

    /// @dev Nearly everybody does what is due, for up to eight phases.
    function actInTurn(uint256 word) external watched {
        for (uint256 phases = 1 + word % 8; phases > 0; --phases) {
            Phase phase = rounds.phase();
            uint256 present = word | (word >> 8) | (word >> 16); // each with seven chances of eight
            word = uint256(keccak256(abi.encode(word)));
            if (phase == Phase.None || phase >= Phase.Finalised) _open();
            else if (rounds.round().agreed) _finalise(present % ACCOUNTS);
            else _actAll(uint256(phase) - 1, present);
            if (rounds.phase() == phase) _passTo(rounds.round().endsAt);
        }
    }

    function actOutOfTurn(uint256 i, uint256 kind, uint256 result) external watched {
        if (kind % 6 == 5) _finalise(i % ACCOUNTS);
        else _act(kind % 6, i % ACCOUNTS, 1 + result % 3);
    }

    function wait(uint256 duration) external watched {
        vm.warp(block.timestamp + duration % 150);
    }

    function settleOrReport(uint256 i, uint256 culprit, uint256 kind) external watched {
        i %= ACCOUNTS;
        culprit %= ACCOUNTS;
        Role role = kind % 2 == 0 ? Role.Trainer : Role.Validator;
        uint32 number = rounds.round().number;
        if (kind % 3 == 0) send(i, culprit, address(rounds), abi.encodeCall(rounds.settle, (founders[culprit])));
        else sendAbout(i, culprit, abi.encodeCall(rounds.reportSilence, (number, founders[culprit], role)));
    }

    function claim(uint256 i, uint256 age) external watched {
        uint32 latest = rounds.latest().ordinal;
        if (latest == 0) return;
        i %= ACCOUNTS;
        uint32 ordinal = uint32(latest - age % latest); // safe cast: at most a uint32
        bytes32[] memory proof = _proofOf(i, ordinal);
        sendAbout(i, i, abi.encodeCall(rounds.claim, (founders[i], owed(i, ordinal), proof, ordinal)));
    }

    function changeBond(uint256 i, uint256 kind, uint256 amount) external watched {
        amount %= 200e18;
        if (kind % 3 == 0) _asMember(i, abi.encodeCall(membership.bond, (amount)));
        if (kind % 3 == 1) _asMember(i, abi.encodeCall(membership.requestUnbond, (amount)));
        if (kind % 3 == 2) _asMember(i, abi.encodeCall(membership.withdrawBond, ()));
    }

    function comeOrGo(uint256 i, uint256 kind, uint256 other) external watched {
        if (kind % 7 == 0) _asMember(i, abi.encodeCall(membership.exit, ()));
        else if (kind % 7 == 1) _expel(i % ACCOUNTS);
        else if (kind % 7 == 2) sendAbout(i % ACCOUNTS, i % ACCOUNTS, abi.encodeCall(rounds.applyRosterChanges, ()));
        else if (kind % 7 == 3) _delegate(i % ACCOUNTS, other % ACCOUNTS);
        else if (kind % 7 == 4) _asMember(i, abi.encodeCall(membership.resume, ()));
        else _comeBack(i % ACCOUNTS, uint8(1 + other % 3)); // safe cast: at most 3
    }

    function decide(uint256 word) external watched {
        if (word % 3 == 0) {
            vm.prank(address(releases));
            rounds.setBase(Cid(bytes32(word | 1), 0x55));
        } else if (word % 3 == 1) {
            adoptLineage("other genesis");
        } else {
            _adoptWith(word >> 8);
        }
    }

    // Values.

    function numbered(uint32 number, uint256 result) public view returns (Result memory numbered_) {
        numbered_ = Result({
            included: 255,
            malformed: result == 3 ? 254 : uint256(number % 4),
            falseVouchers: number % 8,
            record: Cid(bytes32(result), 0x55),
            state: Cid(keccak256(abi.encode(number, result)), 0x70),
            ledgerRoot: _levels(rounds.latest().ordinal + 1)[3][0]
        });
    }

    /// @dev By the ledger of the `ordinal`-th finalised round; more than the budgets of all accounts together.
    function owed(uint256 i, uint32 ordinal) public pure returns (uint256) {
        return uint256(ordinal) * (1 + i) * 100e18;
    }

    function listsNow() public view returns (bytes32) {
        return keccak256(abi.encode(rounds.seated(Role.Trainer, 0, 100), rounds.seated(Role.Validator, 0, 100)));
    }

    function _passTo(uint256 later) private {
        if (later > block.timestamp) vm.warp(later);
    }

    function _open() private {
        (bool done,) = address(rounds).call(abi.encodeCall(rounds.open, ()));
        if (done) listsAtOpening = listsNow();
        else _gather();
    }

    /// @dev Too few are left for a round: everybody who has left or was suspended comes back.
    function _gather() private {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (!membership.isActive(founders[i])) _comeBack(i, BOTH);
            if (membership.member(founders[i]).listed) continue;
            _asMember(i, abi.encodeCall(membership.resume, ()));
            _asMember(i, abi.encodeCall(membership.bond, (100e18)));
        }
    }

    function _finalise(uint256 i) private {
        Round memory round = rounds.round();
        for (uint256 result = 1; result < 4; ++result) {
            sendAbout(i, i, abi.encodeCall(rounds.finalise, (round.number, numbered(round.number, result))));
            if (round.phase != Phase.Disclose || rounds.phase() != Phase.Finalised) continue;
            budgets += round.budget;
            return;
        }
    }

    function _actAll(uint256 kind, uint256 present) private {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if ((present >> i) & 1 == 0) continue;
            _act(kind, i, 1);
            if ((present >> (64 + i)) & 3 == 0) _act(kind, i, 2); // tries again
        }
    }

    /// @dev Commits, reveals, vouches, attests or discloses, whether it is time for that or not.
    function _act(uint256 kind, uint256 i, uint256 result) private {
        uint32 number = rounds.round().number;
        if (kind == 0) {
            bytes24 hash = rounds.updateCommitment(number, founders[i], updateOf(i, number), 1, salt(i));
            sendAbout(i, i, abi.encodeCall(rounds.commit, (number, hash)));
        }
        if (kind == 1) sendAbout(i, i, abi.encodeCall(rounds.reveal, (number, updateOf(i, number), 1, salt(i))));
        if (kind == 2) sendAbout(i, i, abi.encodeCall(rounds.vouch, (number, everything(rounds.round().revealed))));
        if (kind == 3) _attest(i, number, result);
        if (kind == 4) sendAbout(i, i, abi.encodeCall(rounds.disclose, (_attestedIn[i], _attestedTo[i], salt(i))));
    }

    function _attest(uint256 i, uint32 number, uint256 result) private {
        Result memory mine = numbered(number, result);
        bytes24 hash = rounds.resultCommitment(number, founders[i], mine, salt(i));
        if (!sendAbout(i, i, abi.encodeCall(rounds.attest, (number, hash)))) return;
        _attestedIn[i] = number;
        _attestedTo[i] = mine;
    }

    function _asMember(uint256 i, bytes memory call) private returns (bool) {
        return send(i % ACCOUNTS, i % ACCOUNTS, address(membership), call);
    }

    function _expel(uint256 i) private {
        decree(i, address(membership), abi.encodeCall(membership.expel, (founders[i])));
    }

    function _comeBack(uint256 i, uint8 roles) private {
        decree(i, address(membership), abi.encodeCall(membership.admit, (founders[i])));
        bool isFirst = !membership.member(founders[i]).airdropped;
        uint256 airdrop = guidelines.parameters().airdrop;
        bool done = _asMember(i, abi.encodeCall(membership.join, ("key", roles)));
        if (done && isFirst) granted += airdrop;
    }

    function _delegate(uint256 i, uint256 to) private {
        send(i, i, address(token), abi.encodeCall(token.delegate, (founders[to])));
    }

    function _adoptWith(uint256 word) private {
        RoundParameters memory p = defaults();
        p.minimumBond = uint128(60e18 + word % 80e18); // safe cast: below 2^128
        p.softPenalty = p.minimumBond / 20;
        p.hardPenalty = p.minimumBond;
        p.airdrop = p.minimumBond + p.softPenalty;
        p.budget = uint128((word >> 64) % 2000e18); // safe cast: below 2^128
        adopt(p);
    }

    /// @dev The ledger's tree of eight leaves, from the leaves to the root.
    function _levels(uint32 ordinal) private view returns (bytes32[][4] memory levels) {
        levels[0] = new bytes32[](ACCOUNTS);
        for (uint256 i = 0; i < ACCOUNTS; ++i) levels[0][i] = leafOf(founders[i], owed(i, ordinal));
        for (uint256 level = 1; level < 4; ++level) {
            levels[level] = new bytes32[](ACCOUNTS >> level);
            for (uint256 i = 0; i < levels[level].length; ++i) {
                levels[level][i] = pairHash(levels[level - 1][2 * i], levels[level - 1][2 * i + 1]);
            }
        }
    }

    function _proofOf(uint256 i, uint32 ordinal) private view returns (bytes32[] memory proof) {
        proof = new bytes32[](3);
        bytes32[][4] memory levels = _levels(ordinal);
        for (uint256 level = 0; level < 3; ++level) proof[level] = levels[level][(i >> level) ^ 1];
    }
}
