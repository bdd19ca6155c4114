from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from node.chain.deploy import DeployPlan, deploy
from node.chain.deployment import Deployment
from node.chain.in_process import InProcessChain, eth_tester_chain
from node.chain.transactions import Transactor
from node.chain.web3_chain import Web3Chain
from tests.federations import account, addresses


class InProcessBackend:
    """`tests.federations.Backend` on a chain of this process."""

    name = "eth-tester"

    def __init__(self, chain: InProcessChain) -> None:
        self.chain = chain

    def transactor(self, signer: LocalAccount) -> Transactor:
        return self.chain.transactor(signer)

    def deploy(self, plan: DeployPlan) -> Deployment:
        return deploy(self.transactor(account(0)), plan)

    def nonce(self, signer: LocalAccount) -> int:
        return self.transactor(signer).nonce()

    def connect(self, deployment: Deployment, signer: LocalAccount | None, **options: Any) -> Web3Chain:
        return self.chain.connect(deployment.addresses, deployment.deploy_block, signer, **options)

    def advance(self, seconds: int) -> None:
        self.chain.advance(seconds)


@pytest.fixture(scope="module")
def backend() -> InProcessBackend:
    """A fresh chain for each test file; accounts 0 to 9 have gas money."""
    return InProcessBackend(eth_tester_chain(addresses(10)))
