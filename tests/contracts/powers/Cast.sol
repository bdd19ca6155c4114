// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Voting} from "../Voting.sol";

/// @title A federation with somebody in every position that an account can be in.
/// @dev A set of roles is a bitmap: `TRAINER | MEMBER`. Bit r is the account `actors[r]`, called `names[r]`.
abstract contract Cast is Voting {
    uint256 internal constant THE_DEPLOYER = 1 << 0;
    uint256 internal constant A_STRANGER = 1 << 1;
    uint256 internal constant LATE_FOUNDER = 1 << 2; // has not joined
    uint256 internal constant ADMITTED = 1 << 3; // has not joined
    uint256 internal constant TRAINER = 1 << 4; // a founder, as are those without another remark
    uint256 internal constant VALIDATOR = 1 << 5;
    uint256 internal constant MEMBER = 1 << 6; // trains and validates
    uint256 internal constant NEWCOMER = 1 << 7; // trains and validates; joined with an airdrop, so it has no votes
    uint256 internal constant SUSPENDED = 1 << 8; // by asking for its whole bond
    uint256 internal constant EXITED = 1 << 9;
    uint256 internal constant EXPELLED = 1 << 10;
    uint256 internal constant THE_TOKEN = 1 << 11;
    uint256 internal constant THE_TIMELOCK = 1 << 12;
    uint256 internal constant THE_GUIDELINES = 1 << 13;
    uint256 internal constant THE_MEMBERSHIP = 1 << 14;
    uint256 internal constant THE_ROUNDS = 1 << 15;
    uint256 internal constant THE_RELEASES = 1 << 16;
    uint256 internal constant THE_GOVERNOR = 1 << 17;

    uint256 internal constant NOBODY = 0;
    uint256 internal constant EVERYBODY = type(uint256).max;
    uint256 internal constant VOTERS = TRAINER | VALIDATOR | MEMBER | SUSPENDED;
    uint256 internal constant ACTIVE = VOTERS | NEWCOMER;
    uint256 internal constant DRAWN_TRAINERS = TRAINER | MEMBER | NEWCOMER;
    uint256 internal constant DRAWN_VALIDATORS = VALIDATOR | MEMBER | NEWCOMER;

    address[] internal actors;
    string[] internal names;

    // Places in `founders`; the moves of a round take them.
    uint256 internal constant TRAINER_PLACE = 0;
    uint256 internal constant VALIDATOR_PLACE = 1;
    uint256 internal constant MEMBER_PLACE = 2;
    uint256 internal constant PARTNER_PLACE = 3; // one more who trains and validates, so that a round has enough of both
    uint256 internal constant SUSPENDED_PLACE = 4;
    uint256 internal constant EXITED_PLACE = 5;
    uint256 internal constant EXPELLED_PLACE = 6;
    uint256 internal constant LATE_FOUNDER_PLACE = 7;
    uint256 internal constant NEWCOMER_PLACE = 8; // no founder, but it moves like one

    address private constant NEWCOMER_ACCOUNT = address(0x2E3);
    address private constant ADMITTED_ACCOUNT = address(0xAD3);

    function assemble() internal {
        deploy(8, defaults());
        join(TRAINER_PLACE, 1);
        join(VALIDATOR_PLACE, 2);
        join(MEMBER_PLACE, BOTH);
        join(PARTNER_PLACE, BOTH);
        for (uint256 i = SUSPENDED_PLACE; i <= EXPELLED_PLACE; ++i) join(i, BOTH);
        admitAndJoin(NEWCOMER_ACCOUNT, BOTH);
        founders.push(NEWCOMER_ACCOUNT);
        admit(ADMITTED_ACCOUNT);
        _part();
        rounds.applyRosterChanges();
        vm.warp(block.timestamp + 1 hours); // the bonds of those who left are free, and past votes are known

        _enter("the deployer", DEPLOYER);
        _enter("a stranger", STRANGER);
        _enter("a founder who has not joined", founders[LATE_FOUNDER_PLACE]);
        _enter("somebody admitted who has not joined", ADMITTED_ACCOUNT);
        _enter("a trainer", founders[TRAINER_PLACE]);
        _enter("a validator", founders[VALIDATOR_PLACE]);
        _enter("a member in both roles", founders[MEMBER_PLACE]);
        _enter("a member without votes", NEWCOMER_ACCOUNT);
        _enter("a suspended member", founders[SUSPENDED_PLACE]);
        _enter("a member who has left", founders[EXITED_PLACE]);
        _enter("a member who was voted out", founders[EXPELLED_PLACE]);
        _enter("the token", address(token));
        _enter("the timelock", address(timelock));
        _enter("the guideline registry", address(guidelines));
        _enter("the membership", address(membership));
        _enter("the round manager", address(rounds));
        _enter("the release registry", address(releases));
        _enter("the governor", address(governor));
    }

    function _part() private {
        vm.prank(founders[SUSPENDED_PLACE]);
        membership.requestUnbond(110e18);
        vm.prank(founders[EXITED_PLACE]);
        membership.exit();
        vm.prank(address(timelock));
        membership.expel(founders[EXPELLED_PLACE]);
    }

    function _enter(string memory name, address account) private {
        actors.push(account);
        names.push(name);
        vm.deal(account, 1 ether);
    }
}
