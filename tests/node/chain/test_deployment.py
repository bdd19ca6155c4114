import json
from pathlib import Path
from typing import Any

import pytest

from node.chain.artifacts import CONTRACTS
from node.chain.deployment import FILE_LIMIT, Deployment, Founder, founders_proof, founders_root
from node.errors import ConfigError
from node.types import Address, TokenWei
from tests.federations import addresses

DEPLOYMENT = Deployment(
    chain_id=31337,
    deploy_block=7,
    addresses=dict(zip(CONTRACTS, addresses(7), strict=True)),
    founders=tuple(Founder(one, TokenWei(10**21 + place)) for place, one in enumerate(addresses(3))),
)


def changed(**fields: Any) -> bytes:
    document = json.loads(DEPLOYMENT.to_bytes()) | fields
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "federation.json"
    DEPLOYMENT.save(path)
    assert Deployment.load(path) == DEPLOYMENT

    path.write_bytes(path.read_bytes() + b"\n")  # as editors do
    assert Deployment.load(path) == DEPLOYMENT


def test_the_file_is_the_same_for_the_same_federation() -> None:
    assert changed() == DEPLOYMENT.to_bytes()


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"", "JSON"),
        (b"[]", "document"),
        (changed(format=2), "format"),
        (changed(extra=1), "document"),
        (changed(chain_id=0), "chain_id"),
        (changed(chain_id="1"), "chain_id"),
        (changed(chain_id=True), "chain_id"),
        (changed(deploy_block=-1), "deploy_block"),
        (changed(addresses={}), "addresses"),
        (changed(addresses=[]), "addresses"),
        (changed(addresses=dict.fromkeys(CONTRACTS, "0x12")), "addresses.ContributionToken"),
        (changed(addresses={name: addresses(1)[0].lower() for name in CONTRACTS}), "checksum"),
        (changed(founders={}), "founders"),
        (changed(founders=[[addresses(1)[0]]]), "founders"),
        (changed(founders=[[addresses(1)[0], 5]]), "founders"),
        (changed(founders=[[addresses(1)[0], "-5"]]), "decimal"),
        (changed(founders=[[addresses(1)[0], "05"]]), "decimal"),
        (changed(founders=[[addresses(1)[0], "²"]]), "decimal"),
        (changed(founders=[[addresses(1)[0], "9" * 34]]), "number"),
        (changed(founders=[[addresses(1)[0], "9" * 5000]]), "decimal"),
        (changed(founders=[[addresses(1)[0], "1"], [addresses(1)[0], "2"]]), "twice"),
        (b" " * (FILE_LIMIT + 1), "bytes"),
    ],
)
def test_a_wrong_file_is_refused_with_the_field(tmp_path: Path, data: bytes, names: str) -> None:
    path = tmp_path / "federation.json"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=names) as refused:
        Deployment.load(path)
    assert str(path) in str(refused.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.json"):
        Deployment.load(tmp_path / "nowhere.json")
    with pytest.raises(ConfigError, match="cannot be written"):
        DEPLOYMENT.save(tmp_path / "no" / "folder.json")


def test_founders_know_their_grant_and_others_have_none() -> None:
    assert DEPLOYMENT.grant_of(addresses(3)[2]) == 10**21 + 2
    with pytest.raises(ConfigError, match="not among the 3 founders"):
        DEPLOYMENT.grant_of(Address("0x" + "00" * 20))


def test_the_founders_order_does_not_matter() -> None:
    backwards = tuple(reversed(DEPLOYMENT.founders))
    assert founders_root(backwards) == founders_root(DEPLOYMENT.founders)
    assert founders_proof(backwards, addresses(1)[0]) == founders_proof(DEPLOYMENT.founders, addresses(1)[0])
