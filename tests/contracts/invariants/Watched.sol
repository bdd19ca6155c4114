// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContributionToken} from "../../../contracts/ContributionToken.sol";
import {GuidelineRegistry} from "../../../contracts/GuidelineRegistry.sol";
import {Membership} from "../../../contracts/Membership.sol";
import {RoundManager} from "../../../contracts/RoundManager.sol";
import {IMembership, Penalty} from "../../../contracts/interfaces/IMembership.sol";
import {IRoundManager} from "../../../contracts/interfaces/IRoundManager.sol";
import {Progress, Role, Seat} from "../../../contracts/interfaces/IRoster.sol";
import {Federation} from "../Federation.sol";
import {Vm} from "../Test.sol";

/// @title Calls of a federation's members, watched: what they burn, whom they punish and for how many entries.
/// @dev A refused call is no failure here. A broken property is noted in `broken`, because a revert would undo the evidence.
abstract contract Watched is Federation {
    uint256 internal constant ROLES = 2;

    uint256 public time; // unix seconds
    string public broken; // the first property that a call broke
    uint256 public burned; // token wei, of all
    mapping(uint256 actor => uint256) public burnedOf;
    mapping(uint256 actor => uint256) public penaltiesOf;
    mapping(uint256 actor => uint256) public hardPenaltiesOf;
    mapping(uint256 actor => uint256) private _earned; // as last seen

    /// @dev `actor_` sends `call`, which is about `subject`: usually itself.
    function send(uint256 actor_, uint256 subject, address target, bytes memory call) internal returns (bool) {
        return _send(founders[actor_], subject, target, call);
    }

    function sendAbout(uint256 actor_, uint256 subject, bytes memory call) internal returns (bool) {
        return _send(founders[actor_], subject, address(rounds), call);
    }

    function decree(uint256 subject, address target, bytes memory call) internal returns (bool) {
        return _send(address(timelock), subject, target, call);
    }

    /// @dev Of every move. The clock is this contract's own: forge need not keep it between moves.
    modifier watched() {
        vm.warp(time);
        _;
        time = block.timestamp;
        for (uint256 i = 0; i < founders.length; ++i) {
            uint256 earned = token.earnedOf(founders[i]);
            note(earned >= _earned[i], "what was claimed stays claimed");
            _earned[i] = earned;
        }
    }

    function actors() public view returns (uint256) {
        return founders.length;
    }

    function actor(uint256 i) external view returns (address) {
        return founders[i];
    }

    function contracts() external view returns (ContributionToken, Membership, RoundManager, GuidelineRegistry) {
        return (token, membership, rounds, guidelines);
    }

    function note(bool holds, string memory property) internal {
        if (!holds && bytes(broken).length == 0) broken = property;
    }

    function _send(address sender, uint256 subject, address target, bytes memory call) private returns (bool done) {
        Seat[ROLES] memory before = _seatsOf(subject);
        vm.recordLogs();
        vm.prank(sender);
        (done,) = target.call(call);
        uint256 punished = _readLogs(subject);

        note(done || punished == 0, "no call is refused after it has punished");
        note(punished <= _closed(before, _seatsOf(subject)), "an entry, or a silence, is punished at most once");
    }

    /// @dev Entries that were open before and are not any more, and silences that are settled now: what may have cost
    /// something.
    function _closed(Seat[ROLES] memory before, Seat[ROLES] memory afterwards) private pure returns (uint256 closed) {
        for (uint256 role = 0; role < ROLES; ++role) {
            bool wasOpen = before[role].progress != Progress.None && before[role].progress != Progress.Settled;
            bool isSettled = afterwards[role].progress == Progress.Settled;
            bool isAnother = afterwards[role].round != before[role].round;
            if (wasOpen && (isSettled || isAnother)) ++closed;
            if (isSettled && isAnother) ++closed;
        }
    }

    function _readLogs(uint256 subject) private returns (uint256 punished) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMembership.MemberPenalised.selector) continue;
            address culprit = address(uint160(uint256(logs[i].topics[1])));
            (Penalty penalty, uint256 amount,) = abi.decode(logs[i].data, (Penalty, uint256, uint8));
            note(culprit == founders[subject], "a call punishes nobody but the member that it is about");
            ++punished;
            ++penaltiesOf[subject];
            burned += amount;
            burnedOf[subject] += amount;
            if (penalty == Penalty.Hard) ++hardPenaltiesOf[subject];
        }
    }

    function _seatsOf(uint256 i) private view returns (Seat[ROLES] memory) {
        return [rounds.seatOf(founders[i], Role.Trainer), rounds.seatOf(founders[i], Role.Validator)];
    }
}
