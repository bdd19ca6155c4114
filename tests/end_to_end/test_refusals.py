"""What an operator does too early or wrongly, in the order of a first day: an exit code and a sentence that helps."""

import re
from pathlib import Path

import pytest

from tests.chain_nodes import anvil, fund
from tests.end_to_end.processes import set_up, wait_until, write_guideline

ENOUGH = 10**18  # wei


@pytest.mark.node_js
def test_every_mistake_of_the_first_day_is_answered_with_what_to_do(tmp_path: Path) -> None:
    with anvil() as url:
        founder = set_up(tmp_path / "founder", "rich", url)
        deploy = ("deploy", write_guideline(tmp_path), f"--founder={founder.address}=1000")

        assert f"{url} serves chain 31337, expected 1;" in founder.refused(5, *deploy, "--chain-id", 1)
        (tmp_path / "wrong.txt").touch(0o600)
        (tmp_path / "wrong.txt").write_text("another\n")
        assert "wrong password" in founder.refused(4, *deploy, "--password-file", "../wrong.txt")
        fund(url, [founder.address], missing(founder.refused(5, *deploy), founder.address, "founding a federation"))
        founder.run(*deploy)  # that much is enough

        fund(url, [founder.address], ENOUGH)
        assert "run `fednode join` first" in founder.refused(5, "start")
        founder.run("join")
        assert "allow_public_updates = true to accept it" in founder.refused(2, "start", "--no-store-private")
        fund(url, [founder.address], 1)
        amount = missing(founder.refused(5, "start"), founder.address, "one round")
        fund(url, [founder.address], amount + 1)

        founder.start()
        try:
            wait_until(lambda: "started as" in founder.log, [founder], "the start")
            assert "another fednode runs in this work directory; stop it first" in founder.refused(9, "start")
            assert founder.stop() == 0
        finally:
            founder.end()


def missing(said: str, account: str, purpose: str) -> int:
    """The wei that the account is told to get."""
    found = re.search(rf"account {account} lacks ([1-9]\d*) wei of the \d+ wei that {purpose} may cost", said)
    assert found, said
    return int(found[1])
