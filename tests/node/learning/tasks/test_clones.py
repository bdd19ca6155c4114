import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from node.errors import DataError
from node.learning.data.clones import Solution, pair_pieces
from node.learning.data.pieces import encode_piece
from node.learning.models import trained_tensors
from node.learning.tasks import clones
from node.learning.tasks.clones import CloneDetection, Fragments, clone_groups
from tests.conformance.task import TaskSuite
from tests.documented_code import function
from tests.lookup_encoder import Lookup

TASK = CloneDetection()
LENGTH = 64
SHOP = [Solution(f"shelf-{number}", function(number + 64 * copy)) for number in range(12) for copy in range(3)]


class TestCloneDetection(TaskSuite):
    @pytest.fixture
    def task(self):
        return TASK

    @pytest.fixture
    def learner(self, search_learner):
        return search_learner

    @pytest.fixture
    def texts(self):
        return list(pair_pieces(SHOP))

    @pytest.fixture
    def barren(self):
        return [SHOP[0].piece()]


class TestCloneDetectionOfSolutions(TestCloneDetection):
    @pytest.fixture
    def texts(self):
        return [solution.piece() for solution in SHOP]


def fragments(count, pairs):
    """Fragments of one token each, and pairs (place, place, label)."""
    numbers = torch.tensor(pairs)
    return Fragments(torch.arange(count).view(count, 1), numbers[:, :2], numbers[:, 2])


def test_each_fragment_is_read_once(search_learner):
    samples = TASK.samples(pair_pieces(SHOP), search_learner[1], LENGTH)
    assert samples.codes.shape == (len(SHOP), LENGTH)
    assert (len(samples), int(samples.labels.sum())) == (72, 36)


def test_solutions_give_the_pairs_that_the_readers_would_make(search_learner):
    made = TASK.samples([solution.piece() for solution in SHOP], search_learner[1], LENGTH)
    read = TASK.samples(pair_pieces(SHOP), search_learner[1], LENGTH)
    texts = [{tuple(map(tuple, one.codes[pair].tolist())) for pair in one.pairs} for one in (made, read)]
    assert texts[0] == texts[1]


def test_a_batch_has_its_own_fragments(search_learner):
    samples = TASK.samples(pair_pieces(SHOP), search_learner[1], LENGTH)
    batch = samples[torch.tensor([5, 2])]
    assert batch.pairs.tolist() == [[0, 1], [2, 3]]
    assert torch.equal(batch.codes[2:], samples.codes[samples.pairs[2]])
    assert torch.equal(batch.labels, samples.labels[[5, 2]])


@pytest.mark.parametrize(
    "text",
    ["x = 1", '{"code":"x"}', '{"clone":"2","first":"x","second":"y"}', '{"clone":"1","first":"x"}', '{"first":3}'],
)
def test_what_is_no_piece_is_refused(search_learner, text):
    with pytest.raises(DataError, match="piece"):
        TASK.samples([text], search_learner[1], LENGTH)


def test_f1_is_scikit_learns_and_the_ratio_of_the_parts():
    generator = torch.Generator().manual_seed(2)
    table = torch.randn(20, 3, generator=generator)
    samples = fragments(20, [(one, (one * 7 + 1) % 20, one % 2) for one in range(20)])
    measured = TASK.evaluate(Lookup(table), samples)
    cosines = torch.nn.functional.cosine_similarity(table[samples.pairs[:, 0]], table[samples.pairs[:, 1]])
    wanted = f1_score(samples.labels, (cosines >= 0.5).long())
    assert 0 < wanted < 1
    assert measured.headline == measured["f1"] == pytest.approx(wanted)
    assert sum(one for one, _ in measured.parts) / sum(other for _, other in measured.parts) == measured["f1"]
    assert len(measured.parts) == len(samples)


def test_an_encoder_that_knows_the_problems_scores_one_everywhere():
    table = torch.eye(5).repeat_interleave(4, 0)
    pairs = [(a, b, int(a // 4 == b // 4)) for a in range(20) for b in range(a)]
    measured = TASK.evaluate(Lookup(table), fragments(20, pairs))
    assert [measured[name] for name in ("f1", "precision", "recall", "map_at_r")] == pytest.approx([1, 1, 1, 1])
    assert measured["always_f1"] == pytest.approx(2 * 30 / (30 + 190))


def test_overlap_is_the_share_of_tokens_in_common():
    codes = torch.tensor([[1, 2, 3, -1], [3, 2, 2, 1], [4, 5, -1, -1]])
    samples = Fragments(codes, torch.tensor([[0, 1], [0, 2]]), torch.tensor([1, 0]))
    assert TASK.evaluate(Lookup(torch.ones(9, 2)), samples)["overlap_f1"] == 1.0
    assert TASK.evaluate(Lookup(torch.ones(9, 2)), samples)["f1"] == pytest.approx(2 / 3)


def test_fragments_without_clones_are_not_ranked(monkeypatch):
    samples = fragments(5, [(0, 1, 1), (2, 3, 1), (0, 4, 0)])
    table = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1], [1, 0.01]])
    assert TASK.evaluate(Lookup(table), samples)["map_at_r"] == 1.0
    assert TASK.evaluate(Lookup(1 - table), samples)["map_at_r"] == 1.0
    monkeypatch.setattr(clones, "RANKED", 3)
    assert TASK.evaluate(Lookup(table), samples)["map_at_r"] == 1.0
    monkeypatch.setattr(clones, "RANKED", 1)
    assert TASK.evaluate(Lookup(table), samples)["map_at_r"] == 0.0


def test_held_out_pairs_need_a_clone():
    with pytest.raises(DataError, match="at least one 1"):
        TASK.evaluate(Lookup(torch.eye(2)), fragments(2, [(0, 1, 0)]))


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(0, 1)), min_size=1, max_size=20))
def test_groups_are_what_chains_of_clones_connect(pairs):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    groups = clone_groups(fragments(12, pairs))
    clone_pairs = np.array([pair[:2] for pair in pairs if pair[2]], dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(clone_pairs)), clone_pairs.T), shape=(12, 12))
    _, wanted = connected_components(graph, directed=False)
    assert ((groups[:, None] == groups) == (wanted[:, None] == wanted)).all()


def test_a_few_pairs_are_learned_by_heart(search_learner):
    model, tokenizer = search_learner
    pieces = [
        encode_piece(clone=str(number % 2), first=function(number), second=function(number + 9)) for number in range(8)
    ]
    samples = TASK.samples(pieces, tokenizer, LENGTH)
    optimiser = torch.optim.AdamW(trained_tensors(model), 0.1)
    everything = samples[torch.arange(8)]
    for _ in range(60):
        TASK.loss(model, everything).backward()
        optimiser.step()
        optimiser.zero_grad()
    assert TASK.evaluate(model, samples).headline == 1.0
