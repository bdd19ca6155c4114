// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../../contracts/interfaces/IGuidelineRegistry.sol";
import {Phase, Result, Round} from "../../../contracts/interfaces/IRoundManager.sol";
import {Progress, Role, Seat} from "../../../contracts/interfaces/IRoster.sol";
import {Cid} from "../../../contracts/libraries/CidLib.sol";
import {Bitmap} from "../../../contracts/libraries/Bitmap.sol";
import {Watched} from "./Watched.sol";

/// @title Five honest members, who do what the protocol asks before time passes, and two who do anything at any time.
/// @dev Two of seven are fewer than a third of the validators, as the protocol assumes. The honest agree on the truth: a pure
/// function of what was vouched for, and of which updates decode. A hostile update is served to whom its owner likes.
contract HonestMajority is Watched {
    uint256 public constant HONEST = 5; // the first of the founders
    uint256 private constant ALL = 7;

    mapping(uint256 actor => uint256) public falseVouches; // of finalised rounds, as the honest see it
    uint32 public lastTruth; // the last round that the honest know to be finalised
    mapping(uint32 round => bytes28) public truthOf; // hash of state and record, as `finalisedOf`

    // Of the current round.
    uint256 private _servedTo; // bit 8 s + v: validator v holds the update of slot s
    uint256 private _undecodable; // bit s
    mapping(uint256 actor => uint256) private _vouched;
    bool[2] private _lied; // whether the hostile attested to the lie when they last did

    constructor() {
        RoundParameters memory p = defaults();
        p.faultPointLimit = 255; // a suspension would change who is drawn, and so how many of the drawn are honest
        deploy(ALL, p);
        joinAll();
        for (uint256 i = 0; i < HONEST; ++i) _bondAll(i); // small penalties take nobody below the minimum either
        time = block.timestamp;
    }

    // Moves.

    /// @dev The honest do what is due, then time passes, often to the end of the phase.
    function wait(uint256 duration, uint256 plan) external watched {
        _keepUp(plan);
        Round memory round = rounds.round();
        bool isRunning = round.phase != Phase.None && round.phase < Phase.Finalised;
        uint256 left = isRunning ? round.endsAt - block.timestamp : 150;
        vm.warp(block.timestamp + (duration % 2 == 0 ? left : 1 + (duration >> 1) % left));
    }

    /// @dev A hostile one does what is due, in its own way.
    function hostileInTurn(uint256 i, uint256 word) external watched {
        _inTurn(HONEST + i % (ALL - HONEST), word);
    }

    /// @dev Whatever anybody may try against an honest member, or against the round.
    function hostileOutOfTurn(uint256 i, uint256 kind, uint256 victim, uint256 word) external watched {
        i = HONEST + i % (ALL - HONEST);
        victim %= HONEST;
        uint32 number = rounds.round().number;
        address account = founders[victim];
        kind %= 9;
        if (kind == 0) sendAbout(i, victim, abi.encodeCall(rounds.settle, (account)));
        if (kind == 1) sendAbout(i, victim, abi.encodeCall(rounds.reportSilence, (number, account, Role.Trainer)));
        if (kind == 2) sendAbout(i, victim, abi.encodeCall(rounds.reportSilence, (number, account, Role.Validator)));
        if (kind == 3) sendAbout(i, i, abi.encodeCall(rounds.finalise, (number, _lie())));
        if (kind == 4) sendAbout(i, i, abi.encodeCall(rounds.commit, (number, _seat(victim, Role.Trainer).hash)));
        if (kind == 5) sendAbout(i, i, abi.encodeCall(rounds.attest, (number, _seat(victim, Role.Validator).hash)));
        if (kind == 6) _reveal(i, word, true);
        if (kind == 7) _discloseAsHostile(i);
        if (kind == 8) sendAbout(i, i, abi.encodeCall(rounds.applyRosterChanges, ()));
    }

    function hostileAsMember(uint256 i, uint256 kind, uint256 amount) external watched {
        i = HONEST + i % (ALL - HONEST);
        amount %= 200e18;
        kind %= 6;
        if (kind == 0) send(i, i, address(membership), abi.encodeCall(membership.bond, (amount)));
        if (kind == 1) send(i, i, address(membership), abi.encodeCall(membership.requestUnbond, (amount)));
        if (kind == 2) send(i, i, address(membership), abi.encodeCall(membership.withdrawBond, ()));
        if (kind == 3) send(i, i, address(membership), abi.encodeCall(membership.exit, ()));
        if (kind > 3) {
            decree(i, address(membership), abi.encodeCall(membership.admit, (founders[i])));
            send(i, i, address(membership), abi.encodeCall(membership.join, ("key", 3)));
        }
    }

    // The honest.

    function _bondAll(uint256 i) private {
        vm.prank(founders[i]);
        membership.bond(GRANT - 110e18);
    }

    /// @dev Until everything that is due is done; a phase that ends early makes the next one due. Stops at the end of a round.
    /// Each hostile one is quicker or not there, by a common plan.
    function _keepUp(uint256 plan) private {
        Phase phase = rounds.phase();
        if (phase == Phase.None || phase >= Phase.Finalised) _begin();
        for (uint256 steps = 0; steps < 6; ++steps) {
            plan = uint256(keccak256(abi.encode(plan)));
            if (plan % 2 == 0) _inTurn(HONEST, plan >> 8);
            if (plan % 3 == 0) _inTurn(HONEST + 1, plan >> 8);
            phase = rounds.phase();
            if (phase >= Phase.Finalised) return;
            for (uint256 i = 0; i < HONEST; ++i) _doWhatIsDue(i, phase);
            if (rounds.round().agreed) return _finish();
            if (rounds.phase() == phase) return;
        }
    }

    function _begin() private {
        rounds.open();
        _servedTo = 0;
        _undecodable = 0;
        for (uint256 i = 0; i < ALL; ++i) _vouched[i] = 0;
    }

    function _doWhatIsDue(uint256 i, Phase phase) private {
        uint32 number = rounds.round().number;
        Seat memory trainer = _seat(i, Role.Trainer);
        Seat memory validator = _seat(i, Role.Validator);
        if (phase == Phase.Commit && trainer.round != number) _commit(i);
        if (phase == Phase.Reveal && trainer.progress == Progress.Committed) _reveal(i, type(uint256).max, false);
        if (phase == Phase.Vouch && validator.round != number) _vouch(i, _heldBy(i));
        if (phase == Phase.Attest && validator.progress != Progress.Attested) _attest(i, _truth());
        if (phase == Phase.Disclose && validator.progress == Progress.Attested) _disclose(i, _truth());
    }

    function _finish() private {
        Result memory truth = _truth();
        uint32 number = rounds.round().number;
        rounds.finalise(number, truth);
        lastTruth = number;
        truthOf[number] = bytes28(keccak256(abi.encode(truth.state, truth.record)));
        for (uint256 i = 0; i < ALL; ++i) {
            Seat memory seat = _seat(i, Role.Validator);
            if (seat.round == number && Bitmap.has(truth.falseVouchers, seat.slot)) ++falseVouches[i];
        }
    }

    /// @dev What every honest validator computes once VOUCH is over.
    function _truth() private view returns (Result memory truth) {
        Round memory round = rounds.round();
        uint256 lonely;
        for (uint256 slot = 0; slot < round.revealed; ++slot) {
            uint256 vouches;
            for (uint256 i = 0; i < ALL; ++i) {
                if (Bitmap.has(_vouched[i], slot)) ++vouches;
            }
            if (3 * vouches >= 2 * round.drawnValidators) truth.included |= 1 << slot;
            if (vouches != 0 && 3 * vouches < round.drawnValidators) lonely |= 1 << slot;
        }
        truth.malformed = truth.included & _undecodable;
        for (uint256 i = 0; i < ALL; ++i) {
            // Safe cast: validator slots are below 32.
            if (_vouched[i] & lonely != 0) truth.falseVouchers |= uint32(1 << _seat(i, Role.Validator).slot);
        }
        truth.state = Cid(keccak256(abi.encode(round.number, truth.included, truth.malformed)), 0x70);
        truth.record = Cid(keccak256(abi.encode(truth)), 0x55);
    }

    function _heldBy(uint256 i) private view returns (uint256 bitmap) {
        for (uint256 slot = 0; slot < ALL; ++slot) {
            if (Bitmap.has(_servedTo, 8 * slot + i)) bitmap |= 1 << slot;
        }
    }

    // The hostile.

    function _inTurn(uint256 i, uint256 word) private {
        Phase phase = rounds.phase();
        uint32 number = rounds.round().number;
        if (phase == Phase.Commit) _commit(i);
        if (phase == Phase.Reveal) _reveal(i, word, (word >> 64) % 2 == 0);
        if (phase == Phase.Vouch) _vouch(i, word % (1 << rounds.round().revealed));
        if (phase == Phase.Attest) _attestAsHostile(i, word % 2 == 0);
        if (phase < Phase.Disclose) return;
        _discloseAsHostile(i);
        sendAbout(i, i, abi.encodeCall(rounds.finalise, (number, _lie())));
    }

    // What anybody does.

    function _commit(uint256 i) private {
        uint32 number = rounds.round().number;
        bytes24 hash = rounds.updateCommitment(number, founders[i], updateOf(i, number), 1, salt(i));
        sendAbout(i, i, abi.encodeCall(rounds.commit, (number, hash)));
    }

    /// @param servedTo Bit v: validator v gets the update.
    function _reveal(uint256 i, uint256 servedTo, bool isMalformed) private {
        Round memory round = rounds.round();
        bytes memory call = abi.encodeCall(rounds.reveal, (round.number, updateOf(i, round.number), 1, salt(i)));
        if (!sendAbout(i, i, call)) return;
        _servedTo |= (servedTo & 127) << (8 * round.revealed);
        if (isMalformed) _undecodable |= 1 << round.revealed;
    }

    function _vouch(uint256 i, uint256 bitmap) private {
        if (sendAbout(i, i, abi.encodeCall(rounds.vouch, (rounds.round().number, bitmap)))) _vouched[i] = bitmap;
    }

    function _attest(uint256 i, Result memory result) private returns (bool) {
        uint32 number = rounds.round().number;
        bytes24 hash = rounds.resultCommitment(number, founders[i], result, salt(i));
        return sendAbout(i, i, abi.encodeCall(rounds.attest, (number, hash)));
    }

    function _disclose(uint256 i, Result memory result) private {
        sendAbout(i, i, abi.encodeCall(rounds.disclose, (_seat(i, Role.Validator).round, result, salt(i))));
    }

    function _attestAsHostile(uint256 i, bool lies) private {
        if (_attest(i, lies ? _lie() : _truth())) _lied[i - HONEST] = lies;
    }

    function _discloseAsHostile(uint256 i) private {
        _disclose(i, _lied[i - HONEST] ? _lie() : _truth());
    }

    /// @dev The same in every round, so that it is the result of both, and a late disclosure opens it too.
    function _lie() private pure returns (Result memory) {
        return Result(127, 0, 31, Cid("false record", 0x55), Cid("false state", 0x70), "false ledger");
    }

    function _seat(uint256 i, Role role) private view returns (Seat memory) {
        return rounds.seatOf(founders[i], role);
    }
}
