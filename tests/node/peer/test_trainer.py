"""The trainer: what is written when, what survives a restart, and which rounding errors are carried on."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from aggregator.delta import decode_state, decode_update, read_data_root
from node.cid import cid_of
from node.errors import ContentNotFound, JournalError, TrainingDiverged
from node.learning.data.commitment import digests_of, parse_proof
from node.peer.conclude import conclude, expected_header
from node.peer.inputs import gather
from node.peer.journal import Journal, PreparedUpdate
from node.peer.trainer import DATA_SETS, Learned, Trainer

STEP = 2.0**-16


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite", 1, "federation", "account")
    yield opened
    opened.close()


class Learner:
    """A `Learn` whose futures a test resolves."""

    def __init__(self):
        self.tasks, self.futures = [], []

    def __call__(self, task):
        self.tasks.append(task)
        self.futures.append(Future())
        return self.futures[-1]


@pytest.fixture
def learner():
    return Learner()


@pytest.fixture
def trainer(paper, journal, learner, tmp_path):
    return Trainer(paper.trainers[0], paper.store, journal, tmp_path, learner)


def learned(steps, examples=12, length=24, memory=None):
    return Learned(np.full(length, steps * STEP, np.float32), examples, memory or {})


def train(trainer, learner, history, round_id, steps, memory=None):
    assert not trainer.prepare(history, round_id)
    learner.futures[-1].set_result(learned(steps, memory=memory))
    assert trainer.prepare(history, round_id)


def values_of(paper, trainer, round_id, past):
    header, _ = decode_state(paper.store.get(past.base, 1 << 20))
    expected = expected_header(paper.trainers[0], 1, past.lineage, past.base, header)
    return decode_update(trainer.update_bytes(round_id), expected)


def test_training_gets_the_round_and_gives_a_journalled_update(paper, trainer, learner, journal):
    past = paper.past(1, ())
    train(trainer, learner, paper.history(past), 1, 3)
    (task,) = learner.tasks
    assert (task.round, task.guideline, task.frozen) == (1, paper.guideline, b"frozen tensors")
    assert task.state == paper.store.get(paper.genesis, 1 << 20)
    update = journal.update(1)
    assert (update.cid, update.examples, update.lineage) == (cid_of(trainer.update_bytes(1)), 12, 1)
    assert len(update.salt) == 32
    assert values_of(paper, trainer, 1, past).tolist() == [3] * 24


def test_an_update_commits_to_the_texts_that_trained_it_and_decodes_as_before(paper, trainer, learner, tmp_path):
    past, digests = paper.past(1, ()), digests_of(["x = 1", "y = 2"])
    trainer.prepare(paper.history(past), 1)
    learner.futures[0].set_result(replace(learned(3), digests=digests))
    assert trainer.prepare(paper.history(past), 1)
    kept = parse_proof((tmp_path / DATA_SETS / "1.json").read_bytes())
    assert kept.digests == digests
    assert read_data_root(trainer.update_bytes(1)) == kept.root
    assert values_of(paper, trainer, 1, past).tolist() == [3] * 24
    trainer.forget_before(paper.history(past), 9)
    assert (tmp_path / DATA_SETS / "1.json").exists()


def test_without_texts_there_is_no_commitment(paper, trainer, learner, tmp_path):
    train(trainer, learner, paper.history(paper.past(1, ())), 1, 3)
    assert read_data_root(trainer.update_bytes(1)) is None
    assert not (tmp_path / DATA_SETS).exists()


def test_the_same_texts_have_another_root_in_another_round(paper, trainer, learner):
    history, roots = paper.history(paper.past(1, ()), paper.past(2, ())), set()
    for round_id in (1, 2):
        trainer.prepare(history, round_id)
        learner.futures[-1].set_result(replace(learned(3), digests=digests_of(["x = 1"])))
        trainer.prepare(history, round_id)
        roots.add(read_data_root(trainer.update_bytes(round_id)))
    assert len(roots) == 2


def test_while_training_runs_it_is_not_started_again(paper, trainer, learner):
    history = paper.history(paper.past(1, ()))
    assert [trainer.prepare(history, 1) for _ in range(3)] == [False] * 3
    assert len(learner.tasks) == 1


def test_a_result_that_comes_too_late_is_not_used_for_the_next_round(paper, trainer, learner, journal):
    history = paper.history(paper.past(1, ()), paper.past(2, ()))
    trainer.prepare(history, 1)
    learner.futures[0].set_result(learned(1))
    assert not trainer.prepare(history, 2)
    assert [task.round for task in learner.tasks] == [1, 2]
    assert journal.update(2) is None


def test_training_that_failed_is_reported_and_tried_again(paper, trainer, learner, journal):
    history = paper.history(paper.past(1, ()))
    trainer.prepare(history, 1)
    learner.futures[0].set_exception(TrainingDiverged("loss is nan"))
    with pytest.raises(TrainingDiverged):
        trainer.prepare(history, 1)
    assert journal.update(1) is None
    train(trainer, learner, history, 1, 2)
    assert len(learner.tasks) == 2


def test_without_the_base_there_is_no_training(paper, trainer, learner):
    history = paper.history(paper.past(1, ()))
    del paper.store.contents[paper.genesis]
    with pytest.raises(ContentNotFound):
        trainer.prepare(history, 1)
    assert learner.tasks == []


def test_every_update_has_its_own_salt(paper, trainer, learner, journal):
    history = paper.history(paper.past(1, ()), paper.past(2, ()))
    for round_id in (1, 2):
        train(trainer, learner, history, round_id, 1)
    assert journal.update(1).salt != journal.update(2).salt


def test_the_file_is_on_disk_before_the_journal_names_it(paper, learner, tmp_path):
    seen = []

    class Watched:
        def update(self, _):
            return None

        def remember_update(self, update):
            seen.append((update.cid, cid_of((tmp_path / "updates" / "1.update").read_bytes())))
            seen.append((tmp_path / "updates" / "1.carried").exists())

    trainer = Trainer(paper.trainers[0], paper.store, Watched(), tmp_path, learner)
    train(trainer, learner, paper.history(paper.past(1, ())), 1, 1)
    (named, found), carried = seen
    assert named == found
    assert carried


def test_a_restart_finds_the_update_and_does_not_replace_it(paper, trainer, learner, journal, tmp_path):
    history = paper.history(paper.past(1, ()))
    train(trainer, learner, history, 1, 1)
    before = journal.update(1)
    again = Trainer(paper.trainers[0], paper.store, journal, tmp_path, learner)
    assert again.prepare(history, 1)
    assert len(learner.tasks) == 1
    assert journal.update(1) == before
    assert cid_of(again.update_bytes(1)) == before.cid


def test_nothing_is_pinned_before_the_reveal(paper, trainer, learner, journal):
    before = set(paper.store.contents)
    train(trainer, learner, paper.history(paper.past(1, ())), 1, 1)
    assert set(paper.store.contents) == before


def test_a_lost_file_is_named(trainer):
    with pytest.raises(JournalError, match=r"4\.update: the update of round 4 .* cannot be revealed"):
        trainer.update_bytes(4)


def finalised(paper, past):
    full = paper.past(past.round, paper.honest())
    return paper.finalised(full, conclude(gather(paper.history(full), full.round, paper.store)), 1)


def test_the_rounding_error_is_carried_into_the_next_round(paper, trainer, learner):
    first = paper.past(1, ())
    train(trainer, learner, paper.history(first), 1, 0.4)
    assert values_of(paper, trainer, 1, first).tolist() == [0] * 24
    second = paper.past(2, ())
    train(trainer, learner, paper.history(finalised(paper, first), second), 2, 0.4)
    assert values_of(paper, trainer, 2, second).tolist() == [1] * 24


def test_what_was_clipped_is_not_carried(paper, trainer, learner):
    first, second = paper.past(1, ()), paper.past(2, ())
    train(trainer, learner, paper.history(first), 1, 40_000)
    train(trainer, learner, paper.history(finalised(paper, first), second), 2, 5)
    assert values_of(paper, trainer, 2, second).tolist() == [5] * 24


def test_the_rounding_error_of_a_failed_round_is_dropped(paper, trainer, learner):
    first, second = replace(paper.past(1, ()), failed_in=1), paper.past(2, ())
    train(trainer, learner, paper.history(first), 1, 0.4)
    train(trainer, learner, paper.history(first, second), 2, 0.4)
    assert values_of(paper, trainer, 2, second).tolist() == [0] * 24


def test_the_rounding_error_stays_in_its_lineage(paper, trainer, learner):
    first = paper.past(1, ())
    train(trainer, learner, paper.history(first), 1, 0.4)
    second = paper.past(2, (), base=paper.state(0, lineage=2), lineage=2)
    train(trainer, learner, paper.history(finalised(paper, first), second), 2, 0.4)
    assert values_of(paper, trainer, 2, second).tolist() == [0] * 24


def test_a_round_without_an_own_update_in_between_changes_nothing(paper, trainer, learner):
    first, second, third = paper.past(1, ()), replace(paper.past(2, ()), failed_in=1), paper.past(3, ())
    train(trainer, learner, paper.history(first), 1, 0.4)
    train(trainer, learner, paper.history(finalised(paper, first), second, third), 3, 0.4)
    assert values_of(paper, trainer, 3, third).tolist() == [1] * 24


def test_a_lost_rounding_error_is_none(paper, trainer, learner, tmp_path):
    first, second = paper.past(1, ()), paper.past(2, ())
    train(trainer, learner, paper.history(first), 1, 0.4)
    (tmp_path / "updates" / "1.carried").unlink()
    train(trainer, learner, paper.history(finalised(paper, first), second), 2, 0.4)
    assert values_of(paper, trainer, 2, second).tolist() == [0] * 24


def test_a_failed_round_in_between_drops_its_own_rounding_error_alone(paper, trainer, learner):
    first, second, third = paper.past(1, ()), replace(paper.past(2, ()), failed_in=1), paper.past(3, ())
    train(trainer, learner, paper.history(first), 1, 0.4)
    train(trainer, learner, paper.history(finalised(paper, first), second), 2, 0.3)
    train(trainer, learner, paper.history(finalised(paper, first), second, third), 3, 0.2)
    assert values_of(paper, trainer, 3, third).tolist() == [1] * 24


def test_what_was_remembered_is_handed_to_the_next_round_of_the_lineage(paper, trainer, learner):
    first, second = paper.past(1, ()), paper.past(2, ())
    own = np.arange(24, dtype=np.float32)
    train(trainer, learner, paper.history(first), 1, 0, memory={"own": own})
    assert learner.tasks[0].memory == {}
    trainer.prepare(paper.history(finalised(paper, first), second), 2)
    assert learner.tasks[1].memory["own"].tolist() == own.tolist()
    elsewhere = paper.past(3, (), base=paper.state(0, lineage=2), lineage=2)
    trainer.prepare(paper.history(finalised(paper, first), second, elsewhere), 3)
    assert learner.tasks[2].memory == {}


def test_what_was_remembered_of_a_failed_round_is_dropped(paper, trainer, learner):
    first, second = paper.past(1, ()), replace(paper.past(2, ()), failed_in=1)
    for past, history, value in (
        (first, paper.history(first), 1),
        (second, paper.history(finalised(paper, first), second), 2),
    ):
        train(trainer, learner, history, past.round, 0, memory={"own": np.full(24, value, np.float32)})
    trainer.prepare(paper.history(finalised(paper, first), second, paper.past(3, ())), 3)
    assert set(learner.tasks[2].memory["own"]) == {1}


@pytest.mark.parametrize(("name", "kept"), [("feddyn", False), ("fedavg", True)])
def test_after_a_rollback_a_memory_that_is_tied_to_the_state_is_dropped(paper, trainer, learner, name, kept):
    optimiser = {"name": "feddyn" if name == "feddyn" else "plain", "parameters": {}}
    paper.under(algorithm={"name": name, "parameters": {}}, optimiser=optimiser)
    first = paper.past(1, ())
    train(trainer, learner, paper.history(first), 1, 0, memory={"h": np.ones(24, np.float32)})
    first = finalised(paper, first)
    goes_on, rolled_back = paper.past(2, (), first.finalisation.state), paper.past(3, (), paper.genesis)
    trainer.prepare(paper.history(first, goes_on), 2)
    assert "h" in learner.tasks[1].memory
    trainer.prepare(paper.history(first, goes_on, rolled_back), 3)
    assert ("h" in learner.tasks[2].memory) is kept


def test_nothing_of_what_is_remembered_is_in_the_update(paper, learner, tmp_path):
    sent = []
    for name, memory in (("without", {}), ("with", {"personal": np.full(24, 0.7, np.float32)})):
        own = Journal(tmp_path / name / "journal.sqlite", 1, "federation", "account")
        trainer = Trainer(paper.trainers[0], paper.store, own, tmp_path / name, learner)
        before = set(paper.store.contents)
        train(trainer, learner, paper.history(paper.past(1, ())), 1, 3, memory=memory)
        assert set(paper.store.contents) == before
        sent.append(trainer.update_bytes(1))
        own.close()
    assert sent[0] == sent[1]


def test_what_was_remembered_is_for_the_operator_alone(paper, trainer, learner, tmp_path):
    train(trainer, learner, paper.history(paper.past(1, ())), 1, 0, memory={"own": np.ones(24, np.float32)})
    assert (tmp_path / "updates" / "1.carried").stat().st_mode & 0o777 == 0o600


def test_the_last_aggregate_is_told_to_an_algorithm_that_asks(paper, trainer, learner, journal, tmp_path):
    first, second = paper.past(1, ()), paper.past(2, ())
    history = paper.history(finalised(paper, first), second)
    trainer.prepare(history, 2)
    assert learner.tasks[0].previous is None
    paper.under(algorithm={"name": "scaffold", "parameters": {}}, local_optimiser="sgd")
    again = Trainer(paper.trainers[0], paper.store, journal, tmp_path, learner)
    again.prepare(paper.history(*history.rounds.values()), 2)
    _, state = decode_state(paper.store.get(history.rounds[1].finalisation.state, 1 << 20))
    assert learner.tasks[1].previous.tolist() == (state * np.float32(STEP)).tolist()
    assert learner.tasks[1].previous.any()


def test_old_files_are_forgotten_and_others_left_alone(paper, trainer, tmp_path):
    folder = tmp_path / "updates"
    for name in ("1.update", "1.carried", "2.update", "10.update", "notes.txt"):
        (folder / name).touch()
    trainer.forget_before(paper.history(), 3)
    assert sorted(path.name for path in folder.iterdir()) == ["10.update", "notes.txt"]


def test_what_would_be_carried_on_is_kept_however_old(paper, trainer, learner, tmp_path):
    first, second = paper.past(1, ()), replace(paper.past(2, ()), failed_in=1)
    train(trainer, learner, paper.history(first), 1, 0.4)
    history = paper.history(finalised(paper, first), second)
    train(trainer, learner, history, 2, 0.4)
    trainer.forget_before(history, 9)
    assert [path.name for path in (tmp_path / "updates").iterdir()] == ["1.carried"]


def test_an_update_journalled_elsewhere_is_not_trained_again(paper, trainer, learner, journal):
    journal.remember_update(PreparedUpdate(1, paper.genesis, 3, bytes(32), 1))
    assert trainer.prepare(paper.history(paper.past(1, ())), 1)
    assert learner.tasks == []
