// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundParameters} from "../../contracts/interfaces/IGuidelineRegistry.sol";
import {Phase, Result} from "../../contracts/interfaces/IRoundManager.sol";
import {Cid} from "../../contracts/libraries/CidLib.sol";
import {Federation} from "../contracts/Federation.sol";

/// @title Whole-transaction gas of a federation's daily calls. Run by `scripts/gas`, with every call in its own transaction.
/// @dev Each call is measured for its most expensive sender: in round 1 ("first"), and in rounds 3 and 4 ("steady"). All are
/// there in round 3, so its phases end early; one is not seen after COMMIT of round 4, so that the clock ends the next three.
abstract contract GasMeasurement is Federation {
    uint256 private constant PROOF_LENGTH = 9; // 288 members

    mapping(string call => uint256) private _most;
    string[] private _calls;
    uint256 private _trainers;
    uint256 private _validators;

    function measure(uint256 trainers) internal {
        _trainers = trainers;
        _validators = trainers < 32 ? trainers : 32;
        RoundParameters memory p = defaults();
        p.minTrainers = uint16(trainers); // safe cast: at most 256
        deploy(trainers, p);
        for (uint256 i = 0; i < trainers; ++i) {
            join(i, i < _validators ? 3 : 1);
            if (i == 0) note("Membership.joinFounder", "first");
        }
        while (rounds.queuedChanges() > 32) rounds.applyRosterChanges();

        _play(1, "first", 0);
        _play(2, "second", 0);
        _play(3, "steady", 0);
        _play(4, "steady", 1);
        _write(trainers);
    }

    function _play(uint32 number, string memory when, uint256 absent) private {
        rounds.open();
        note("RoundManager.open", when);
        for (uint256 i = 0; i < _trainers; ++i) {
            commit(i, number);
            note("RoundManager.commit", when);
        }
        (uint256 trainers, uint256 validators) = (_trainers - absent, _validators - absent);
        Result memory result = goodResult(trainers);
        result.ledgerRoot = _rootFor(number);
        for (uint256 i = 0; i < trainers; ++i) {
            reveal(i, number);
            note("RoundManager.reveal", when);
        }
        pass(Phase.Reveal);
        for (uint256 i = 0; i < validators; ++i) {
            vouch(i, number, everything(trainers));
            note("RoundManager.vouch", when);
        }
        pass(Phase.Vouch);
        for (uint256 i = 0; i < validators; ++i) {
            attest(i, number, result);
            note("RoundManager.attest", when);
        }
        pass(Phase.Attest);
        for (uint256 i = 0; i < validators; ++i) {
            disclose(i, number, result);
            note("RoundManager.disclose", when);
        }
        rounds.finalise(number, result);
        note("RoundManager.finalise", when);
        vm.warp(block.timestamp + 1000);
        if (number > 1) {
            rounds.claim(founders[1], _cumulative(number - 1), _proof(), number - 1);
            note("RoundManager.claim", number == 2 ? "first" : when);
        }
    }

    /// @dev Takes down the gas of the last call if it is the most for this call so far.
    function note(string memory call, string memory when) private {
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        string memory key = string.concat(call, " ", when);
        if (_most[key] == 0) _calls.push(key);
        if (gas > _most[key]) _most[key] = gas;
    }

    function _write(uint256 trainers) private {
        string memory json;
        for (uint256 i = 0; i < _calls.length; ++i) json = vm.serializeUint("gas", _calls[i], _most[_calls[i]]);
        vm.writeFile(string.concat("build/gas-", vm.toString(trainers), ".json"), json);
    }

    function _cumulative(uint32 number) private pure returns (uint256) {
        return 123_456_789_012_345_678 * uint256(number);
    }

    function _proof() private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](PROOF_LENGTH);
        for (uint256 i = 0; i < PROOF_LENGTH; ++i) proof[i] = keccak256(abi.encode("sibling", i));
    }

    function _rootFor(uint32 number) private view returns (bytes32 root) {
        root = leafOf(founders[1], _cumulative(number));
        bytes32[] memory proof = _proof();
        for (uint256 i = 0; i < proof.length; ++i) root = pairHash(root, proof[i]);
    }
}

contract Gas4Test is GasMeasurement {
    function test_measure() public {
        measure(4);
    }
}

contract Gas64Test is GasMeasurement {
    function test_measure() public {
        measure(64);
    }
}

contract Gas256Test is GasMeasurement {
    function test_measure() public {
        measure(256);
    }
}
