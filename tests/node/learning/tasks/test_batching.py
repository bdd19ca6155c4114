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


def test_token_ids_spell_the_text(base):
    texts = ["def add(left, right):\n", ""]
    ids = encode(texts, base.tokenizer)
    assert [base.tokenizer.decode(one) for one in ids] == texts
