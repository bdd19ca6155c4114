"""Seeing: chain, history, journal and store condensed into the `Situation` that `next_action` decides on."""

import logging
from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from node.chain.federation import Federation
from node.chain.views import RoundView
from node.chain.words import MemberStatus, Phase, Progress, Role
from node.errors import StoreError
from node.peer.claims import Claimable, claimable_ordinal, look_up_claim
from node.peer.history import History, RoundHistory, extend
from node.peer.inclusion import bits
from node.peer.journal import Journal
from node.peer.protocol import Situation
from node.peer.validator import Validator
from node.ports import ContentStore
from node.types import Address, RoundId, UnixSeconds

__all__ = ["Observer"]

log = logging.getLogger("fednode")


@dataclass
class Observer:
    """Looks at the chain on behalf of one account; remembers only what saves it from asking twice."""

    account: Address
    federation: Federation
    store: ContentStore
    journal: Journal
    validator: Validator
    stagger_seconds: float = 0.0
    history: History = field(default_factory=History)
    _drawn: dict[tuple[RoundId, Role], tuple[Address, ...]] = field(default_factory=dict)
    _settled: set[tuple[RoundId, Address]] = field(default_factory=set)
    _ready_since: tuple[RoundId, Phase, UnixSeconds] | None = None
    _claim: tuple[int, Claimable | None] = (0, None)

    def look(self) -> Situation:
        """The situation as of the latest block. Raises the chain's and the store's errors."""
        self.history = self.read_history()
        view = self.federation.round()
        now = self.federation.chain.now()
        ended = view.ended
        past = self.history.rounds.get(view.number)
        claimable = self.claimable()
        return Situation(
            round=view.number,
            phase=view.phase,
            ends_at=view.ends_at,
            now=now,
            phase_seconds=self._phase_seconds(view),
            agreed=view.agreed,
            suspended=ended and self._suspended(),
            can_open=ended and self.federation.can_open(),
            trainer=self._progress(view, past, Role.TRAINER),
            validator=self._progress(view, past, Role.VALIDATOR),
            undisclosed=self._undisclosed(view, now),
            update_ready=self.journal.update(view.number) is not None,
            result_ready=self.journal.result(view.number) is not None,
            revealed=len(past.reveals) if past else 0,
            held=self.validator.held(view.number),
            my_turn=self._my_turn(view, now, ended or view.agreed),
            silent=self._silent(view, past) if ended and past else (),
            unsettled=self._unsettled(past) if ended and past else (),
            claimable=claimable.amount if claimable else 0,
        )

    def read_history(self) -> History:
        """The past up to the latest block. Raises `ChainUnreachable`."""
        return extend(self.history, self.federation.chain.events(self.history.block + 1))

    def claimable(self) -> Claimable | None:
        """What this account can claim now: the ledger before the last finalised round's, and its proof."""
        ordinal = claimable_ordinal(self.history)
        if ordinal != self._claim[0]:
            self._claim = (ordinal, self._found_claim(ordinal))
        return self._claim[1]

    def forget_claim(self) -> None:
        """Call after a claim went through."""
        self._claim = (self._claim[0], None)

    def mark_settled(self, account: Address) -> None:
        """Do not report this account again for the current round."""
        self._settled.add((self.federation.round().number, account))

    def drawn(self, round_id: RoundId, role: Role) -> tuple[Address, ...]:
        """Who is drawn in the current round, asked once a round."""
        key = (round_id, role)
        if key not in self._drawn:
            self._drawn = {known: value for known, value in self._drawn.items() if known[0] == round_id}
            self._drawn[key] = self.federation.drawn(role)
        return self._drawn[key]

    def _found_claim(self, ordinal: int) -> Claimable | None:
        """Content that cannot be had must not keep the node from its duties: the next ledger covers this claim too."""
        try:
            return look_up_claim(self.history, self.federation, self.store, self.account, ordinal)
        except StoreError as error:
            log.warning("what round %d paid cannot be looked up: %s", ordinal, error)
            return None

    def _progress(self, view: RoundView, past: RoundHistory | None, role: Role) -> Progress | None:
        """How far this member got in the current round, None when it is not drawn."""
        if past is None or self.account not in self.drawn(view.number, role):
            return None
        return past.progress(self.account, role)

    def _undisclosed(self, view: RoundView, now: UnixSeconds) -> RoundId | None:
        """The attested round whose journalled result can still be disclosed: the current one or the one before."""
        for round_id in (RoundId(view.number - 1), view.number):
            past = self.history.rounds.get(round_id)
            if past is None or past.progress(self.account, Role.VALIDATOR) is not Progress.ATTESTED:
                continue
            if self.journal.result(round_id) is not None and self._discloses(view, round_id, now):
                return round_id
        return None

    def _discloses(self, view: RoundView, round_id: RoundId, now: UnixSeconds) -> bool:
        if round_id == view.number and not view.ended:
            return view.phase is Phase.DISCLOSE
        # A round that failed for too few updates had an agreed result all the same, and silence about it costs.
        return now < self.federation.disclosable_until(round_id)

    def _suspended(self) -> bool:
        member = self.federation.member(self.account)
        return member.status is MemberStatus.ACTIVE and not member.listed and member.fault_points > 0

    def _phase_seconds(self, view: RoundView) -> int:
        return 0 if view.ended else self.federation.parameters(view.version).phase_seconds(view.phase)

    def _my_turn(self, view: RoundView, now: UnixSeconds, ready: bool) -> bool:
        """Spread work that anyone may do: each member waits for its place in an order that changes every round."""
        key = (view.number, view.phase)
        if self._ready_since is None or self._ready_since[:2] != key or not ready:
            self._ready_since = (*key, now)
        return ready and now - self._ready_since[2] >= self._seconds_to_my_turn(view)

    def _seconds_to_my_turn(self, view: RoundView) -> float:
        if not self.stagger_seconds:
            return 0.0  # nobody waits, so nobody need know the order
        members = (
            {*self.drawn(view.number, Role.TRAINER), *self.drawn(view.number, Role.VALIDATOR)} if view.number else ()
        )
        order = sorted(members, key=lambda one: keccak(text=f"{view.number}{one}"))
        place = order.index(self.account) if self.account in order else len(order)
        return place * self.stagger_seconds

    def _silent(self, view: RoundView, past: RoundHistory) -> tuple[tuple[Address, Role], ...]:
        reported = {(account, Role(role)) for account, role in past.silences}
        found = [(one, Role.TRAINER) for one in self.drawn(past.round, Role.TRAINER) if one not in past.commits]
        if view.phase is Phase.FINALISED or view.ended_in >= Phase.DISCLOSE:
            acted = {*past.attesters, *(vouch.validator for vouch in past.vouches)}
            found += [(one, Role.VALIDATOR) for one in self.drawn(past.round, Role.VALIDATOR) if one not in acted]
        return tuple(one for one in found if one not in reported)

    def _unsettled(self, past: RoundHistory) -> tuple[Address, ...]:
        """Members whose entries in the ended round are known to cost them something."""
        # Asked of the chain, not read from the finalisation: a round that failed has an outcome, too.
        outcome = self.federation.outcome(past.round)
        accused = set(past.commits) - {one.trainer for one in past.reveals}
        accused |= {one.trainer for one in past.reveals if not outcome.sound >> one.slot & 1}
        false = bits(outcome.false_vouchers)
        accused |= {one.validator for one in past.vouches if one.position in false}
        if past.agreed_hash:
            accused |= {one.validator for one in past.disclosures if one.result_hash != past.agreed_hash}
        return tuple(one for one in sorted(accused) if not self._is_settled(past.round, one))

    def _is_settled(self, round_id: RoundId, account: Address) -> bool:
        """Whether the chain has nothing left to settle, asked until that is so: others report as well."""
        if (round_id, account) not in self._settled:
            reached = {self.federation.seat(account, role).progress_in(round_id) for role in Role}
            if reached <= {Progress.NONE, Progress.SETTLED}:
                self._settled.add((round_id, account))
        return (round_id, account) in self._settled
