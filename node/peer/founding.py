"""Founding a federation: draw the genesis, pin what the guideline names, deploy the contracts.

Used by `fednode deploy` and by the demo alike. What the documents mean is `guideline`'s, how contracts are deployed
`chain.deploy`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from node.chain.deploy import DeployPlan, VotingSettings, deploy, enforced
from node.chain.deployment import Deployment, Founder
from node.chain.transactions import Transactor
from node.guideline import Guideline, algorithm_of, seal
from node.ports import ContentStore
from node.types import Cid

__all__ = ["SealedGuideline", "found", "pin_guideline", "plan_founding"]


@dataclass(frozen=True)
class SealedGuideline:
    """A guideline whose genesis is drawn and pinned."""

    guideline: Guideline
    cid: Cid
    genesis: Cid


def pin_guideline(guideline: Guideline, store: ContentStore) -> SealedGuideline:
    """Draw the frozen tensors and the zero state of a new lineage, pin them and the sealed guideline.

    Raises `ModelError` when the base model cannot be loaded or its digest differs, `GuidelineError` when tensors shall
    stay at the peer that do not train, and the store's errors.
    """
    from node.learning.models import genesis
    from node.learning.tasks import find_task

    drawn = genesis(guideline.architecture, find_task(guideline.data.task).head)
    algorithm_of(guideline.update).personal(np.zeros(drawn.length, np.float32), {}, drawn.layout)
    frozen = store.put(drawn.frozen)
    state = store.put(drawn.state(guideline.architecture.step_exponent, frozen))
    sealed = seal(guideline, state, frozen)
    return SealedGuideline(sealed, store.put(sealed.canonical()), state)


def found(sealed: SealedGuideline, founders: Sequence[Founder], transactor: Transactor) -> Deployment:
    """Deploy the federation's contracts under this guideline. Raises the chain's errors."""
    return deploy(transactor, plan_founding(sealed, founders))


def plan_founding(sealed: SealedGuideline, founders: Sequence[Founder]) -> DeployPlan:
    """What is deployed for this guideline."""
    voting = sealed.guideline.version_control.voting
    settings = VotingSettings(
        voting_delay=voting.delay,
        voting_period=voting.period,
        quorum_percent=voting.quorum_percent,
        late_quorum_extension=voting.late_quorum_extension,
        timelock_delay=voting.timelock,
    )
    return DeployPlan(
        guideline=sealed.cid,
        genesis=sealed.genesis,
        parameters=enforced(sealed.guideline),
        founders=tuple(founders),
        voting=settings,
    )
