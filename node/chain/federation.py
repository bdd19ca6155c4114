"""The federation as one account sees it: every function of the contracts that a node uses, with typed values.

Thin on purpose: one method, one contract call. What to do when is `node.peer`'s, votes are in `node.chain.governance`,
bytes on the wire in `node.chain.web3_chain`.
"""

from collections.abc import Iterable, Sequence

from node.chain.commitments import Domain, Result
from node.chain.deployment import Deployment, founders_proof
from node.chain.draw import draw_seed, drawn
from node.chain.views import (
    CandidateView,
    GuidelineView,
    LatestView,
    MemberView,
    OutcomeView,
    Parameters,
    ReleaseView,
    RoundView,
    SeatView,
)
from node.chain.words import Role
from node.cid import from_contract, to_contract
from node.errors import TransactionRefused
from node.ports import Chain, Receipt
from node.types import Address, Cid, GuidelineVersion, RoundId, TokenWei, UnixSeconds

__all__ = ["Federation", "Result", "RoundView"]

PAGE = 200  # accounts in one answer


class Federation:
    """One deployment over one chain connection; `account` is the one that `chain` signs for."""

    def __init__(self, chain: Chain, deployment: Deployment, account: Address) -> None:
        self.chain = chain
        self.deployment = deployment
        self.account = account
        self.domain = Domain(deployment.chain_id, deployment.addresses["RoundManager"])
        self._parameters: dict[GuidelineVersion, Parameters] = {}

    # Rounds: reading

    def round(self) -> RoundView:
        """The current round as the next transaction finds it."""
        return RoundView.of(self.chain.call("RoundManager", "round"))

    def latest(self) -> LatestView:
        """The last finalised round."""
        return LatestView.of(self.chain.call("RoundManager", "latest"))

    def seat(self, account: Address, role: Role) -> SeatView:
        """A member's seat and how far it got in the round it last acted in."""
        return SeatView.of(self.chain.call("RoundManager", "seatOf", account, int(role)))

    def seated(self, role: Role) -> tuple[Address, ...]:
        """Everybody who can be drawn in a role, in seat order."""
        found: list[Address] = []
        while True:
            page = self.chain.call("RoundManager", "seated", int(role), len(found), PAGE)
            found += page
            if len(page) < PAGE:
                return tuple(found)

    def drawn(self, role: Role) -> tuple[Address, ...]:
        """Who is drawn for the current round in a role, in seat order."""
        view = self.round()
        trains = role is Role.TRAINER
        count = view.seated_trainers if trains else view.seated_validators
        wanted = view.drawn_trainers if trains else view.drawn_validators
        seed = draw_seed(view.draw_key, role)
        return tuple(one for place, one in enumerate(self.seated(role)[:count]) if drawn(place, count, wanted, seed))

    def outcome(self, round_id: RoundId) -> OutcomeView:
        """What is remembered of an ended round."""
        return OutcomeView.of(self.chain.call("RoundManager", "outcomeOf", round_id))

    def disclosable_until(self, round_id: RoundId) -> UnixSeconds:
        """When disclosing the result of an ended round ends."""
        return self.outcome(round_id).disclosable_until

    def can_open(self) -> bool:
        """Whether the next round could be opened now."""
        try:
            self.chain.call("RoundManager", "open")  # simulated, not sent
        except TransactionRefused:
            return False
        return True

    # Rounds: acting

    def open_round(self) -> Receipt:
        """Open the next round."""
        return self.chain.transact("RoundManager", "open")

    def seat_everybody(self) -> None:
        """Apply every roster change that waits: `open` applies only so many, which may be too few to open at all."""
        while self.chain.call("RoundManager", "queuedChanges"):
            self.chain.transact("RoundManager", "applyRosterChanges")

    def commit(self, round_id: RoundId, cid: Cid, examples: int, salt: bytes) -> Receipt:
        """Commit to an update; salt of 32 bytes."""
        commitment = self.domain.update_commitment(round_id, self.account, cid, examples, salt)
        return self.chain.transact("RoundManager", "commit", round_id, commitment)

    def reveal(self, round_id: RoundId, cid: Cid, examples: int, salt: bytes) -> Receipt:
        """Reveal the committed update."""
        return self.chain.transact("RoundManager", "reveal", round_id, to_contract(cid), examples, salt)

    def vouch(self, round_id: RoundId, bitmap: int) -> Receipt:
        """Vouch for revealed updates: bit i is reveal slot i."""
        return self.chain.transact("RoundManager", "vouch", round_id, bitmap)

    def attest(self, round_id: RoundId, result: Result, salt: bytes) -> Receipt:
        """Commit to a result; salt of 32 bytes."""
        commitment = self.domain.result_commitment(round_id, self.account, result, salt)
        return self.chain.transact("RoundManager", "attest", round_id, commitment)

    def disclose(self, round_id: RoundId, result: Result, salt: bytes) -> Receipt:
        """Disclose the attested result."""
        return self.chain.transact("RoundManager", "disclose", round_id, result.to_contract(), salt)

    def finalise(self, round_id: RoundId, result: Result) -> Receipt:
        """End the round with the result that two thirds of the drawn validators disclosed."""
        return self.chain.transact("RoundManager", "finalise", round_id, result.to_contract())

    def settle(self, account: Address) -> Receipt:
        """Apply the penalties of an account's ended entries."""
        return self.chain.transact("RoundManager", "settle", account)

    def report_silence(self, round_id: RoundId, account: Address, role: Role) -> Receipt:
        """Report that an account was drawn and did nothing."""
        return self.chain.transact("RoundManager", "reportSilence", round_id, account, int(role))

    def claim(self, account: Address, cumulative: int, proof: Sequence[bytes], ordinal: int) -> Receipt:
        """Mint what an account has earned up to the ledger of the `ordinal`-th finalised round."""
        return self.chain.transact("RoundManager", "claim", account, cumulative, list(proof), ordinal)

    # Membership and tokens

    def member(self, account: Address) -> MemberView:
        """Where an account stands."""
        return MemberView.of(self.chain.call("Membership", "member", account))

    def members(self) -> tuple[Address, ...]:
        """Everybody who ever joined, in order."""
        count = self.chain.call("Membership", "memberCount")
        return tuple(Address(self.chain.call("Membership", "accountOf", number)) for number in range(1, count + 1))

    def join_founder(self, roles: Iterable[Role], encryption_key: bytes) -> Receipt:
        """Join as one of the deployment's founders; `encryption_key` is an X25519 public key."""
        grant = self.deployment.grant_of(self.account)
        proof = list(founders_proof(self.deployment.founders, self.account))
        return self.chain.transact("Membership", "joinFounder", grant, encryption_key, _bits(roles), proof)

    def join(self, roles: Iterable[Role], encryption_key: bytes) -> Receipt:
        """Join once admitted by vote; `encryption_key` is an X25519 public key."""
        return self.chain.transact("Membership", "join", encryption_key, _bits(roles))

    def bond(self, amount: TokenWei) -> Receipt:
        """Lock more of the account's tokens."""
        return self.chain.transact("Membership", "bond", amount)

    def request_unbond(self, amount: TokenWei) -> Receipt:
        """Start to unlock part of the bond."""
        return self.chain.transact("Membership", "requestUnbond", amount)

    def withdraw_bond(self) -> Receipt:
        """Unlock what was requested, once the delay is over."""
        return self.chain.transact("Membership", "withdrawBond")

    def exit(self) -> Receipt:
        """Leave the federation."""
        return self.chain.transact("Membership", "exit")

    def resume(self) -> Receipt:
        """Be drawn again after too many fault points or too small a bond."""
        return self.chain.transact("Membership", "resume")

    def set_encryption_key(self, encryption_key: bytes) -> Receipt:
        """Replace the account's X25519 public key."""
        return self.chain.transact("Membership", "setEncryptionKey", encryption_key)

    def tokens(self, account: Address) -> TokenWei:
        """Contribution tokens of an account, bonded ones included."""
        return TokenWei(self.chain.call("ContributionToken", "balanceOf", account))

    def earned(self, account: Address) -> TokenWei:
        """Tokens ever claimed as earned by an account."""
        return TokenWei(self.chain.call("ContributionToken", "earnedOf", account))

    def voting_units(self, account: Address) -> int:
        """Voting units of an account, whomever they are delegated to."""
        return int(self.chain.call("ContributionToken", "votingUnitsOf", account))

    # Guideline

    def guideline(self, version: GuidelineVersion | None = None) -> GuidelineView:
        """A version of the guideline, by default the one that the next round runs under."""
        chosen = version or GuidelineVersion(self.chain.call("GuidelineRegistry", "currentVersion"))
        said = self.chain.call("GuidelineRegistry", "guidelineOf", chosen)
        cid, genesis = said["guideline"], said["genesisState"]
        return GuidelineView(
            version=chosen,
            cid=from_contract(cid["digest"], cid["codec"]),
            lineage=said["lineage"],
            genesis=from_contract(genesis["digest"], genesis["codec"]),
            parameters=self.parameters(chosen),
        )

    def parameters(self, version: GuidelineVersion) -> Parameters:
        """What the contracts enforce of a version; asked once, because versions never change."""
        if version not in self._parameters:
            self._parameters[version] = Parameters.of(self.chain.call("GuidelineRegistry", "parametersOf", version))
        return self._parameters[version]

    # Releases

    def propose_release(self, round_id: RoundId, state: Cid, record: Cid, notes: Cid) -> int:
        """Propose a finalised round's state as a release candidate; gives the candidate's id."""
        contents = map(to_contract, (state, record, notes))
        receipt = self.chain.transact("ReleaseRegistry", "propose", round_id, *contents)
        return next(int(one.arguments["candidateId"]) for one in receipt.events if one.name == "CandidateProposed")

    def candidates(self) -> tuple[CandidateView, ...]:
        """Every release candidate, in order."""
        count = self.chain.call("ReleaseRegistry", "candidateCount")
        return tuple(map(self.candidate, range(1, count + 1)))

    def candidate(self, number: int) -> CandidateView:
        """A release candidate. Raises `TransactionRefused` for an unknown one."""
        return CandidateView.of(number, self.chain.call("ReleaseRegistry", "candidateOf", number))

    def releases(self) -> tuple[ReleaseView, ...]:
        """Every release, in order; the last is in force."""
        count = self.chain.call("ReleaseRegistry", "releaseCount")
        return tuple(map(self.release, range(1, count + 1)))

    def release(self, number: int) -> ReleaseView:
        """A release. Raises `TransactionRefused` for an unknown one."""
        said = self.chain.call("ReleaseRegistry", "releaseOf", number)
        published = UnixSeconds(said["publishedAt"])
        return ReleaseView(number, self.candidate(said["candidateId"]), published, said["rollbackOf"])


def _bits(roles: Iterable[Role]) -> int:
    return sum(1 << role for role in set(roles))
