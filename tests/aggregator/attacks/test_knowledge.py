import re

import numpy as np
import pytest

from aggregator.attacks import ATTACKS, Knowledge, attack, poison_alone
from aggregator.errors import BadParameter, UnknownRule

ALONE = ("echo", "free_rider_noise", "model_replacement", "noise", "sign_flip", "zero")
TOGETHER = ("alie", "ipm", "mimic", "min_max", "min_sum", "rop")
UPDATE = np.array([3, -4], np.float32)


def test_every_attack_is_known_by_name_and_says_whom_it_must_see():
    assert sorted(ATTACKS) == sorted(ALONE + TOGETHER)
    assert [name for name in sorted(ATTACKS) if attack(name).least_seen == 0] == sorted(ALONE)
    assert all(attack(name).name == name for name in ATTACKS)
    assert all(re.search(r"\d{4}, \"", ATTACKS[name].__doc__) for name in ATTACKS), "each names its paper"


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_attacks_keep_shape_dtype_and_input_and_depend_on_the_seed_alone(name, scene_facing):
    known = scene_facing("multi_krum")
    before = known.honest.copy(), known.previous.copy()
    sent = attack(name)(known)
    assert sent.shape == (known.colluders, known.length)
    assert sent.dtype == np.float32
    assert np.isfinite(sent).all()
    assert (sent == attack(name)(scene_facing("multi_krum"))).all()
    assert (known.honest == before[0]).all()
    assert (known.previous == before[1]).all()


@pytest.mark.parametrize("name", sorted(ATTACKS))
@pytest.mark.parametrize("value", [0, 5])
def test_equal_updates_leave_no_room_and_break_nothing(name, value):
    sent = attack(name)(Knowledge(np.full((4, 6), value, np.float32), 2))
    assert np.isfinite(sent).all()


@pytest.mark.parametrize("name", TOGETHER)
def test_attackers_who_see_nobody_judge_by_their_own_updates(name, honest):
    none = np.empty((0, honest.shape[1]), np.float32)
    sent = attack(name)(Knowledge(none, 3, own=honest[:3]))
    assert (sent == attack(name)(Knowledge(honest[:3], 3))).all()


@pytest.mark.parametrize("name", ALONE)
def test_a_peer_alone_can_do_it(name):
    sent = poison_alone(attack(name), UPDATE, seed=1, previous=np.ones(2, np.float32))
    assert (sent.shape, sent.dtype) == ((2,), np.float32)


@pytest.mark.parametrize("name", TOGETHER)
def test_a_peer_alone_cannot_hide_among_updates_that_it_does_not_see(name):
    with pytest.raises(BadParameter, match=rf"{name} needs to see \d honest updates"):
        poison_alone(attack(name), UPDATE)


def test_what_an_attacker_would_send_is_its_own_update_or_else_the_mean_it_sees(honest):
    known = Knowledge(honest, 2)
    assert known.drafts == pytest.approx(np.stack([honest.mean(axis=0)] * 2), abs=1e-8)
    assert (Knowledge(honest, 2, own=honest[:2]).drafts == honest[:2]).all()
    assert known.typical_norm == pytest.approx(np.median(np.linalg.norm(honest, axis=1)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"colluders": 0}, "0 colluders"),
        ({"honest": UPDATE}, r"honest updates of shape \(2,\)"),
        ({"honest": UPDATE[None][:0]}, r"honest updates of shape \(0, 2\): give \(h, d\), with h > 0 or own updates"),
        ({"own": UPDATE[None]}, r"own updates of shape \(1, 2\): give \(2, 2\)"),
        ({"previous": UPDATE[:1]}, r"previous aggregate of shape \(1,\): give \(2,\)"),
        ({"honest": UPDATE[None][:0], "own": np.stack([UPDATE] * 2), "rule": len}, "a rule but no honest update"),
    ],
)
def test_refuses_knowledge_that_contradicts_itself(arguments, sentence):
    with pytest.raises(BadParameter, match=sentence):
        Knowledge(**{"honest": UPDATE[None], "colluders": 2, **arguments})


def test_refuses_names_and_parameters_that_there_are_not():
    with pytest.raises(UnknownRule, match="no attack is called 'shout': there are alie, echo, "):
        attack("shout")
    with pytest.raises(BadParameter, match="alie has no parameter 'q': it takes z"):
        attack("alie", q=1)
    with pytest.raises(BadParameter, match="zero has no parameter 'q': it takes none"):
        attack("zero", q=1)
    with pytest.raises(BadParameter, match="direction is 'up': give one of std, sign, unit"):
        attack("min_max", direction="up")
