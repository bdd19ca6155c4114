"""The one way into the model: call a function of a contract by name, as an account, at a time.

A transaction gives the world after it, or `Reverted` and nothing happened. A view gives an answer as the ABI decodes
it. A transaction may be called like a view: it is executed and forgotten.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from node.chain.abi import outputs
from node.chain.model import clock, governor, membership, releases, rewards, rounds, settlement, tokens
from node.chain.model.arguments import fitted
from node.chain.model.calls import Message, Reverted
from node.chain.model.state import World
from node.chain.model.views import VIEWS, answer
from node.errors import NotModelled

__all__ = ["TRANSACTIONS", "ask", "execute"]

Transition = Callable[..., World]  # of the world, the message and the function's arguments


def execute(world: World, message: Message, contract: str, function: str, arguments: Sequence[object]) -> World:
    """The world after a transaction; its `log` has the events of this transaction alone.

    Raises `Reverted`, `NotModelled`, and as `arguments.fitted`.
    """
    given = fitted(contract, function, arguments)
    transition = TRANSACTIONS.get((contract, function))
    if transition is None:
        raise NotModelled(
            f"{contract}.{function} cannot be sent to the in-memory chain; use the real contracts for that"
        )
    return transition(world, message, *given)


def ask(world: World, message: Message, contract: str, function: str, arguments: Sequence[object]) -> Any:
    """What a view says, or what a transaction would return.

    Raises `Reverted`, `NotModelled`, and as `arguments.fitted`.
    """
    given = fitted(contract, function, arguments)
    view = VIEWS.get((contract, function))
    if view is not None:
        return answer(view(world, message, *given))
    if (contract, function) not in TRANSACTIONS or outputs(contract, function, len(arguments)):
        raise NotModelled(f"the in-memory chain cannot be asked {contract}.{function}; use the real contracts for that")
    execute(world, message, contract, function, arguments)
    return ()


def _never(error: str) -> Transition:
    """A function that other contracts call: no account may."""

    def refuse(_: World, message: Message, *__: object) -> NoReturn:
        raise Reverted(error, message.sender)

    return refuse


_BY_CONTRACT: Mapping[str, Mapping[str, Transition]] = {
    "ContributionToken": {
        "delegate": tokens.delegate,
        "transfer": tokens.transfer,
        **dict.fromkeys(
            ("mintEarned", "mintGrant", "mintAirdrop", "burn", "retire", "reinstate"),
            _never("ContributionTokenUnauthorized"),
        ),
    },
    "Membership": {
        "joinFounder": membership.join_founder,
        "join": membership.join,
        "bond": membership.bond,
        "requestUnbond": membership.request_unbond,
        "withdrawBond": membership.withdraw_bond,
        "exit": membership.exit_,
        "resume": membership.resume,
        "setEncryptionKey": membership.set_encryption_key,
        **dict.fromkeys(("admit", "expel", "penalise"), _never("MembershipUnauthorized")),
    },
    "GuidelineRegistry": dict.fromkeys(("adopt", "fallBack"), _never("GuidelineRegistryUnauthorized")),
    "RoundManager": {
        "open": rounds.open_,
        "commit": rounds.commit,
        "reveal": rounds.reveal,
        "vouch": rounds.vouch,
        "attest": rounds.attest,
        "disclose": rounds.disclose,
        "finalise": rounds.finalise,
        "settle": settlement.settle,
        "reportSilence": settlement.report_silence,
        "claim": rewards.claim,
        "applyRosterChanges": clock.apply_roster_changes,
        "setBase": _never("RoundManagerUnauthorized"),
        **dict.fromkeys(("enlist", "delist"), _never("RosterUnauthorized")),
    },
    "ReleaseRegistry": {
        "propose": releases.propose,
        **dict.fromkeys(("publish", "rollback"), _never("ReleaseRegistryUnauthorized")),
    },
    "FederationGovernor": {
        "propose": governor.propose,
        "castVote": governor.cast_vote,
        "queue": governor.queue,
        "execute": governor.execute,
    },
}

TRANSACTIONS: Mapping[tuple[str, str], Transition] = {
    (contract, function): transition
    for contract, transitions in _BY_CONTRACT.items()
    for function, transition in transitions.items()
}
