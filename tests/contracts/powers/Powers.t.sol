// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Abi} from "./Abi.sol";
import {FederationRows} from "./FederationRows.sol";
import {GovernanceRows} from "./GovernanceRows.sol";

/// @title After deployment the deployer has no power, and everybody else only that of its position.
/// @dev Every function that is not a view is called by everybody in `Cast`, in a situation in which the call is possible, and
/// the outcome compared with the table. The functions come from the compiled interfaces: a new one fails until it has its row.
contract PowersTest is Abi, FederationRows, GovernanceRows {
    function setUp() public {
        assemble();
        writeFederation();
        writeGovernance();
    }

    function test_everybodyCanDoWhatTheTableSaysAndNothingElse() public {
        for (uint256 row = 0; row < rows.length; ++row) {
            uint256 start = vm.snapshotState();
            rows[row].scene();
            for (uint256 actor = 0; actor < actors.length; ++actor) {
                uint256 scene = vm.snapshotState();
                _try(rows[row], actor);
                vm.revertToState(scene);
            }
            vm.revertToState(start);
        }
    }

    function test_theDeployerMayDoNothingThatAStrangerMayNot() public view {
        for (uint256 row = 0; row < rows.length; ++row) {
            bool deployer = rows[row].who & THE_DEPLOYER != 0;
            bool stranger = rows[row].who & A_STRANGER != 0;
            if (deployer != stranger) _fail(rows[row], "the deployer is named");
        }
    }

    function test_whatIsOpenToEverybodyHasAReason() public view {
        for (uint256 row = 0; row < rows.length; ++row) {
            bool isOpen = rows[row].who == EVERYBODY;
            bool hasReason = bytes(rows[row].why).length != 0;
            if (isOpen != hasReason) _fail(rows[row], "is open to everybody without a reason, or has one and is not");
        }
    }

    function test_everyFunctionHasItsRow() public view {
        uint256 functions;
        (string[7] memory names, address[7] memory targets) = _contracts();
        for (uint256 i = 0; i < names.length; ++i) {
            string[] memory signatures = stateChanging(names[i]);
            functions += signatures.length;
            for (uint256 j = 0; j < signatures.length; ++j) {
                string memory name = string.concat(names[i], ".", signatures[j]);
                assertEq(_rowsOf(targets[i], selectorOf(signatures[j])), 1, string.concat("rows of ", name));
            }
        }
        assertEq(rows.length, functions, "rows and functions");
    }

    function test_everyContractIsWalked() public view {
        (string[7] memory names,) = _contracts();
        assertEq(vm.readDir("node/chain/artifacts").length, names.length, "contracts that are shipped");
        for (uint256 i = 0; i < names.length; ++i) {
            vm.readFile(string.concat("node/chain/artifacts/", names[i], ".json"));
        }
    }

    /// @dev The timelock of OpenZeppelin is the exception: it keeps what it is sent, and no proposal can move it.
    function test_noContractTakesEther() public {
        (string[7] memory names, address[7] memory targets) = _contracts();
        for (uint256 i = 0; i < names.length; ++i) {
            vm.prank(STRANGER);
            (bool taken,) = targets[i].call{value: 1}("");
            assertTrue(taken == (targets[i] == address(timelock)), names[i]);
        }
    }

    function _try(Row storage row, uint256 actor) private {
        bool may = (row.who >> actor) & 1 != 0;
        vm.prank(actors[actor]);
        (bool done, bytes memory answer) = row.target.call(row.call);

        string memory who = names[actor];
        if (may && !done) _fail(row, string.concat(who, " may call it and was refused"));
        if (done && !may) _fail(row, string.concat(who, " may not call it and did"));
        if (may) return;
        bytes4 refusal = bytes4(answer);
        bool isExpected = refusal == row.refusal || refusal == row.otherRefusal;
        if (!isExpected) _fail(row, string.concat(who, " was refused for another reason"));
    }

    function _fail(Row storage row, string memory what) private view {
        assertTrue(false, string.concat(_nameOf(row), ": ", what));
    }

    function _nameOf(Row storage row) private view returns (string memory) {
        (string[7] memory contracts, address[7] memory targets) = _contracts();
        for (uint256 i = 0; i < contracts.length; ++i) {
            if (targets[i] != row.target) continue;
            string[] memory signatures = stateChanging(contracts[i]);
            for (uint256 j = 0; j < signatures.length; ++j) {
                if (selectorOf(signatures[j]) == bytes4(row.call)) return string.concat(contracts[i], ".", signatures[j]);
            }
        }
        return "a function that is not there";
    }

    function _rowsOf(address target, bytes4 selector) private view returns (uint256 count) {
        for (uint256 row = 0; row < rows.length; ++row) {
            if (rows[row].target == target && bytes4(rows[row].call) == selector) ++count;
        }
    }

    function _contracts() private view returns (string[7] memory, address[7] memory) {
        return (
            [
                "ContributionToken",
                "FederationGovernor",
                "GuidelineRegistry",
                "Membership",
                "ReleaseRegistry",
                "RoundManager",
                "TimelockController"
            ],
            [
                address(token),
                address(governor),
                address(guidelines),
                address(membership),
                address(releases),
                address(rounds),
                address(timelock)
            ]
        );
    }
}
