// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContributionToken} from "../../contracts/ContributionToken.sol";
import {Test} from "./Test.sol";

/// @title Voting units through any sequence of mints, burns, departures, returns and delegations.
contract TokenUnitsTest is Test {
    uint256 private constant ACCOUNTS = 4; // addresses 1 to 4; delegates are addresses 0 to 5

    ContributionToken private token;
    bool[ACCOUNTS] private isRetired;

    function setUp() public {
        vm.warp(1_700_000_000);
        token = new ContributionToken("Contribution", "CTB", address(0x40D5), address(this));
    }

    /// Units are the floor of the square root of the voting tokens, and none for who has left. They add up to the total, and
    /// to the votes of all delegates with those that are delegated to nobody. An account never votes with more than it has.
    /// forge-config: default.fuzz.runs = 128
    /// forge-config: deep.fuzz.runs = 2000
    function testFuzz_unitsAreRootsAndAddUp(uint256[30] memory moves) public {
        for (uint256 i = 0; i < moves.length; ++i) {
            move(moves[i]);
            check();
        }
    }

    function testFuzz_aUnitIsTheFloorOfTheRoot(uint256 amount) public {
        amount = bound(amount, 0, type(uint112).max);
        token.mintGrant(account(0), amount);

        assertIsFloorOfRoot(token.getVotes(account(0)), amount);
    }

    function move(uint256 word) private {
        uint256 i = (word >> 8) % ACCOUNTS;
        uint256 kind = word % 6;
        uint256 amount = word >> (128 + (word >> 16) % 64); // of any size below 2^128, mostly large
        if (kind == 0) token.mintGrant(account(i), amount % 1e30);
        if (kind == 1) token.mintAirdrop(account(i), amount % 1e30);
        if (kind == 2) token.burn(account(i), amount % (token.balanceOf(account(i)) + 1));
        if (kind == 3) retire(i);
        if (kind == 4) reinstate(i);
        if (kind == 5) {
            vm.prank(account(i));
            token.delegate(address(uint160((word >> 24) % (ACCOUNTS + 2))));
        }
    }

    function retire(uint256 i) private {
        token.retire(account(i));
        isRetired[i] = true;
    }

    function reinstate(uint256 i) private {
        token.reinstate(account(i));
        isRetired[i] = false;
    }

    function check() private {
        uint256 units;
        uint256 delegatedToNobody;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint256 own = token.votingUnitsOf(account(i));
            if (isRetired[i]) assertEq(own, 0, "units of who has left");
            else assertIsFloorOfRoot(own, token.votingTokensOf(account(i)));
            assertLe(token.votingTokensOf(account(i)), token.balanceOf(account(i)), "voting tokens, tokens");
            units += own;
            if (token.delegates(account(i)) == address(0)) delegatedToNobody += own;
        }
        uint256 votes;
        for (uint160 delegate = 0; delegate < ACCOUNTS + 2; ++delegate) votes += token.getVotes(address(delegate));
        assertEq(votes + delegatedToNobody, units, "votes");

        vm.warp(block.timestamp + 1);
        assertEq(token.getPastTotalSupply(block.timestamp - 1), units, "total");
    }

    function assertIsFloorOfRoot(uint256 root, uint256 square) private pure {
        assertLe(root * root, square, "the root is not above");
        assertLe(square + 1, (root + 1) * (root + 1), "nor is the next number");
    }

    function account(uint256 i) private pure returns (address) {
        return address(uint160(i + 1));
    }
}
