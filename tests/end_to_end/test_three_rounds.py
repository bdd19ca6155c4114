"""Three `fednode start` processes on anvil and one IPFS daemon: three rounds, paid and audited."""

from pathlib import Path

import pytest

from tests.end_to_end.processes import GRANT, Companies, Company, companies
from tests.federations import TOKEN
from tests.ipfs_daemon import ipfs_daemon

ROUNDS = (1, 2, 3)


@pytest.mark.node_js
@pytest.mark.slow
def test_three_processes_finish_three_rounds_on_anvil_and_ipfs(tmp_path: Path) -> None:
    with ipfs_daemon(tmp_path / "ipfs") as api, companies(tmp_path, "rich", "pygments", "click", ipfs=api) as town:
        for one in town.members:
            one.start()
        for round_id in ROUNDS:
            town.wait_for("RoundFinalised", round_id)
        for one in town.members:
            town.wait_for("ResultDisclosed", ROUNDS[-1], one)  # two were enough to finalise
        assert town.stop() == [0, 0, 0]

        everybody_took_part(town)
        earned_and_claimed(town.members[1])
        assert all("Traceback" not in one.log for one in town.members)
        report = town.members[2].shown("audit")
        assert [one["status"] for one in report["rounds"]][: len(ROUNDS)] == ["finalised"] * len(ROUNDS)
        assert all(one["agreed"] for one in report["rounds"][: len(ROUNDS)])
        assert report["confirmed"]


def everybody_took_part(town: Companies) -> None:
    for round_id in ROUNDS:
        for one in town.members:
            for name in ("UpdateRevealed", "UpdatesVouched", "ResultAttested", "ResultDisclosed"):
                assert town.told(name, round_id, one)
    assert not [one for one in town.events if one.name == "MemberPenalised"]


def earned_and_claimed(member: Company) -> None:
    """A node claims by itself when it gets round to it; what it did not, the command does."""
    before = member.shown("status")
    assert before["finalised_rounds"] >= len(ROUNDS)
    assert before["fault_points"] == 0
    assert before["tokens"] + before["claimable"] > GRANT * TOKEN
    claimed = member.shown("claim")
    assert claimed["amount"] == before["claimable"]
    after = member.shown("status")
    assert (after["tokens"], after["claimable"]) == (before["tokens"] + before["claimable"], 0)
