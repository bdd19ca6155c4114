"""Founding a federation: draw the genesis, pin what the guideline names, deploy the contracts.

Used by `fednode deploy` and by the demo alike. What the documents mean is `guideline`'s, how contracts are deployed
`chain.deploy`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aggregator.delta import StateHeader, encode_state
from node.chain.deploy import DeployPlan, Deployment, Founder, deploy
from node.chain.transactions import Transactor
from node.chain.views import Parameters
from node.errors import GuidelineError
from node.guideline import Guideline, seal
from node.ports import ContentStore
from node.types import Cid, TokenWei

__all__ = ["TOKEN", "SealedGuideline", "found", "parameters_of", "pin_guideline"]

TOKEN = 10**18  # token wei


@dataclass(frozen=True)
class SealedGuideline:
    """A guideline whose genesis is drawn and pinned."""

    guideline: Guideline
    cid: Cid
    genesis: Cid


def pin_guideline(guideline: Guideline, store: ContentStore) -> SealedGuideline:
    """Draw the frozen tensors and the zero state of a new lineage, pin them and the sealed guideline.

    Raises `ModelError` when the base model cannot be loaded or its digest differs, and the store's errors.
    """
    from node.learning.models import genesis

    drawn = genesis(guideline.architecture)
    frozen = store.put(drawn.frozen)
    length = sum(entry.rows * entry.cols for entry in drawn.layout)
    header = StateHeader(
        lineage=1,
        round=0,
        step_exponent=guideline.architecture.step_exponent,
        length=length,
        frozen=frozen,
        layout=drawn.layout,
    )
    state = store.put(encode_state(header, np.zeros(length, np.int32)))
    sealed = seal(guideline, state, frozen)
    return SealedGuideline(sealed, store.put(sealed.canonical()), state)


def found(
    sealed: SealedGuideline, founders: Sequence[Founder], transactor: Transactor, governance: "Governance"
) -> Deployment:
    """Deploy the federation's contracts under this guideline. Raises the chain's errors."""
    return deploy(transactor, deploy_plan(sealed, founders, governance))


def parameters_of(guideline: Guideline) -> Parameters:
    """The part of the guideline that the contracts enforce."""
    update, tokens, phases = guideline.update, guideline.update.tokens, guideline.update.phases
    return Parameters(
        trainers=update.trainers,
        validators=update.validators,
        min_trainers=update.min_trainers,
        min_validators=update.min_validators,
        min_updates=update.min_updates,
        fault_point_limit=tokens.fault_point_limit,
        commit_seconds=phases.commit,
        reveal_seconds=phases.reveal,
        vouch_seconds=phases.vouch,
        attest_seconds=phases.attest,
        disclose_seconds=phases.disclose,
        budget=TokenWei(tokens.budget * TOKEN),
        minimum_bond=TokenWei(tokens.minimum_bond * TOKEN),
        airdrop=TokenWei(tokens.airdrop * TOKEN),
        hard_penalty=TokenWei(tokens.hard_penalty * TOKEN),
        soft_penalty=TokenWei(tokens.soft_penalty * TOKEN),
        unbond_delay=tokens.unbond_delay,
    )
