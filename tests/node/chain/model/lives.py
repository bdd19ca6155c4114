"""What members of a federation do in a random life of it: their duties, slips, odd calls, votes, and letting time pass.

Every move is done to both twins at once; `compare` asks both everything there is to ask.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from eth_utils.crypto import keccak
from hypothesis import strategies as st

from aggregator.ledger import Ledger, merkle_proof, merkle_root
from node.chain.abi import encode_call
from node.chain.commitments import Domain, Result
from node.chain.deployment import founders_proof
from node.chain.words import Phase, Progress, Role
from node.cid import to_contract
from node.types import Address, RoundId
from tests.federations import PARAMETERS, PHASE_SECONDS, TOKEN, VOTING, content, salt
from tests.node.chain.model.twins import Refused, Twins

__all__ = [
    "ACCOUNTS",
    "FOUNDERS",
    "MOVES",
    "STRICT",
    "Life",
    "Move",
    "be_odd",
    "compare",
    "decide",
    "do_duty",
    "pass_time",
    "run_round",
]

FOUNDERS, ACCOUNTS = 5, 7
EVERYBODY = (1 << FOUNDERS) - 1
# Drawn by lot, suspended after two faults or one large penalty, and soon out of people.
STRICT = replace(
    PARAMETERS,
    trainers=4,
    validators=3,
    min_trainers=2,
    min_validators=2,
    min_updates=1,
    fault_point_limit=2,
    soft_penalty=5 * TOKEN,
)
MANAGER, GOVERNOR = "RoundManager", "FederationGovernor"


class Life:
    """Two deployments in step, and what their members have in mind."""

    def __init__(self, twins: Twins) -> None:
        self.twins = twins
        self.domain = Domain(twins.model.deployment.chain_id, twins.deployment.addresses[MANAGER])
        self.finding = 0  # the variant of the result that validators attest to

    def send(self, place: int, contract: str, function: str, *arguments: object) -> Any:
        return self.twins.send(place, contract, function, *arguments)

    @property
    def round(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.twins.model.call(MANAGER, "round", ())
        return answer

    def address(self, place: int) -> Address:
        return self.twins.accounts[place]

    def ledger(self, number: int) -> Ledger:
        """By the end of round n everybody has earned 200 n tokens, which is more than all rounds may pay."""
        earned = ((one.lower(), 200 * number * TOKEN) for one in self.twins.accounts)
        return Ledger(tuple(sorted(earned)))

    def finalised_as(self, ordinal: int) -> int:
        """The round that finalised as the `ordinal`-th, 0 for an ordinal that is not yet one."""
        events = self.twins.model.events(0)
        told = (one.arguments for one in events if one.name == "RoundFinalised")
        return next((one["round"] for one in told if one["ordinal"] == ordinal), 0)

    def result(self, number: int, variant: int) -> Result:
        """Variant 0 is what honest validators find; the others differ in what they blame whom for."""
        included, malformed, false = ((31, 0, 0), (31, 2, 0), (6, 4, 1), (0, 0, 3))[variant]
        root = merkle_root(self.ledger(number), keccak)
        return Result(included, malformed, false, content((number, variant)), content(("state", number)), root)


def do_duty(life: Life, who: int, slip: int) -> None:
    """Members whose bit is set do what the phase asks for; the last of them makes the slip."""
    view = life.round
    number, phase = view["number"], Phase(view["phase"])
    places = [place for place in range(FOUNDERS) if who >> place & 1]
    for place in places[-2:] if _DUTIES[phase] is _open else places:
        _DUTIES[phase](life, place, number, slip if place == places[-1] else 0)
    life.twins.ask(MANAGER, "round")


def _open(life: Life, place: int, number: int, slip: int) -> None:
    life.send(place, MANAGER, "open")


def _commit(life: Life, place: int, number: int, slip: int) -> None:
    trainer, cid = life.address(place), content((number, place))
    hash_ = life.domain.update_commitment(RoundId(number), trainer, cid, 10, salt((number, place)))
    life.send(place, MANAGER, "commit", number - (slip == 3), hash_)


def _reveal(life: Life, place: int, number: int, slip: int) -> None:
    cid = to_contract(content((number, place)))
    cid = (cid[0], 0x71) if slip == 2 else cid
    life.send(place, MANAGER, "reveal", number, cid, 10 + (slip == 1), salt((number, place)))


def _vouch(life: Life, place: int, number: int, slip: int) -> None:
    held = (1 << life.round["revealed"]) - 1
    life.send(place, MANAGER, "vouch", number, (held, held >> 1, held << 1, 0)[slip])


def _attest(life: Life, place: int, number: int, slip: int) -> None:
    result = life.result(number, slip or life.finding)
    hash_ = life.domain.result_commitment(RoundId(number), life.address(place), result, salt(("r", number, place)))
    life.send(place, MANAGER, "attest", number, hash_)


def _disclose(life: Life, place: int, number: int, slip: int) -> None:
    """Disclose what was attested, whichever that is, and try to finalise with it."""
    seat = life.twins.model.call(MANAGER, "seatOf", (life.address(place), Role.VALIDATOR))
    for variant in range(4) if seat["progress"] == Progress.ATTESTED else ():
        result = life.result(number, variant).to_contract()
        said = life.send(place, MANAGER, "disclose", number, result, salt(("r", number, place)))
        if not isinstance(said, Refused):
            life.send(place, MANAGER, "finalise", number, result)
            return


_DUTIES: dict[Phase, Callable[[Life, int, int, int], None]] = {
    Phase.NONE: _open,
    Phase.COMMIT: _commit,
    Phase.REVEAL: _reveal,
    Phase.VOUCH: _vouch,
    Phase.ATTEST: _attest,
    Phase.DISCLOSE: _disclose,
    Phase.FINALISED: _open,
    Phase.FAILED: _open,
}


def pass_time(life: Life, part: int) -> None:
    """A third of a phase, to the very end of this one, past it, past a whole round."""
    left = max(life.round["endsAt"] - life.twins.now(), 1)
    life.twins.advance((PHASE_SECONDS // 3, left, left + 1, 6 * PHASE_SECONDS)[part])


def run_round(life: Life, absent: int, slip: int, finding: int) -> None:
    """From wherever the round is to its end; whoever is `absent` does nothing and the others wait for the clock."""
    life.finding = finding
    for _ in range(7):
        before = life.round
        do_duty(life, EVERYBODY & ~absent, slip)
        if life.round["phase"] == before["phase"] and life.round["number"] == before["number"]:
            pass_time(life, 2)
        if Phase(life.round["phase"]) in (Phase.FINALISED, Phase.FAILED):
            return


def be_odd(life: Life, place: int, other: int, kind: str) -> None:
    """Something that anybody may try at any time."""
    for contract, function, *arguments in _ODD[kind](life, place, life.address(other)):
        life.send(place, contract, function, *arguments)


Calls = list[tuple[Any, ...]]


def _claim(life: Life, place: int, other: Address) -> Calls:
    """What `other` has earned, under every root; the last claim is wrong."""
    latest, calls = life.twins.model.call(MANAGER, "latest", ())["ordinal"], []
    for ordinal in range(latest + 1):
        ledger = life.ledger(life.finalised_as(ordinal))
        proof = list(merkle_proof(ledger, other.lower(), keccak))
        calls.append((MANAGER, "claim", other, ledger.amount(other.lower()), proof, ordinal))
    return [*calls, *calls[-2:-1], (MANAGER, "claim", other, 7, [], max(latest - 1, 0))]


def _disclose_late(life: Life, place: int, other: Address) -> Calls:
    number = life.round["number"]
    return [
        (MANAGER, "disclose", late, life.result(late, variant).to_contract(), salt(("r", late, place)))
        for late in (max(number - 1, 0), number)
        for variant in (0, 1)
    ]


def _propose_release(life: Life, place: int, other: Address) -> Calls:
    number = life.twins.model.call(MANAGER, "latest", ())["round"]
    contents = [to_contract(content(one)) for one in (("state", number), (number, 0), "notes")]
    return [
        ("ReleaseRegistry", "propose", number, *contents),
        ("ReleaseRegistry", "propose", number, *contents[:2], (bytes(32), 0x55)),
        ("ReleaseRegistry", "propose", number, *reversed(contents)),
    ]


def _report(life: Life, place: int, other: Address) -> Calls:
    return [(MANAGER, "reportSilence", life.round["number"], other, role) for role in Role]


def _usurp(life: Life, place: int, other: Address) -> Calls:
    return [
        ("Membership", "admit", other),
        ("Membership", "penalise", other, 2),
        (MANAGER, "enlist", other, 3),
        (MANAGER, "setBase", to_contract(content("x"))),
        ("ContributionToken", "burn", other, 1),
        ("ReleaseRegistry", "publish", 1),
        ("GuidelineRegistry", "fallBack", 1),
    ]


def _found(life: Life, place: int, other: Address) -> Calls:
    """Join as a founder, as far as `place` is one."""
    founders = life.twins.deployment.founders
    proof = list(founders_proof(founders, life.address(min(place, FOUNDERS))))
    grants = (1001 * TOKEN, 1000 * TOKEN)
    return [("Membership", "joinFounder", grant, b"\x07" * 32, 3, proof) for grant in grants]


def _blunder(life: Life, place: int, other: Address) -> Calls:
    """Calls about rounds, slots, proposals and versions that there are not."""
    number, addresses = life.round["number"] + 3, life.twins.deployment.addresses
    rules = addresses["GuidelineRegistry"]
    good = encode_call("GuidelineRegistry", "adopt", ((bytes(32), 0), (bytes(32), 0), STRICT.to_contract()))
    bad = encode_call("GuidelineRegistry", "fallBack", (1,))
    return [
        (MANAGER, "commit", number, bytes(24)),
        (MANAGER, "vouch", number, 0),
        (MANAGER, "finalise", number, life.result(number, 0).to_contract()),
        (MANAGER, "reportSilence", number, other, Role.TRAINER),
        (GOVERNOR, "castVote", number, 1),
        (GOVERNOR, "propose", [rules], [0], [bad], "forbidden"),
        (GOVERNOR, "propose", [rules], [1], [good], "with ether"),
        (GOVERNOR, "propose", [rules], [0, 0], [good], "uneven"),
        (GOVERNOR, "propose", [rules, rules], [0, 0], [good, good], "two calls"),
    ]


def _move_tokens(life: Life, place: int, other: Address) -> Calls:
    return [
        ("ContributionToken", "delegate", other),
        ("ContributionToken", "transfer", other, 1),
        ("ContributionToken", "transfer", Address("0x" + "00" * 20), 1),
    ]


_ODD: dict[str, Callable[[Life, int, Address], Calls]] = {
    "found": _found,
    "exit": lambda *_: [("Membership", "exit")],
    "resume": lambda *_: [("Membership", "resume")],
    "bond": lambda *_: [("Membership", "bond", 200 * TOKEN), ("Membership", "bond", 0)],
    "unbond": lambda *_: [("Membership", "requestUnbond", 30 * TOKEN), ("Membership", "requestUnbond", 10**30)],
    "withdraw": lambda *_: [("Membership", "withdrawBond")],
    "join": lambda life, *_: [("Membership", "join", b"\x06" * 32, kind) for kind in (4, 1)],
    "new key": lambda *_: [("Membership", "setEncryptionKey", b"\x05" * 32)],
    "settle": lambda life, place, other: [(MANAGER, "settle", other)],
    "apply changes": lambda *_: [(MANAGER, "applyRosterChanges")],
    "claim": _claim,
    "blunder": _blunder,
    "disclose late": _disclose_late,
    "propose a release": _propose_release,
    "report": _report,
    "usurp": _usurp,
    "move tokens": _move_tokens,
}


def decide(life: Life, kind: int, other: int, against: int) -> None:
    """A proposal, everybody's votes, and what comes of them."""
    addresses = life.twins.deployment.addresses
    genesis = to_contract(content("second genesis")) if kind == 3 else (bytes(32), 0)
    patient = replace(STRICT, min_updates=3, min_trainers=3) if kind == 4 else STRICT
    contract, function, arguments = (
        ("Membership", "admit", (life.address(other),)),
        ("Membership", "expel", (life.address(other),)),
        ("GuidelineRegistry", "adopt", (to_contract(content("next")), genesis, patient.to_contract())),
        ("GuidelineRegistry", "adopt", (to_contract(content("next")), genesis, STRICT.to_contract())),
        ("GuidelineRegistry", "adopt", (to_contract(content("next")), genesis, patient.to_contract())),
        ("ReleaseRegistry", "publish", (1,)),
        ("ReleaseRegistry", "rollback", (1,)),
        ("Membership", "penalise", (life.address(other), 2)),
    )[kind]
    description = f"{function} {life.twins.now()}"
    data = encode_call(contract, function, arguments)
    operation = ([addresses[contract]], [0], [data])
    hash_ = keccak(text=description)
    life.send(0, GOVERNOR, "propose", *operation, description)
    number = life.twins.model.call(GOVERNOR, "hashProposal", (*operation, hash_))
    life.send(1, GOVERNOR, "castVote", number, 1)
    late = against > EVERYBODY  # so late that the quorum extends the vote
    life.twins.advance(VOTING.voting_delay + (VOTING.voting_period - 4 if late else 1))
    life.send(0, GOVERNOR, "castVote", number, 3)
    for place in range(FOUNDERS):
        life.send(place, GOVERNOR, "castVote", number, 0 if against >> place & 1 else 1 + place // 4)
    life.send(0, GOVERNOR, "castVote", number, 1)
    life.send(5, GOVERNOR, "queue", *operation, hash_)
    life.twins.advance(VOTING.voting_period + 1)
    life.send(5, GOVERNOR, "queue", *operation, hash_)
    life.send(5, GOVERNOR, "execute", *operation, hash_)
    life.twins.advance(VOTING.timelock_delay + 1)
    life.send(5, GOVERNOR, "execute", *operation, hash_)
    _compare_proposal(life, number)


def _compare_proposal(life: Life, number: int) -> None:
    for function in ("state", "proposalVotes", "proposalSnapshot", "proposalDeadline", "proposalEta"):
        life.twins.ask(GOVERNOR, function, number)


def compare(life: Life) -> None:
    """Everything that can be asked about everybody."""
    ask, number = life.twins.ask, life.round["number"]
    for function in ("round", "phase", "latest", "minting", "queuedChanges"):
        ask(MANAGER, function)
    for role in Role:
        ask(MANAGER, "seated", role, 0, 10)
        ask(MANAGER, "expectedCount", role)
    for ended in range(max(number - 9, 0), number + 2):
        ask(MANAGER, "outcomeOf", ended)
        ask(MANAGER, "finalisedOf", ended)
    for ordinal in range(3):
        ask(MANAGER, "rootOf", ordinal)
    for contract, function in (
        ("GuidelineRegistry", "currentVersion"),
        ("GuidelineRegistry", "versionCount"),
        ("GuidelineRegistry", "parameters"),
        ("ReleaseRegistry", "candidateCount"),
        ("ReleaseRegistry", "latest"),
        ("ContributionToken", "totalSupply"),
    ):
        ask(contract, function)
    ask("GuidelineRegistry", "guidelineOf", ask("GuidelineRegistry", "currentVersion"))
    ask("ContributionToken", "getPastTotalSupply", life.twins.now() - 1)
    for one in life.twins.accounts:
        _compare_account(life, one)


def _compare_account(life: Life, one: Address) -> None:
    ask = life.twins.ask
    ask("Membership", "member", one)
    ask("Membership", "isEligible", one)
    for role in Role:
        ask(MANAGER, "seatOf", one, role)
        ask(MANAGER, "isDrawn", one, role)
    for function in ("balanceOf", "earnedOf", "votingTokensOf", "votingUnitsOf", "getVotes", "delegates"):
        ask("ContributionToken", function, one)
    ask("ContributionToken", "getPastVotes", one, life.twins.now() - 500)


@dataclass(frozen=True)
class Move:
    do: Callable[..., None]
    arguments: tuple[Any, ...]


def _move(do: Callable[..., None], *ranges: st.SearchStrategy[Any]) -> st.SearchStrategy[Move]:
    return st.builds(Move, st.just(do), st.tuples(*ranges))


WHO = st.one_of(st.just(EVERYBODY), st.integers(1, EVERYBODY))
ABSENT = st.one_of(st.just(0), st.integers(0, EVERYBODY))
SLIP = st.one_of(st.just(0), st.just(0), st.integers(0, 3))
FINDING = st.one_of(st.just(0), st.just(0), st.integers(0, 3))
PLACE = st.integers(0, ACCOUNTS - 1)
ODD = _move(be_odd, PLACE, PLACE, st.sampled_from(sorted(_ODD)))
MOVES = st.one_of(
    _move(do_duty, WHO, SLIP),
    _move(run_round, ABSENT, SLIP, FINDING),
    _move(run_round, ABSENT, SLIP, FINDING),
    ODD,
    ODD,
    _move(pass_time, st.integers(0, 3)),
    _move(decide, st.integers(0, 7), PLACE, st.one_of(st.just(0), st.integers(0, EVERYBODY + 1))),
)
