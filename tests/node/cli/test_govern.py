"""join, admit, vote, delegate, proposals and release, in the order of a federation's life; deploy."""

import pytest

from node.chain.deployment import Deployment
from node.peer.founding import SealedGuideline
from tests.federations import account
from tests.living_federation import GUIDELINE, living_federation, pin

ANYBODY = account(1).address


@pytest.fixture(scope="module")
def town():
    """A federation of this file's own: votes move its clock."""
    with living_federation(rounds=2) as one:
        yield one


@pytest.fixture
def act(node, done, here):
    """Run a command as account `number`."""

    def act_as(number, *arguments):
        (here / "key.json").unlink(missing_ok=True)
        node(number)
        return done(*arguments)

    return act_as


def pass_time(town, until):
    now = town.federation().chain.now()
    town.chain.advance(max(until - now, 0) + 1)


def test_a_stranger_is_admitted_by_vote_and_joins(act, node, refused, shown, town):
    stranger = account(5).address
    node(5)
    assert f"ask a member to run `fednode admit {stranger}`" in refused(5, "join")

    assert act(0, "admit", stranger, "--why", "good code").startswith("proposal ")
    proposal = shown("proposals")[0]
    assert proposal["description"] == f"Admit {stranger}: good code"
    pass_time(town, proposal["voting_from"])
    for member in range(3):
        assert act(member, "vote", "1", "for").startswith("voted for: Admit")
    pass_time(town, shown("proposals", "list")[0]["voting_until"])
    assert act(0, "proposals", "advance", "1").startswith("queued until 20")
    pass_time(town, shown("proposals")[0]["eta"])
    assert act(0, "proposals", "advance", "1").startswith("executed: Admit")
    assert "executed" in act(0, "proposals")

    assert "joined as trainer and validator, bond 120 tokens" in act(5, "join")
    assert "is a member already" in act(5, "join")


def test_a_release_is_proposed_published_and_downloaded(act, shown, refused, here, town, monkeypatch):
    act(0, "release", "list")
    assert "nothing is released yet" in refused(5, "release", "get", "adapter")

    (here / "notes.toml").write_text('title = "First"\nchanges = ["everything"]\n[metrics]\naccuracy = 0.14\n')
    act(0, "release", "propose", "--notes", "notes.toml")
    place = len(shown("proposals"))
    proposal = shown("proposals")[-1]
    assert proposal["description"] == "Release candidate 1: First"
    pass_time(town, proposal["voting_from"])
    for member in range(3):
        act(member, "vote", proposal["id"], "for")
    pass_time(town, shown("proposals")[-1]["voting_until"])
    act(0, "proposals", "queue", place)
    pass_time(town, shown("proposals")[-1]["eta"])
    act(0, "proposals", "execute", place)

    listed = shown("release", "list")
    assert listed["candidates"][0]["round"] == 2
    assert listed["releases"][0]["candidate"] == listed["candidates"][0]
    assert "First" not in act(0, "release", "list")

    written = []
    monkeypatch.setattr("node.learning.release.write_release", lambda *arguments: written.append(arguments))
    assert act(0, "release", "get", "adapter") == "wrote adapter: the state of round 2\n"
    state, frozen, guideline, directory = written[0]
    assert state == town.store.get(town.history.rounds[2].finalisation.state, 1 << 20)
    assert (frozen, str(directory)) == (b"frozen tensors", "adapter")
    assert guideline == town.sealed.guideline
    assert "there is no release 4; the last one is 1" in refused(5, "release", "get", "adapter", "--release", 4)


def test_votes_are_delegated_and_taken_back(act, shown, town):
    first, second = town.keys[0].address, town.keys[1].address
    act(0, "status")
    own = {one: shown("status", "--account", one)["votes"] for one in (first, second)}
    assert act(0, "delegate", second).startswith(second)
    assert shown("status", "--account", second)["votes"] == own[first] + own[second]
    assert shown("status", "--account", first)["votes"] == 0
    act(0, "delegate", first)
    assert shown("status", "--account", first)["votes"] == own[first]


def test_a_proposal_that_never_was_is_refused(node, refused):
    node(0)
    assert "there is no proposal 77" in refused(2, "vote", 77, "for")
    assert "there is no proposal 77" in refused(2, "proposals", "execute", 77)


def test_a_pending_proposal_cannot_move_on(act, shown, refused, town):
    act(0, "admit", account(6).address)
    place = len(shown("proposals"))
    assert f"proposal {place} is pending" in refused(5, "proposals", "advance", place)
    assert "GovernorUnexpectedProposalState" in refused(5, "proposals", "queue", place)


def test_a_false_address_is_refused_before_anything_is_sent(node, refused):
    node(0)
    assert "ADDRESS: '0x12' is not an account address" in refused(2, "admit", "0x12")
    assert "ADDRESS: 'me' is not an account address" in refused(2, "delegate", "me")


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "title"), ("title = 5", "title"), ('title = "x"\nextra = 1', "extra"), ("title =", "not valid TOML")],
)
def test_notes_that_are_none_are_refused(node, refused, here, text, says):
    node(0)
    (here / "notes.toml").write_text(text)
    said = refused(2, "release", "propose", "--notes", "notes.toml")
    assert "notes.toml" in said
    assert says in said


@pytest.fixture
def guideline(here, monkeypatch):
    """A guideline file; its model is made up, so the genesis is too."""
    monkeypatch.setattr("node.guideline.load_guideline", lambda path: GUIDELINE)

    def made_up(guideline, store) -> SealedGuideline:
        return pin(guideline, store)

    monkeypatch.setattr("node.peer.founding.pin_guideline", made_up)
    return here / "guideline.toml"


def test_a_federation_is_founded_and_joined_from_the_command_line(act, shown, refused, here, guideline, town):
    founders = [f"--founder={account(number).address}=1000" for number in range(3)]
    said = act(6, "deploy", guideline, *founders, "--federation", "new.json")
    assert said.splitlines()[-1] == f"wrote {here / 'new.json'}; next: fednode join"
    deployment = Deployment.load(here / "new.json")
    assert deployment.addresses != town.deployment.addresses
    assert [one.grant for one in deployment.founders] == [1000 * 10**18] * 3
    assert "never overwritten" in refused(2, "deploy", guideline, *founders, "--federation", "new.json")

    assert "joined as validator, bond 120 tokens" in act(1, "join", "--federation", "new.json", "--roles", "validator")
    assert "is a member already" in act(1, "join", "--federation", "new.json")
    standing = shown("status", "--federation", "new.json")
    assert (standing["tokens"], standing["round"], standing["phase"]) == (1000 * 10**18, 0, "NONE")


@pytest.mark.parametrize(
    "founder", ["0x12=5", f"{account(1).address}", f"{account(1).address}=-5", f"{account(1).address}={'9' * 40}"]
)
def test_a_founder_that_is_none_is_refused(node, refused, guideline, founder):
    node(0)
    assert "--founder: " in refused(2, "deploy", guideline, "--founder", founder, "--federation", "new.json")
