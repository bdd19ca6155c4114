"""What can be asked for, and what is said about what cannot."""

from dataclasses import replace
from decimal import Decimal

import pytest

from node.errors import ConfigError
from node.research.simulation.settings import Choice, Settings

TWENTY = Settings(peers=20, byzantine=4)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"peers": 257}, "--peers: 257 is not from 1 to 256"),
        ({"byzantine": 20}, "--byzantine: 20 is not from 0 to 19"),
        ({"validators": 17}, "--validators: 17 is not from 1 to 16"),
        ({"rounds": 0}, "--rounds: 0"),
        ({"dimension": 0}, "--dimension: 0"),
        ({"task": "chess"}, "--task: there is no 'chess'; there are code-completion, code-search, synthetic"),
        ({"chain": "anvil"}, "--chain: there is no 'anvil'; there are eth-tester, memory"),
        ({"partition": "odd"}, "--partition: there is no 'odd'; there are by_repository, dirichlet_label"),
        ({"partition": "uniform:alpha=1"}, "--partition: there is no 'alpha'; there are none"),
        ({"partition": "dirichlet_label:beta=1"}, "--partition: there is no 'beta'; there are alpha"),
        ({"attack": "charm"}, "--attack: there is no 'charm'; there are alie"),
        ({"attack": "label_flip"}, "--attack: there is no 'label_flip'"),  # synthetic tasks have no labels
        ({"attack": "alie:y=2"}, "alie has no parameter 'y'"),
        ({"rule": "magic"}, "no rule is called 'magic'"),
        ({"rule": "multi_krum:m=1.5"}, "multi_krum parameter m is"),
        ({"rule": "multi_krum:m"}, "--rule: 'multi_krum:m' is not NAME or NAME:KEY=NUMBER"),
        ({"preaggregations": ("magic",)}, "no preaggregation is called 'magic'"),
    ],
)
def test_what_cannot_be_simulated_is_said_with_the_flag(changes, says):
    with pytest.raises(ConfigError, match=says.replace("(", r"\(")):
        replace(TWENTY, **changes)


def test_a_choice_is_a_name_and_numbers():
    assert Choice.of("nnm", "--x") == Choice("nnm", {})
    chosen = Choice.of("bucketing:size=3,x=0.5", "--x")
    assert chosen == Choice("bucketing", {"size": Decimal(3), "x": Decimal("0.5")})
    assert chosen.integers == {"size": 3, "x": Decimal("0.5")}


def test_attacks_and_rules_take_parameters():
    settings = replace(TWENTY, attack="sign_flip:scale=2.5", rule="multi_krum:m=3", preaggregations=("nnm",))
    assert settings.make_attack().scale == 2.5
    assert settings.make_rule().needs(4) == 11
    assert settings.honest == 16


def test_data_is_poisoned_where_there_is_data():
    assert replace(TWENTY, task="code-search", attack="label_flip").poisons_data
    assert not replace(TWENTY, task="code-search").poisons_data


def test_the_key_is_that_of_everything_that_matters():
    keys = {
        one.key
        for one in (
            TWENTY,
            replace(TWENTY, seed=1),
            replace(TWENTY, rounds=11),
            replace(TWENTY, faults=2),
            replace(TWENTY, preaggregations=("nnm",)),
            replace(TWENTY, template="{}"),
        )
    }
    assert len(keys) == 6
    assert Settings(peers=20, byzantine=4).key == TWENTY.key
    assert len(TWENTY.key) == 12
