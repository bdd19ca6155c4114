"""One federation twice: its contracts on an in-process EVM, and their model. Whatever is done is done to both, and must
come to the same: the same events, the same refusal by name and arguments, the same answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_account.signers.local import LocalAccount

from node.chain.abi import encode_call
from node.chain.deploy import deploy
from node.chain.errors import translated
from node.chain.in_memory import InMemoryChain
from node.chain.in_process import eth_tester_chain
from node.chain.views import Parameters
from node.errors import TransactionRefused
from node.ports import Event
from tests.federations import VOTING, account, addresses, plan_for

__all__ = ["Refused", "Twins"]

AHEAD = 10**7  # seconds: the EVM's clock no longer follows the wall clock


@dataclass(frozen=True)
class Refused:
    """A refusal: the error's name and its arguments, as text."""

    name: str
    arguments: tuple[str, ...]


class Twins:
    """A deployment on both chains; accounts below `accounts` have gas money, the first `founders` may join."""

    def __init__(self, accounts: int, founders: int, parameters: Parameters) -> None:
        voting = replace(VOTING, proposal_threshold=10**9)  # voting units; a founder has 31 times as many
        plan, rich = replace(plan_for(founders, parameters), voting=voting), addresses(accounts)
        self.real = eth_tester_chain(rich)
        self.deployment = deploy(self.real.transactor(account(0)), plan)
        self.reader = self.real.connect(self.deployment.addresses, self.deployment.deploy_block)
        self._signers = [account(place) for place in range(accounts)]
        self.accounts = rich
        self.model = InMemoryChain(plan, rich[0], rich, chain_id=self.real.chain_id)
        self.real.advance(AHEAD)
        self._follow()

    def remember(self) -> None:
        """Keep how things are, for `return_to_memory`."""
        self._memory = self.real._tester.take_snapshot(), self.model.world

    def return_to_memory(self) -> None:
        """Make things as they were when they were remembered, the time included."""
        snapshot, self.model.world = self._memory
        self.real.w3.provider.answers.clear()  # type: ignore[attr-defined]
        self.real._tester.revert_to_snapshot(snapshot)
        self.remember()
        self.model.advance(self.now() - self.model.now())  # back

    def now(self) -> int:
        return self.reader.now()

    def advance(self, seconds: int) -> None:
        self.real.advance(seconds)
        self._follow()

    def send(self, place: int, contract: str, function: str, *arguments: object) -> Sequence[Event] | Refused:
        """Send the same transaction to both, and give what it came to."""
        self._follow()
        modelled = _come_to(lambda: self.model.transact(self.accounts[place], contract, function, arguments).events)
        refused = isinstance(modelled, Refused)
        do = self._simulate if refused else self._transact  # a reason found after mining is that of a later second
        real = _come_to(lambda: do(self._signers[place], contract, function, arguments))
        assert _told(modelled) == _told(real), (contract, function, arguments)
        return modelled

    def ask(self, contract: str, function: str, *arguments: object) -> Any:
        """Ask both the same, and give the answer."""
        self._follow()
        modelled = _come_to(lambda: self.model.call(contract, function, arguments))
        real = _come_to(lambda: self.reader.call(contract, function, *arguments))
        assert modelled == real, (contract, function, arguments)
        return modelled

    def _transact(self, signer: LocalAccount, contract: str, function: str, arguments: Sequence[object]) -> Any:
        chain = self.real.connect(self.deployment.addresses, self.deployment.deploy_block, signer)
        return chain.transact(contract, function, *arguments).events

    def _simulate(self, signer: LocalAccount, contract: str, function: str, arguments: Sequence[object]) -> Any:
        to, data = self.deployment.addresses[contract], encode_call(contract, function, arguments)
        request: Any = {"from": signer.address, "to": to, "data": data}
        with translated("the EVM"):
            self.real.w3.eth.call(request, "pending")

    def _follow(self) -> None:
        """Let the model's next block have the time of the EVM's."""
        self.model.advance(self.now() - self.model.now())


def _come_to(do: Callable[[], Any]) -> Any:
    try:
        return do()
    except TransactionRefused as refused:
        return Refused(refused.name, tuple(map(str, refused.arguments)))


def _told(outcome: Any) -> Any:
    """Events without the number of their block, which counts refused transactions on one chain only."""
    if isinstance(outcome, Refused):
        return outcome
    return [(one.index, one.timestamp, one.contract, one.name, one.arguments) for one in outcome]
