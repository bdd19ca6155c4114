"""What founding refuses before anything is pinned."""

import pytest

from node.errors import GuidelineError
from node.guideline import Algorithm
from node.peer.founding import pin_guideline
from node.store.memory import MemoryStore


def test_tensors_can_stay_at_the_peers_only_if_they_train(paper):
    store = MemoryStore()

    def keeping(*tensors):
        chosen = {"algorithm": Algorithm(name="fedper", tensors=tensors)}
        update = paper.guideline.update.model_copy(update=chosen)
        return paper.guideline.model_copy(update={"update": update})

    with pytest.raises(GuidelineError, match="fedper keeps 'ln_f', which names no trained tensor"):
        pin_guideline(keeping("ln_f"), store)
    assert not store.contents
    sealed = pin_guideline(keeping("h.1", "h.0.mlp"), store)
    assert store.contents[sealed.cid]
