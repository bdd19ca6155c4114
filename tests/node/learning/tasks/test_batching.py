import torch

from node.learning.tasks.batching import encode, shuffled


def test_every_sample_is_used_once_before_any_twice():
    stream = shuffled(torch.arange(10), 4, seed=3)
    drawn = torch.cat([next(stream) for _ in range(5)]).tolist()
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    again = shuffled(torch.arange(10), 4, seed=3)
    assert torch.cat([next(again) for _ in range(5)]).tolist() == drawn
    other = shuffled(torch.arange(10), 4, seed=4)
    assert torch.cat([next(other) for _ in range(5)]).tolist() != drawn


def test_samples_of_one_piece_stay_side_by_side():
    pieces = torch.tensor([0, 0, 1, 2, 2, 2, 3])
    stream = shuffled(torch.arange(7), 7, seed=1, pieces=pieces)
    drawn = [next(stream).tolist() for _ in range(30)]
    assert all(sorted(one) == list(range(7)) for one in drawn)
    for together in ([0, 1], [3, 4, 5]):
        assert all(one[(at := one.index(together[0])) : at + len(together)] == together for one in drawn)
    assert len({tuple(one) for one in drawn}) > 10


def test_token_ids_spell_the_text(base):
    texts = ["def add(left, right):\n", ""]
    ids = encode(texts, base.tokenizer)
    assert [base.tokenizer.decode(one) for one in ids] == texts
