// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase} from "../../contracts/interfaces/IRoundManager.sol";

/// @title The round of `docs/protocol.md` §1 and §7, told as simply as possible: the reference for the round manager.
/// @dev `MEMBERS` members, all of them drawn in both roles; every phase takes `PHASE` seconds; results are numbered 1, 2, ….
/// Each move says whether the protocol accepts it, and takes effect if so. Time passes by `tick`.
contract PhaseModel {
    uint256 public constant MEMBERS = 6;
    uint256 public constant PHASE = 100; // seconds
    uint256 private constant MIN_UPDATES = 3;
    uint256 private constant TWO_THIRDS = 4; // of six

    struct Member {
        bool committed; // in the current round, as the next four
        bool revealed;
        bool vouched;
        bool attested;
        bool disclosed;
        uint256 result; // attested to last; 0: none that is not disclosed
        uint256 resultOf; // the round of that result
    }

    Phase public phase;
    Phase public endedIn;
    uint256 public number; // of the round
    uint256 public endsAt; // of the phase; of a finalised round: when disclosing ends
    uint256 private time;
    mapping(uint256 round => uint256) private disclosableUntil; // of finalised rounds
    mapping(uint256 result => uint256) private votes; // in the current round
    Member[MEMBERS] private members;

    function tick(uint256 now_) external {
        time = now_;
        while (_isRunning() && time >= endsAt) {
            if (phase == Phase.Disclose && _isAgreed()) return; // waits for `finalise`
            if (phase == Phase.Disclose || _count() < _needed()) {
                _fail();
            } else {
                _enter(Phase(uint256(phase) + 1), endsAt);
            }
        }
    }

    function open() external returns (bool) {
        if (_isRunning()) return false;
        ++number;
        endedIn = Phase.None;
        for (uint256 i = 0; i < MEMBERS; ++i) {
            Member storage m = members[i];
            m.committed = m.revealed = m.vouched = m.attested = m.disclosed = false;
        }
        for (uint256 result = 1; result < 4; ++result) votes[result] = 0;
        _enter(Phase.Commit, time);
        return true;
    }

    function commit(uint256 i) external returns (bool) {
        if (phase != Phase.Commit || members[i].committed) return false;
        members[i].committed = true;
        if (_count() == MEMBERS) _enter(Phase.Reveal, time);
        return true;
    }

    function reveal(uint256 i) external returns (bool) {
        if (phase != Phase.Reveal || !members[i].committed || members[i].revealed) return false;
        members[i].revealed = true;
        if (_count() == _committed()) _enter(Phase.Vouch, time);
        return true;
    }

    function vouch(uint256 i) external returns (bool) {
        if (phase != Phase.Vouch || members[i].vouched || _owesOlder(i)) return false;
        members[i].vouched = true;
        if (_count() == MEMBERS) _enter(Phase.Attest, time);
        return true;
    }

    function attest(uint256 i, uint256 result) external returns (bool) {
        if (phase != Phase.Attest || members[i].attested || _owesOlder(i)) return false;
        members[i].attested = true;
        members[i].result = result;
        members[i].resultOf = number;
        if (_count() == MEMBERS) _enter(Phase.Disclose, time);
        return true;
    }

    /// @dev Of the last round that the member attested in.
    function disclose(uint256 i) external returns (bool) {
        Member storage m = members[i];
        if (m.result == 0) return false;
        if (m.resultOf < number || phase == Phase.Finalised) {
            if (time >= disclosableUntil[m.resultOf]) return false;
            m.result = 0;
            return true;
        }
        if (phase != Phase.Disclose || time >= endsAt) return false;
        m.disclosed = true;
        ++votes[m.result];
        m.result = 0;
        bool allHaveDisclosed = _count() == _attested();
        if (allHaveDisclosed && !_isAgreed()) _fail();
        return true;
    }

    function finalise(uint256 result) external returns (bool) {
        if (phase != Phase.Disclose || votes[result] < TWO_THIRDS) return false;
        phase = Phase.Finalised;
        disclosableUntil[number] = endsAt;
        return true;
    }

    /// @dev Starts an entry over by vouching or attesting only when the last result can no longer be disclosed.
    function _owesOlder(uint256 i) private view returns (bool) {
        Member storage m = members[i];
        return m.result != 0 && m.resultOf < number && time < disclosableUntil[m.resultOf];
    }

    function _enter(Phase next, uint256 from) private {
        phase = next;
        endsAt = from + PHASE;
    }

    function _fail() private {
        endedIn = phase;
        phase = Phase.Failed;
    }

    function _isRunning() private view returns (bool) {
        return phase >= Phase.Commit && phase <= Phase.Disclose;
    }

    function _isAgreed() private view returns (bool) {
        return votes[1] >= TWO_THIRDS || votes[2] >= TWO_THIRDS || votes[3] >= TWO_THIRDS;
    }

    /// @dev How many must have acted in a phase when its time is up.
    function _needed() private view returns (uint256) {
        return phase <= Phase.Reveal ? MIN_UPDATES : TWO_THIRDS;
    }

    /// @dev How many have acted in the current phase.
    function _count() private view returns (uint256 count) {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            Member storage m = members[i];
            if (phase == Phase.Commit && m.committed) ++count;
            if (phase == Phase.Reveal && m.revealed) ++count;
            if (phase == Phase.Vouch && m.vouched) ++count;
            if (phase == Phase.Attest && m.attested) ++count;
            if (phase == Phase.Disclose && m.disclosed) ++count;
        }
    }

    function _committed() private view returns (uint256 count) {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (members[i].committed) ++count;
        }
    }

    function _attested() private view returns (uint256 count) {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (members[i].attested) ++count;
        }
    }
}
