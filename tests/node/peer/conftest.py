"""A federation on paper: contents in memory, a past made of values, no chain and no clock."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aggregator import canonical
from aggregator.delta import LayoutEntry, StateHeader, decode_state, encode_state, encode_update
from node.chain.commitments import Result
from node.guideline import load_guideline, parse_guideline
from node.peer.conclude import Conclusion, expected_header
from node.peer.history import AdoptedGuideline, Disclosure, Finalisation, History, Reveal, RoundHistory, Vouch
from node.peer.inclusion import bitmap_of
from node.store.memory import MemoryStore

LENGTH = 24
STEP_EXPONENT = -16
GUIDELINE = Path(__file__).parents[3] / "guideline.toml"


class Paper:
    """Nine trainers, four validators, the demo's guideline and a genesis state of 24 numbers."""

    def __init__(self):
        self.store = MemoryStore()
        self.guideline = load_guideline(GUIDELINE)
        self.trainers = tuple(f"0x{'Ab' * 19}{number:02X}" for number in range(9))
        self.validators = tuple(f"0x{'Cd' * 19}{number:02X}" for number in range(4))
        self.frozen = self.store.put(b"frozen tensors")
        self.genesis = self.state(0)
        self.adopted = AdoptedGuideline(1, 1, self.store.put(self.guideline.canonical()), self.genesis)

    def under(self, **update):
        """From now on the federation's guideline has these members in its update protocol."""
        document = json.loads(self.guideline.canonical())
        self.guideline = parse_guideline(canonical.dumps(document | {"update": document["update"] | update}))
        self.adopted = replace(self.adopted, guideline=self.store.put(self.guideline.canonical()))

    def state(self, round_id, lineage=1):
        layout = (LayoutEntry("layer.lora_B", LENGTH // 4, 4),)
        header = StateHeader(lineage, round_id, STEP_EXPONENT, LENGTH, self.frozen, layout)
        return self.store.put(encode_state(header, np.zeros(LENGTH, np.int32)))

    def values(self, seed):
        """An honest trainer's update: a common direction and its own noise."""
        noise = np.random.default_rng(seed).integers(-9, 10, LENGTH)
        return (100 + noise).astype(np.int16)

    def update(self, trainer, values, base=None, **changes):
        base = base or self.genesis
        header, _ = decode_state(self.store.get(base, 1 << 20))
        return encode_update(replace(expected_header(trainer, 1, header.lineage, base, header), **changes), values)

    def honest(self, base=None, seed=0) -> list[tuple[str, bytes]]:
        return [
            (trainer, self.update(trainer, self.values(seed + place), base))
            for place, trainer in enumerate(self.trainers)
        ]

    def past(self, round_id, updates: Sequence[tuple[str, bytes]], base=None, lineage=1, left_out=()) -> RoundHistory:
        """A round in which `updates` were revealed in this order, and vouched for except for the slots `left_out`."""
        reveals = tuple(
            Reveal(slot, trainer, self.store.put(data), 10 + slot) for slot, (trainer, data) in enumerate(updates)
        )
        bitmap = bitmap_of(set(range(len(updates))) - set(left_out))
        return RoundHistory(
            round=round_id,
            version=1,
            lineage=lineage,
            base=base or self.genesis,
            drawn_trainers=len(self.trainers),
            drawn_validators=len(self.validators),
            opened_at=1000,
            commits=tuple(trainer for trainer, _ in updates),
            reveals=reveals,
            vouches=tuple(Vouch(slot, one, bitmap) for slot, one in enumerate(self.validators)),
        )

    def finalised(self, past: RoundHistory, conclusion: Conclusion, ordinal, by=None) -> RoundHistory:
        """The round once the validators `by` disclosed this conclusion in time."""
        for content in conclusion.contents:
            self.store.put(content)
        result = Result.of(conclusion)
        finalisation = Finalisation(
            ordinal,
            result.hash(),
            result.included,
            result.malformed,
            result.false_vouchers,
            result.record,
            result.state,
            result.ledger_root,
        )
        disclosures = tuple(Disclosure(one, result.hash(), True) for one in by or self.validators)
        return replace(past, disclosures=disclosures, finalisation=finalisation)

    def history(self, *rounds: RoundHistory) -> History:
        return History(9, {one.round: one for one in rounds}, {1: self.adopted})


@pytest.fixture
def paper():
    return Paper()
