"""The chain suite on every chain there is."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from node.chain.connect import connect, open_rpc
from node.chain.deploy import DeployPlan, deploy
from node.chain.deployment import Deployment
from node.chain.in_memory import InMemoryChain, InMemoryConnection
from node.chain.in_process import InProcessChain, eth_tester_chain
from node.chain.transactions import Transactor
from node.chain.web3_chain import Web3Chain
from node.types import Address
from tests.chain_nodes import CHAIN_ID, anvil, fund, hardhat_node, warp
from tests.conformance.chain import STRANGER, ChainSuite
from tests.federations import account, addresses


class _InProcess:
    name = "eth-tester"

    def __init__(self, chain: InProcessChain) -> None:
        self._chain = chain

    def deploy(self, plan: DeployPlan) -> Deployment:
        return deploy(self._chain.transactor(account(0)), plan)

    def nonce(self, signer: LocalAccount) -> int:
        return self._chain.transactor(signer).nonce()

    def connect(self, deployment: Deployment, signer: LocalAccount | None, **options: Any) -> Web3Chain:
        return self._chain.connect(deployment.addresses, deployment.deploy_block, signer, **options)

    def advance(self, seconds: int) -> None:
        self._chain.advance(seconds)


class _Node:
    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = url

    def deploy(self, plan: DeployPlan) -> Deployment:
        return deploy(self._transactor(account(0)), plan)

    def nonce(self, signer: LocalAccount) -> int:
        return self._transactor(signer).nonce()

    def connect(self, deployment: Deployment, signer: LocalAccount | None, **options: Any) -> Web3Chain:
        options.pop("fresh_log", None)  # every connection to a node has its own
        block = deployment.deploy_block
        return connect(self._url, CHAIN_ID, deployment.addresses, deploy_block=block, account=signer, **options)

    def advance(self, seconds: int) -> None:
        warp(self._url, seconds)

    def _transactor(self, signer: LocalAccount) -> Transactor:
        return Transactor(open_rpc(self._url, CHAIN_ID), signer, self._url)


class _InMemory:
    name = "in memory"

    def __init__(self, funded: Sequence[Address]) -> None:
        self._funded = funded

    def deploy(self, plan: DeployPlan) -> Deployment:
        self._chain = InMemoryChain(plan, Address(str(account(0).address)), self._funded)
        return self._chain.deployment

    def nonce(self, signer: LocalAccount) -> int:
        return self._chain.nonce(Address(str(signer.address)))

    def connect(self, deployment: Deployment, signer: LocalAccount | None, **_: Any) -> InMemoryConnection:
        return self._chain.connect(Address(str(signer.address)) if signer else None)

    def advance(self, seconds: int) -> None:
        self._chain.advance(seconds)


def _rich() -> list[Address]:
    return [*addresses(10), Address(str(account(STRANGER).address))]


class TestEthTester(ChainSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> _InProcess:
        return _InProcess(eth_tester_chain(_rich()))


class TestInMemory(ChainSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> _InMemory:
        return _InMemory(_rich())


@pytest.mark.node_js
class TestAnvil(ChainSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Iterator[_Node]:
        with anvil() as url:
            fund(url, _rich())
            yield _Node("anvil", url)


@pytest.mark.node_js
class TestHardhat(ChainSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Iterator[_Node]:
        with hardhat_node() as url:
            fund(url, _rich())
            yield _Node("hardhat", url)
