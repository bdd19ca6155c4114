// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Scenes} from "./Scenes.sol";

/// @title How a row of the table is written down.
abstract contract Rows is Scenes {
    /// @dev In its scene `call` succeeds for `who`; everybody else is refused by one of two errors. `why` says why a call that
    /// is open to everybody harms nobody.
    struct Row {
        address target;
        bytes call;
        function() internal scene;
        uint256 who;
        bytes4 refusal;
        bytes4 otherRefusal;
        string why;
    }

    Row[] internal rows;
    address private _target;
    function() internal private _scene;

    /// @dev The contract of the rows that follow.
    function on(address target) internal {
        _target = target;
    }

    /// @dev The scene of the rows that follow.
    function during(function() internal scene) internal {
        _scene = scene;
    }

    function anyone(bytes memory call, string memory why) internal {
        rows.push(Row(_target, call, _scene, EVERYBODY, 0, 0, why));
    }

    function only(uint256 who, bytes memory call, bytes4 refusal) internal {
        only(who, call, refusal, refusal);
    }

    function only(uint256 who, bytes memory call, bytes4 refusal, bytes4 otherRefusal) internal {
        rows.push(Row(_target, call, _scene, who, refusal, otherRefusal, ""));
    }
}
