import pytest

from node.config import Config, load_config
from node.errors import JournalError
from node.peer.compose import JOURNAL_FILE, data_source, open_peer, open_store
from node.peer.journal import Journal
from node.store.local import LocalStore
from node.types import NOBODY
from tests.federations import account


@pytest.fixture
def config(town, tmp_path) -> Config:
    town.deployment.save(tmp_path / "federation.json")
    return load_config(
        None,
        {},
        {
            "federation": str(tmp_path / "federation.json"),
            "work_directory": str(tmp_path / "work"),
            "chain.url": "http://127.0.0.1:1",
            "chain.id": town.deployment.chain_id,
            "keystore.path": str(tmp_path / "key.json"),
            "store.path": str(town.store.root),
            "data.package": "rich",
        },
    )


def journal_of(config, town, place=0):
    manager = town.deployment.addresses["RoundManager"]
    return Journal(config.work_directory / JOURNAL_FILE, town.deployment.chain_id, manager, account(place).address)


def test_a_peer_is_made_of_what_the_config_names(config, town):
    with open_peer(config, town.keys[0], town.connections.federation) as peer:
        assert peer.federation.account == peer.observer.account == town.keys[0].address
        assert peer.trainer is not None
        assert peer.store.get(town.sealed.cid, 1 << 20) == town.sealed.guideline.canonical()
        assert type(peer.decide()).__name__ in {"Open", "Wait", "Claim", "Settle"}


def test_a_validator_has_no_trainer(config, town):
    validating = config.model_copy(update={"roles": ("validator",)})
    with open_peer(validating, town.keys[0], town.connections.federation) as peer:
        assert peer.trainer is None


def test_every_transaction_is_in_the_journal_before_it_leaves(config, town):
    with open_peer(config, town.keys[0], town.connections.federation) as peer:
        receipt = peer.federation.set_encryption_key(b"\5" * 32)
        recorded = peer.journal.transactions()
    assert [one.hash for one in recorded] == [receipt.transaction]
    assert recorded[0].at > 0


def test_what_a_killed_run_signed_is_on_the_chain_before_anything_new_is_signed(config, town):
    class Killed(BaseException):
        pass

    def die_after(remember):
        def hook(*signed):
            remember(*signed)
            raise Killed

        return hook

    def deadly(settings, signer, on_signed):
        return town.connections.federation(settings, signer, die_after(on_signed))

    with pytest.raises(Killed), open_peer(config, town.keys[0], deadly) as peer:
        peer.federation.set_encryption_key(b"\6" * 32)
    assert town.federation().member(town.keys[0].address).encryption_key != b"\6" * 32

    with open_peer(config, town.keys[0], town.connections.federation) as peer:
        assert peer.federation.member(town.keys[0].address).encryption_key == b"\6" * 32
        assert len(peer.journal.transactions()) == 1


def test_another_account_is_refused_the_work_directory(config, town):
    journal_of(config, town).close()
    opened = open_peer(config, town.keys[1], town.connections.federation)
    with pytest.raises(JournalError, match="belongs to account"), opened:
        pass


def test_two_processes_cannot_run_in_one_work_directory(config, town):
    with open_peer(config, town.keys[0], town.connections.federation):
        again = open_peer(config, town.keys[0], town.connections.federation)
        with pytest.raises(JournalError, match="another fednode runs in this work directory; stop it first"), again:
            pass
    with open_peer(config, town.keys[0], town.connections.federation):
        assert config.work_directory.stat().st_mode & 0o777 == 0o700


def test_a_work_directory_that_cannot_be_is_said(config, town):
    config.work_directory.write_text("a file")
    opened = open_peer(config, town.keys[0], town.connections.federation)
    with pytest.raises(JournalError, match="the work directory cannot be used"), opened:
        pass


def test_the_journal_is_closed_when_the_chain_is_out_of_reach(config, town):
    def unreachable(*_):
        raise ConnectionError

    with pytest.raises(ConnectionError), open_peer(config, town.keys[0], unreachable):
        pass
    journal_of(config, town).close()


def test_a_reader_is_nobody(town, config):
    assert town.connections.federation(config, None).account == NOBODY


def test_stores_and_sources_are_the_configured_ones(config, tmp_path):
    assert isinstance(open_store(config), LocalStore)
    assert data_source(config).package == "rich"
    ipfs = config.model_copy(update={"store": config.store.model_copy(update={"kind": "ipfs"})})
    assert type(open_store(ipfs)).__name__ == "IpfsStore"
