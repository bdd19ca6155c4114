import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canonical import dumps
from aggregator.errors import BadParameter, Malformed
from aggregator.record import PreaggregationRecord, RoundRecord, UpdateRecord, ValidatorCredit

ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
UPDATE = UpdateRecord(ALICE, 0, "bafkupdate", 640, True, True, True, "kept: score rank 1 of 9", 5 * 10**20)
RECORD = RoundRecord(
    round=7,
    status="finalised",
    guideline="bafkguideline",
    guideline_version=2,
    lineage=1,
    base="bafkbase",
    rule="multi_krum",
    faults=2,
    budget=10**21,
    updates=(UPDATE, replace(UPDATE, trainer=BOB, slot=1, selected=False, reason="dropped", contribution=0)),
    validators=(ValidatorCredit(BOB, 10**20),),
    state="bafkstate",
    ledger="bafkledger",
    ledger_root="0x" + "11" * 32,
    previous_record="bafkprevious",
    parameters={"m": 7, "kind": "plain"},
    preaggregations=(PreaggregationRecord("clipping", {"percent": 40}), PreaggregationRecord("nnm")),
    optimiser="fedavgm",
    optimiser_parameters={"beta1": "0.9", "learning_rate": "1"},
    optimiser_state="bafkmoments",
    squared_norm=2**60,
)


def members(**changes):
    return json.loads(RECORD.to_bytes()) | changes


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        replace(RECORD, status="failed", squared_norm=None, previous_record="", updates=(), validators=()),
        replace(RECORD, squared_norm=0, parameters={}, preaggregations=(), optimiser="plain", optimiser_state=""),
    ],
)
def test_bytes_come_back(record):
    assert RoundRecord.from_bytes(record.to_bytes()) == record


def test_amounts_are_decimal_strings_and_the_rest_integers():
    written = members()
    assert written["format"] == 1
    assert written["budget"] == str(10**21)
    assert written["squared_norm"] == str(2**60)
    assert written["updates"][0]["contribution"] == str(5 * 10**20)
    assert written["updates"][0]["examples"] == 640
    assert written["validators"] == [{"validator": BOB, "amount": str(10**20)}]
    assert written["parameters"] == {"m": 7, "kind": "plain"}
    assert written["optimiser_parameters"] == {"beta1": "0.9", "learning_rate": "1"}
    assert written["preaggregations"] == [
        {"name": "clipping", "parameters": {"percent": 40}},
        {"name": "nnm", "parameters": {}},
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2}, "key 'format' is 2, expected 1"),
        ({"more": 1}, "unknown key 'more'"),
        ({"round": -1}, "key 'round' is -1"),
        ({"status": "open"}, "key 'status' is 'open', expected 'finalised' or 'failed'"),
        ({"guideline": "x" * 129}, "key 'guideline'"),
        ({"faults": 257}, "key 'faults' is 257"),
        ({"budget": 5}, "key 'budget' is 5"),
        ({"updates": [1]}, "update record is 1, expected an object"),
        ({"updates": [members()["updates"][0]] * 257}, "key 'updates'"),
        ({"updates": [members()["updates"][0] | {"slot": 256}]}, "update record key 'slot' is 256"),
        ({"updates": [members()["updates"][0] | {"reason": "x" * 241}]}, "update record key 'reason'"),
        ({"updates": [members()["updates"][0] | {"included": 1}]}, "update record key 'included' is 1"),
        ({"validators": members()["validators"] * 33}, "key 'validators'"),
        ({"validators": [{}]}, "validator credit lacks key 'amount'"),
        ({"parameters": {"m": None}}, "rule parameters key 'm' is None"),
        ({"parameters": []}, r"key 'parameters' is \[\]"),
        ({"preaggregations": [{"name": "nnm"}]}, "preaggregation record lacks key 'parameters'"),
        ({"preaggregations": [{"name": 1, "parameters": {}}]}, "preaggregation record key 'name' is 1"),
        ({"preaggregations": [{"name": "nnm", "parameters": {"f": -1}}]}, "preaggregation parameters key 'f' is -1"),
        ({"preaggregations": [{"name": "nnm", "parameters": {}}] * 17}, "key 'preaggregations'"),
        ({"optimiser": None}, "key 'optimiser' is None"),
        ({"optimiser_parameters": {"tau": False}}, "optimiser parameters key 'tau' is False"),
        ({"squared_norm": "x"}, "key 'squared_norm' is 'x'"),
        ({"squared_norm": None}, "key 'squared_norm' is None"),
    ],
)
def test_a_malformed_record_gets_a_sentence(changes, sentence):
    with pytest.raises(Malformed, match=sentence):
        RoundRecord.from_bytes(dumps(members(**changes)))


def test_refuses_to_write_what_it_could_not_read():
    with pytest.raises(BadParameter, match="round record cannot be written: round record key 'faults' is -1"):
        replace(RECORD, faults=-1).to_bytes()


@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_malformed(data):
    with pytest.raises(Malformed):
        RoundRecord.from_bytes(data)


def test_every_cut_of_a_record_is_malformed():
    data = RECORD.to_bytes()
    for size in range(0, len(data), 7):
        with pytest.raises(Malformed):
            RoundRecord.from_bytes(data[:size])
