"""The guideline document: one byte form, and a sentence for whatever cannot run."""

import copy
import hashlib
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from aggregator import canonical
from node.algorithms import FedAvg, FedDyn, FedProx, Scaffold
from node.errors import GuidelineError
from node.guideline import GUIDELINE_LIMIT, algorithm_of, load_guideline, optimiser_of, parse_guideline, rule_of, seal

DEMO = Path(__file__).parents[2] / "guideline.toml"
CID = "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"


@pytest.fixture(scope="module")
def demo():
    return load_guideline(DEMO)


@pytest.fixture
def document(demo):
    """The demo's guideline, with a rule that has a parameter and a condition of its own."""
    document = json.loads(demo.canonical())
    document["update"]["rule"] = "multi_krum"
    return document


def refusal(document):
    with pytest.raises(GuidelineError) as caught:
        parse_guideline(canonical.dumps(document))
    return str(caught.value)


def change(document, field, value):
    changed = copy.deepcopy(document)
    *path, last = field.split(".")
    place = changed
    for key in path:
        place = place[key]
    place[last] = value
    return changed


def toml_refusal(path, old, new):
    text = DEMO.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(GuidelineError) as caught:
        load_guideline(path)
    return str(caught.value)


def test_the_demo_guideline_survives_two_absent_trainers(demo):
    assert (demo.update.rule, demo.update.faults) == ("caf", 2)
    assert demo.update.min_trainers - demo.update.min_updates == 2
    assert demo.update.learning_rate == Decimal("0.01")


def test_the_demo_guideline_names_the_weights_that_ship_with_the_package(demo):
    files = sorted((DEMO.parent / "node" / "learning" / "base").glob("*.safetensors"))
    assert hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest() == demo.architecture.weights_sha256


def test_round_trip(demo):
    assert parse_guideline(demo.canonical()) == demo
    assert parse_guideline(demo.canonical()).canonical() == demo.canonical()


def test_rule_and_optimiser_are_made_in_one_place(demo, tmp_path):
    path = tmp_path / "guideline.toml"
    chosen = """
preaggregations = [{ name = "clipping", parameters = { percent = 60 } }, { name = "nnm" }]
optimiser = { name = "fedadam", parameters = { learning_rate = 2e-2, tau = 0.0010 } }
"""
    path.write_text(DEMO.read_text().replace('optimiser = { name = "plain" }', chosen))
    update = load_guideline(path).update
    assert (rule_of(update).name, rule_of(update).needs(2)) == ("clipping + nnm + caf", 5)
    assert optimiser_of(update).parameters == {
        "learning_rate": "0.02",
        "beta1": "0.9",
        "tau": "0.001",
        "beta2": "0.99",
    }
    assert (rule_of(demo.update).name, optimiser_of(demo.update).name) == ("caf", "plain")


def test_the_spelling_of_an_optimisers_decimals_does_not_change_the_bytes(demo, tmp_path):
    path, bytes_of = tmp_path / "guideline.toml", []
    for rate in ("1e-2", "0.0100"):
        chosen = f'optimiser = {{ name = "fedavgm", parameters = {{ learning_rate = {rate} }} }}'
        path.write_text(DEMO.read_text().replace('optimiser = { name = "plain" }', chosen))
        bytes_of.append(load_guideline(path).canonical())
    assert bytes_of[0] == bytes_of[1] != demo.canonical()
    assert parse_guideline(bytes_of[0]).canonical() == bytes_of[0]


def test_the_local_algorithm_is_made_in_one_place(document):
    assert algorithm_of(parse_guideline(canonical.dumps(document)).update) == FedAvg()
    chosen = change(document, "update.algorithm", {"name": "fedprox", "parameters": {"mu": "0.5"}})
    assert algorithm_of(parse_guideline(canonical.dumps(chosen)).update) == FedProx(0.5)
    plain = change(document, "update.local_optimiser", "sgd")
    both = change(document, "update.optimiser", {"name": "feddyn", "parameters": {}})
    both = change(both, "update.algorithm", {"name": "feddyn", "parameters": {"alpha": "0.5"}})
    assert algorithm_of(parse_guideline(canonical.dumps(both)).update) == FedDyn(0.5)
    scaffold = change(plain, "update.algorithm", {"name": "scaffold", "parameters": {}})
    assert algorithm_of(parse_guideline(canonical.dumps(scaffold)).update) == Scaffold()


def test_order_of_keys_and_spelling_of_numbers_do_not_change_the_bytes(demo, tmp_path):
    head, data, rest = re.split(r"(?ms)^(\[data\].*?)(?=^\[architecture\])", DEMO.read_text())
    shuffled = tmp_path / "shuffled.toml"
    shuffled.write_text((head + rest).replace("0.005", "5e-3") + "\n" + data)
    assert shuffled.read_text() != DEMO.read_text()
    assert load_guideline(shuffled).canonical() == demo.canonical()


def test_seal_names_genesis_and_frozen_tensors_and_nothing_else(demo):
    sealed = seal(demo, CID, CID)
    assert (sealed.architecture.genesis, sealed.architecture.frozen) == (CID, CID)
    assert sealed.update == demo.update
    assert parse_guideline(sealed.canonical()) == sealed


def test_every_document_has_a_file_name_in_its_refusal(tmp_path):
    path = tmp_path / "mine.toml"
    message = toml_refusal(path, "rank = 8", "rank = 8\nsparkle = 1")
    assert message.startswith(f"{path}: architecture.sparkle: ")
    assert "got '1'" in message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("architecture.rank", "8"),
        ("architecture.rank", True),
        ("architecture.rank", 0),
        ("architecture.weights_sha256", "00"),
        ("architecture.genesis", "Qmfoo"),
        ("architecture.precision", "float16"),
        ("update.local_optimiser", "adam"),
        ("update.accumulate", 0),
        ("data.task", "mind-reading"),
        ("data.deduplicate", "yes"),
        ("update.learning_rate", "fast"),
        ("update.learning_rate", "NaN"),
        ("update.learning_rate", "1e-999999"),
        ("update.learning_rate", True),
        ("update.learning_rate", "-0.1"),
        ("update.learning_rate", "1000.1"),
        ("update.phases.commit", 0),
        ("update.tokens.budget", 10**11),
        ("update.trainers", 257),
        ("update.validators", 33),
        ("version_control.keep_states", 1),
        ("version_control.voting.quorum_percent", 0),
        ("version_control.voting.quorum_percent", 101),
        ("version_control.voting.period", 0),
        ("version_control.benchmarks", "none"),
    ],
)
def test_wrong_type_or_range_names_field_and_value(document, field, value):
    message = refusal(change(document, field, value))
    assert message.startswith(f"pinned guideline: {field}: ")
    assert f"got {str(value)[:80]!r}" in message


@pytest.mark.parametrize("field", ["sparkle", "data.sparkle", "update.phases.sparkle", "update.tokens.sparkle"])
def test_unknown_key(document, field):
    assert refusal(change(document, field, 1)).startswith(f"pinned guideline: {field}: ")


def test_missing_key(document):
    del document["update"]["phases"]["vouch"]
    assert refusal(document).startswith("pinned guideline: update.phases.vouch: Field required")


@pytest.mark.parametrize(
    ("changes", "needles"),
    [
        ({"update.min_trainers": 8}, ("update.min_trainers is 8", "needs 7 updates and 2 spare", "to 9")),
        ({"update.faults": 3}, ("update.min_trainers is 9", "faults = 3", "to 11")),
        ({"update.min_updates": 2}, ("update.min_updates is 2", "needs 3")),
        ({"update.min_updates": 10}, ("update.min_updates 10", "min_trainers 9")),
        ({"update.trainers": 8}, ("update.trainers", "8", "9")),
        ({"update.trainers": 21, "update.rule": "mda"}, ("update.trainers is 21: mda", "at most 20 updates")),
        ({"update.validators": 3}, ("update.validators", "3", "4")),
        ({"update.tokens.soft_penalty": 6}, ("update.tokens.soft_penalty 6", "twentieth of minimum_bond")),
        ({"update.tokens.hard_penalty": 101}, ("update.tokens.hard_penalty 101", "minimum_bond 100")),
        ({"update.tokens.hard_penalty": 1}, ("update.tokens.hard_penalty 1", "soft_penalty 2")),
        ({"update.tokens.airdrop": 101}, ("update.tokens.airdrop 101", "minimum_bond + soft_penalty")),
        ({"update.tokens.unbond_delay": 1919}, ("update.tokens.unbond_delay 1919", "1920 seconds")),
        ({"data.max_characters": 63}, ("data.max_characters 63", "min_characters 64")),
        ({"update.rule": "magic"}, ("update.rule", "'magic'", "multi_krum")),
        ({"update.parameters": {"k": 1}}, ("update.parameters", "'k'", "f, m")),
        ({"update.parameters": {"name": 1}}, ("update.parameters", "'name'")),
        ({"update.parameters": {"m": 0}}, ("update.parameters", "m is 0")),
        (
            {"update.preaggregations": [{"name": "bucketing", "parameters": {"size": 2}}]},
            ("rule 'bucketing + multi_krum' with faults = 2 needs 13 updates", "to 15"),
        ),
        (
            {"update.preaggregations": [{"name": "magic", "parameters": {}}]},
            ("update.preaggregations.0: no preaggregation is called 'magic': there are", "nnm"),
        ),
        (
            {"update.preaggregations": [{"name": "nnm", "parameters": {"k": 1}}]},
            ("update.preaggregations.0: nnm has no parameter 'k'",),
        ),
        ({"update.preaggregations": [{"name": "nnm", "parameters": {}}] * 5}, ("update.preaggregations: ", "4 items")),
        (
            {"update.examples_cap": 3},
            ("update.examples_cap is 3; rule 'multi_krum' takes no weights",),
        ),
        (
            {"update.optimiser": {"name": "adam", "parameters": {}}},
            ("update.optimiser: no server optimiser is called 'adam'", "fedadam"),
        ),
        (
            {"update.optimiser": {"name": "fedavgm", "parameters": {"tau": "1"}}},
            ("update.optimiser: fedavgm has no parameter 'tau': it takes learning_rate, beta1",),
        ),
        (
            {"update.optimiser": {"name": "fedadam", "parameters": {"beta1": "1"}}},
            ("update.optimiser: fedadam parameter beta1 is '1': give a decimal from 0 to 0.999999",),
        ),
        (
            {"update.optimiser": {"name": "fedadam", "parameters": {"tau": "5"}}},
            ("update.optimiser: fedadam parameter tau is 5, too large for a step of 2^-16: give at most 4",),
        ),
        (
            {"update.optimiser": {"name": "fedadam", "parameters": {"tau": "small"}}},
            ("update.optimiser.parameters.tau: not a number",),
        ),
        (
            {"update.algorithm": {"name": "fedmagic", "parameters": {}}},
            ("update.algorithm: no local algorithm is called 'fedmagic': there are ditto, fedavg", "scaffold"),
        ),
        (
            {"update.algorithm": {"name": "fedprox", "parameters": {"mu": "0"}}},
            ("update.algorithm: fedprox parameter mu is 0.0: give a number above 0",),
        ),
        (
            {"update.algorithm": {"name": "fedprox", "parameters": {"alpha": "1"}}},
            ("update.algorithm: fedprox has no parameter 'alpha': it takes mu",),
        ),
        (
            {"update.algorithm": {"name": "scaffold", "parameters": {}}},
            ("update.algorithm 'scaffold' holds for plain gradient steps alone: set update.local_optimiser to 'sgd'",),
        ),
        (
            {"update.algorithm": {"name": "feddyn", "parameters": {}}},
            ("update.algorithm is 'feddyn' and update.optimiser 'plain': feddyn is made of both",),
        ),
        (
            {"update.optimiser": {"name": "feddyn", "parameters": {}}},
            ("update.algorithm is 'fedavg' and update.optimiser 'feddyn'",),
        ),
        (
            {"update.algorithm": {"name": "fedper", "parameters": {}}},
            ("update.algorithm: fedper keeps no tensors: name them",),
        ),
        (
            {"update.algorithm": {"name": "ditto", "tensors": ["h.1"]}},
            ("update.algorithm: ditto has no parameter 'tensors': it takes strength",),
        ),
        (
            {"update.algorithm": {"name": "fedper", "parameters": {"tensors": "1"}}},
            ("update.algorithm: fedper has no parameter 'tensors': it is a key of its own",),
        ),
        (
            {"update.algorithm": {"name": "fedper", "tensors": ["h.1", ""]}},
            ("update.algorithm.tensors.1: String should have at least 1 character",),
        ),
        ({"update.accumulate": 5}, ("update.accumulate is 5", "does not divide batch_size 12")),
    ],
)
def test_a_guideline_that_cannot_run(document, changes, needles):
    for field, value in changes.items():
        document = change(document, field, value)
    message = refusal(document)
    assert message.startswith("pinned guideline: update") or message.startswith("pinned guideline: data")
    for needle in needles:
        assert needle in message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("update.min_trainers", 10),
        ("update.tokens.soft_penalty", 5),
        ("update.tokens.hard_penalty", 100),
        ("update.tokens.airdrop", 102),
        ("update.tokens.unbond_delay", 1920),
        ("update.parameters", {"m": 1}),
        ("update.preaggregations", [{"name": "nnm", "parameters": {}}]),
        ("update.preaggregations", [{"name": "clipping", "parameters": {"percent": 100}}] * 4),
        ("update.optimiser", {"name": "fedadam", "parameters": {"tau": "4", "beta1": "0"}}),
        ("update.algorithm", {"name": "fedprox", "parameters": {"mu": "1000"}}),
        ("update.algorithm", {"name": "fedper", "tensors": ["h.1", "h.0.attn"]}),
        ("update.accumulate", 12),
        ("update.local_optimiser", "sgd"),
        ("update.learning_rate", "1000"),
        ("architecture.precision", "bfloat16"),
    ],
)
def test_the_limits_themselves_are_allowed(document, field, value):
    parse_guideline(canonical.dumps(change(document, field, value)))


def test_every_problem_gets_a_line(document):
    message = refusal(change(change(document, "architecture.rank", 0), "data.sparkle", 1))
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b" " + data,
        lambda data: data[:-1],
        lambda data: data.replace(b'"rank":8', b'"rank":8.0'),
        lambda data: data.replace(b'"rank":8', b'"rank":8,"rank":8'),
        lambda data: b"[]",
        lambda data: b"",
        lambda data: b"\xff",
    ],
)
def test_pinned_bytes_must_be_a_canonical_object(demo, spoil):
    with pytest.raises(GuidelineError, match=r"^pinned guideline: .+"):
        parse_guideline(spoil(demo.canonical()))


def test_oversized(demo, tmp_path):
    with pytest.raises(GuidelineError, match=f"at most {GUIDELINE_LIMIT}"):
        parse_guideline(demo.canonical() + b" " * GUIDELINE_LIMIT)
    path = tmp_path / "big.toml"
    path.write_text(DEMO.read_text() + "#" * GUIDELINE_LIMIT)
    with pytest.raises(GuidelineError, match=f"big.toml.* at most {GUIDELINE_LIMIT}"):
        load_guideline(path)


def test_files_that_are_no_toml(tmp_path):
    path = tmp_path / "guideline.toml"
    with pytest.raises(GuidelineError, match=r"guideline\.toml: cannot be read .*; give the path"):
        load_guideline(path)
    for data in (b"name = ", b"\xff\xfe"):
        path.write_bytes(data)
        with pytest.raises(GuidelineError, match=r"guideline\.toml: not valid TOML"):
            load_guideline(path)
