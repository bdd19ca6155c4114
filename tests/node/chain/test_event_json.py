import json
from dataclasses import replace

import pytest

from aggregator import canonical
from aggregator.errors import Malformed
from node.chain.event_json import ARRAY_LIMIT, event_from_json, event_to_json
from node.ports import Event
from tests.federations import addresses

ONE, TWO = addresses(2)
PROPOSAL = Event(
    block=5,
    index=2,
    timestamp=1_700_000_000,
    contract="FederationGovernor",
    name="ProposalCreated",
    arguments={
        "proposalId": 2**255 + 1,
        "proposer": ONE,
        "targets": (ONE, TWO),
        "values": (0, 0),
        "signatures": ("", ""),
        "calldatas": (b"\1\2\3\4", b""),
        "voteStart": 7,
        "voteEnd": 9,
        "description": 'Admit "Ü"\n0x12',
    },
)
DISCLOSED = Event(6, 0, 1_700_000_001, "RoundManager", "ResultDisclosed", {})
DISCLOSED = replace(
    DISCLOSED, arguments={"round": 1, "validator": TWO, "resultHash": bytes(range(24)), "credited": True}
)


@pytest.mark.parametrize("event", [PROPOSAL, DISCLOSED], ids=lambda event: event.name)
def test_an_event_survives_canonical_json(event):
    data = canonical.dumps(event_to_json(event))
    assert event_from_json(canonical.loads(data, 1 << 20)) == event


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("proposalId", str(2**256)),
        ("proposalId", "-1"),
        ("proposalId", "1" * 90),
        ("proposalId", True),
        ("proposer", ONE.lower()),
        ("proposer", "0x12"),
        ("targets", ONE),
        ("targets", [ONE] * (ARRAY_LIMIT + 1)),
        ("targets", [5]),
        ("calldatas", ["0x1"]),
        ("calldatas", ["0xZZ"]),
        ("calldatas", ["0xAB"]),
        ("description", 5),
        ("description", "x" * (1 << 20 | 1)),
    ],
)
def test_a_value_of_another_type_is_refused(key, value):
    document = json.loads(json.dumps(event_to_json(PROPOSAL)))
    document["arguments"][key] = value
    with pytest.raises(Malformed, match="event value"):
        event_from_json(document)


@pytest.mark.parametrize(("key", "value"), [("credited", "true"), ("credited", 1), ("resultHash", "0x" + "00" * 23)])
def test_booleans_and_fixed_bytes_are_exact(key, value):
    document = json.loads(json.dumps(event_to_json(DISCLOSED)))
    document["arguments"][key] = value
    with pytest.raises(Malformed, match="is not of type"):
        event_from_json(document)


@pytest.mark.parametrize("value", [None, [], "x", 5, {}])
def test_what_is_no_object_with_the_keys_of_an_event_is_refused(value):
    with pytest.raises(Malformed):
        event_from_json(value)
