"""What every `node.ports.Chain` does. A subclass gives the backend; contracts and their answers are the same on all."""

import threading
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from node.chain.federation import Federation
from node.chain.governance import Call, Governance, Support
from node.chain.words import MemberStatus, Phase, ProposalState, Role
from node.errors import ChainError, InsufficientFunds, TransactionRefused
from node.ports import Chain
from node.types import Address
from tests.federations import (
    BOTH,
    PHASE_SECONDS,
    TOKEN,
    VOTING,
    Backend,
    Small,
    account,
    content,
    salt,
    small_federation,
)

__all__ = ["ChainSuite"]

STRANGER, POOR = 50, 51


class ChainSuite:
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Backend:
        """A chain on which accounts 0 to 9 and `STRANGER` have gas money and `POOR` has none."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def small(cls, backend: Backend) -> Small:
        return small_federation(backend)

    @pytest.fixture
    def chain(self, small: Small) -> Chain:
        return small.members[0].chain

    def connect(self, small: Small, signer: LocalAccount | None, **options: Any) -> Chain:
        return small.backend.connect(small.deployment, signer, **options)

    def test_reads_numbers_texts_addresses_and_structs(self, small: Small, chain: Chain) -> None:
        assert chain.call("ContributionToken", "name") == "fednode contribution"
        assert chain.call("ContributionToken", "balanceOf", small.members[0].account) == 1000 * TOKEN
        assert chain.call("Membership", "token") == small.deployment.addresses["ContributionToken"]
        seated = chain.call("RoundManager", "seated", 0, 0, 5)
        assert isinstance(seated, tuple)
        member = chain.call("Membership", "member", small.members[1].account)
        assert member["id"] == 2
        assert member["encryptionKey"] == bytes([2]) * 32

    def test_a_transaction_gives_its_gas_block_and_events(self, small: Small) -> None:
        receipt = small.members[0].set_encryption_key(b"\x01" * 32)

        assert receipt.transaction.startswith("0x")
        assert len(receipt.transaction) == 66
        assert 21_000 < receipt.gas < 100_000
        (event,) = receipt.events
        assert (event.contract, event.name, event.block) == ("Membership", "EncryptionKeyChanged", receipt.block)
        assert event.arguments == {"account": small.members[0].account, "encryptionKey": b"\x01" * 32}

    def test_events_come_in_order_once_and_from_the_block_asked_for(self, small: Small, chain: Chain) -> None:
        receipt = small.members[1].set_encryption_key(b"\x02" * 32)

        everything = chain.events(0)
        assert next(event for event in everything if event.name == "MemberJoined").arguments["id"] == 1
        positions = [(event.block, event.index) for event in everything]
        assert positions == sorted(set(positions))
        assert chain.events(receipt.block)[-1] == receipt.events[-1]
        assert all(event.block >= receipt.block for event in chain.events(receipt.block))
        assert list(chain.events(0)) == list(everything)
        assert not chain.events(receipt.block + 1)

    def test_a_late_reader_sees_the_same_events(self, small: Small, chain: Chain) -> None:
        late = self.connect(small, None, fresh_log=True, blocks_a_request=3)

        assert list(late.events(0)) == list(chain.events(0))

    def test_a_custom_error_comes_with_name_arguments_and_advice(self, small: Small) -> None:
        with pytest.raises(TransactionRefused) as refused:
            small.members[0].claim(small.members[0].account, 5, [], 3)
        assert refused.value.name == "RoundManagerNotYetClaimable"
        assert refused.value.arguments[0] == 3
        assert "later round" in str(refused.value)

    def test_a_views_custom_error_is_the_same_error(self, chain: Chain) -> None:
        with pytest.raises(TransactionRefused) as refused:
            chain.call("ReleaseRegistry", "releaseOf", 77)
        assert (refused.value.name, refused.value.arguments) == ("ReleaseRegistryUnknownRelease", (77,))

    def test_a_refused_transaction_leaves_the_account_usable(self, small: Small) -> None:
        stranger = self.connect(small, account(STRANGER))
        with pytest.raises(TransactionRefused, match="MembershipWrongStatus"):
            stranger.transact("Membership", "exit")

        assert stranger.transact("ContributionToken", "delegate", small.members[0].account).gas > 21_000

    def test_threads_on_one_key_do_not_collide(self, small: Small, backend: Backend) -> None:
        failures: list[ChainError] = []

        def delegate(times: int) -> None:
            chain = self.connect(small, account(0))  # each has a connection of its own
            for turn in range(times):
                try:
                    chain.transact("ContributionToken", "delegate", small.members[turn % 3].account)
                except ChainError as error:
                    failures.append(error)

        before = backend.nonce(account(0))
        threads = [threading.Thread(target=delegate, args=(3,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        if failures:
            pytest.fail("; ".join(map(repr, failures)))
        assert backend.nonce(account(0)) == before + 12
        small.members[0].chain.transact("ContributionToken", "delegate", small.members[0].account)

    def test_too_little_gas_money_is_said_with_what_is_missing(self, small: Small) -> None:
        poor = self.connect(small, account(POOR))

        with pytest.raises(InsufficientFunds, match=r"lacks \d+ wei|gas money"):
            poor.transact("ContributionToken", "delegate", small.members[0].account)

    def test_balance_falls_by_what_gas_costs(self, small: Small, chain: Chain) -> None:
        before = chain.balance(small.members[0].account)
        small.members[0].set_encryption_key(b"\x03" * 32)
        assert chain.balance(small.members[0].account) < before

    def test_a_read_only_connection_reads_and_does_not_sign(self, small: Small) -> None:
        reader = self.connect(small, None)
        assert reader.call("Membership", "memberCount") == len(small.members)

        with pytest.raises(ChainError, match="read only"):
            reader.transact("RoundManager", "open")

    def test_time_passes_for_views_without_a_block(self, small: Small) -> None:
        member = small.members[0]
        member.open_round()
        before = member.round()
        assert before.phase is Phase.COMMIT
        assert before.ends_at > member.chain.now()

        small.backend.advance(PHASE_SECONDS + 1)

        after = member.round()
        assert (after.phase, after.ended_in) == (Phase.FAILED, Phase.COMMIT)
        assert member.can_open()

    def test_a_whole_round_ends_finalised(self, small: Small) -> None:
        number = small.run_round()

        member = small.members[0]
        view = member.round()
        assert (view.number, view.phase) == (number, Phase.FINALISED)
        latest = member.latest()
        assert (latest.round, latest.state) == (number, content(("state", number)))
        assert member.outcome(number).result_hash == small.result(number).hash()
        assert not member.can_open() or member.round().ended

    def test_wrong_phase_and_wrong_reveal_are_refused_by_name(self, small: Small) -> None:
        number = small.commit_all(absent=1)
        absent = small.members[-1]
        with pytest.raises(TransactionRefused) as refused:
            absent.reveal(number, content("x"), 1, salt("x"))
        assert refused.value.name == "RoundManagerWrongPhase"
        assert refused.value.arguments == (number, Phase.COMMIT, Phase.REVEAL)
        with pytest.raises(TransactionRefused, match="RoundManagerAlreadyDone"):
            small.members[0].commit(number, content("again"), 1, salt("again"))

        small.backend.advance(PHASE_SECONDS + 1)

        with pytest.raises(TransactionRefused, match="RoundManagerWrongPhase"):
            absent.commit(number, content("late"), 1, salt("late"))
        with pytest.raises(TransactionRefused, match="RoundManagerRevealMismatch"):
            small.members[0].reveal(number, content("other"), 10, salt((number, 0)))
        receipt = small.members[0].reveal(number, content((number, 0)), 10, salt((number, 0)))
        assert receipt.events[0].arguments["cid"]["codec"] == 0x55
        silence = small.members[0].report_silence(number, absent.account, Role.TRAINER)
        assert "SilenceReported" in {event.name for event in silence.events}
        small.backend.advance(5 * PHASE_SECONDS)

    def test_a_vote_admits_a_newcomer(self, small: Small, backend: Backend) -> None:
        newcomer = account(STRANGER)
        governance = [Governance(member.chain, small.deployment) for member in small.members]
        proposal = governance[0].propose(Call.admit(Address(str(newcomer.address))), "admit a newcomer")
        assert governance[0].state(proposal) is ProposalState.PENDING
        backend.advance(VOTING.voting_delay + 1)
        for one in governance:
            one.vote(proposal, Support.FOR)
        with pytest.raises(TransactionRefused, match="GovernorAlreadyCastVote"):
            governance[0].vote(proposal, Support.FOR)
        backend.advance(VOTING.voting_period + 1)
        governance[1].queue(proposal)
        backend.advance(VOTING.timelock_delay + 1)
        governance[2].execute(proposal)
        assert governance[0].proposal(proposal).state is ProposalState.EXECUTED

        joined = Federation(self.connect(small, newcomer), small.deployment, Address(str(newcomer.address)))
        joined.join(BOTH, b"\x09" * 32)
        member = joined.member(joined.account)
        assert (member.status, member.roles) == (MemberStatus.ACTIVE, frozenset(BOTH))
        assert joined.voting_units(joined.account) == 0
