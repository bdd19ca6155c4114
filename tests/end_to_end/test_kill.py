"""A node is killed between its commitment and its reveal, and goes on where it was."""

import signal
from pathlib import Path

import pytest

from node.peer.journal import Journal, PreparedUpdate
from node.types import RoundId
from tests.chain_nodes import CHAIN_ID
from tests.end_to_end.processes import Companies, Company, companies

ROUND = RoundId(1)


@pytest.mark.node_js
@pytest.mark.slow
def test_a_node_killed_between_commit_and_reveal_reveals_what_it_committed_to(tmp_path: Path) -> None:
    with companies(tmp_path, "rich", "pygments", "click") as town:
        first, victim, late = town.members
        first.start()
        victim.start()
        town.wait_for("UpdateCommitted", ROUND, victim)  # COMMIT goes on: the third did not commit
        assert victim.stop(signal.SIGKILL) == -signal.SIGKILL
        prepared = journalled(town, victim)

        late.start()
        town.wait_for("UpdateCommitted", ROUND, late)  # all did, so REVEAL has begun, and waits for the victim
        assert not town.told("UpdateRevealed", ROUND, victim)
        victim.start()
        town.wait_for("RoundFinalised", ROUND)
        for one in town.members:
            town.wait_for("UpdateCommitted", RoundId(2), one)  # which settles what round 1 would have cost

        assert town.stop() == [0, 0, 0]
        (reveal,) = (one for one in town.history.rounds[ROUND].reveals if one.trainer == victim.address)
        assert (reveal.cid, reveal.examples) == (prepared.cid, prepared.examples)
        finalisation = town.history.rounds[ROUND].finalisation
        assert finalisation is not None
        assert finalisation.included >> reveal.slot & 1
        assert not [one for one in town.events if one.name in ("MemberPenalised", "SilenceReported")]
        assert victim.log.count("did: Train(round=1)") == 1
        assert all("Traceback" not in one.log for one in town.members)


def journalled(town: Companies, member: Company) -> PreparedUpdate:
    """What the killed node had on disk."""
    manager = town.deployment.addresses["RoundManager"]
    journal = Journal(member.folder / "node-data" / "journal.db", CHAIN_ID, manager, member.address)
    try:
        prepared = journal.update(ROUND)
    finally:
        journal.close()
    assert prepared is not None
    return prepared
