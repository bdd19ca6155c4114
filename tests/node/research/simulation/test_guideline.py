"""The guideline that a simulated federation runs under."""

from dataclasses import replace
from decimal import Decimal

import pytest

from node.chain.deploy import enforced
from node.errors import ConfigError
from node.guideline import parse_guideline
from node.research.simulation.guideline import SYNTHETIC, faults_of, guideline_for
from node.research.simulation.settings import Settings

TWENTY = Settings(peers=20, byzantine=4, rule="multi_krum:m=3")


def test_it_says_what_the_settings_say():
    settings = replace(TWENTY, preaggregations=("nnm", "bucketing:size=1"), optimiser="fedavgm:beta1=0.5", validators=3)
    update = guideline_for(settings).update
    assert (update.rule, update.parameters, update.faults) == ("multi_krum", {"m": 3}, 4)
    assert [(one.name, one.parameters) for one in update.preaggregations] == [("nnm", {}), ("bucketing", {"size": 1})]
    assert (update.optimiser.name, update.optimiser.parameters["beta1"]) == ("fedavgm", Decimal("0.5"))
    assert (update.trainers, update.validators, update.min_validators) == (20, 3, 3)
    assert update.min_updates == settings.make_rule().needs(4)


def test_it_is_a_guideline_like_any_other():
    guideline = guideline_for(TWENTY)
    assert parse_guideline(guideline.canonical()) == guideline
    assert enforced(guideline).trainers == 20


def test_a_template_keeps_what_is_its_own():
    template = SYNTHETIC.model_copy(update={"name": "another"})
    assert guideline_for(TWENTY, template).name == "another"
    assert guideline_for(TWENTY, template).architecture == template.architecture


@pytest.mark.parametrize(
    ("peers", "byzantine", "faults", "expected"),
    [(20, 4, None, 4), (20, 4, 2, 2), (11, 4, None, 3), (20, 0, None, 0)],  # Krum with two to spare needs 2f + 5
)
def test_as_many_faults_as_attack_or_as_the_rule_allows(peers, byzantine, faults, expected):
    assert faults_of(Settings(peers=peers, byzantine=byzantine, faults=faults, validators=1, rule="krum")) == expected


def test_too_few_peers_are_refused_with_how_many_are_needed():
    with pytest.raises(ConfigError, match=r"--peers: multi_krum with 9 faults needs 21 updates .* at least 23 peers"):
        guideline_for(replace(TWENTY, rule="multi_krum", faults=9))
    with pytest.raises(ConfigError, match="--peers: 2 peers are too few with 2 to spare"):
        guideline_for(Settings(peers=2, validators=1))


def test_what_the_guideline_refuses_is_a_configuration_error():
    with pytest.raises(ConfigError, match=r"simulate: .*fedavgm has no parameter 'momentum'"):
        guideline_for(replace(TWENTY, optimiser="fedavgm:momentum=1"))
