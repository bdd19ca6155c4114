import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from node.learning.small_bases.objectives import (
    IGNORED,
    LeftToRight,
    MaskedTokens,
    MissingSpans,
    Neighbours,
    NextTokens,
    Restoration,
)
from node.learning.small_bases.vocabulary import END_ID, MASK_ID, PADDING_ID, SENTINEL_ID, SPECIAL

VOCABULARY = 100
STREAM = torch.arange(2000) % (VOCABULARY - len(SPECIAL) - 1) + len(SPECIAL) + 1
seeds = st.integers(0, 2**31 - 1)


def draw(objective, tokens, seed):
    return objective.batch(STREAM, tokens, torch.Generator().manual_seed(seed))


def test_next_tokens_are_windows_of_the_stream():
    batch = draw(NextTokens(8), 32, 0)
    assert batch["input_ids"].shape == (4, 8)
    assert batch["labels"] is batch["input_ids"]
    assert all((one.unfold(0, 2, 1).diff() % (VOCABULARY - len(SPECIAL) - 1) == 1).all() for one in batch["input_ids"])


def test_left_to_right_labels_are_the_next_tokens_and_no_position_sees_its_own():
    batch = draw(LeftToRight(8), 32, 0)
    assert batch["input_ids"].shape == batch["labels"].shape == (4, 8)
    assert torch.equal(batch["input_ids"][:, 1:], batch["labels"][:, :-1])
    assert batch["attention_mask"].shape == (4, 1, 8, 8)
    assert all(torch.equal(one[0], torch.ones(8, 8).tril().bool()) for one in batch["attention_mask"])


@given(seeds)
def test_a_masked_text_differs_only_where_something_is_asked(seed):
    batch = draw(MaskedTokens(20, vocabulary=VOCABULARY), 80, seed)
    shown, labels = batch["input_ids"], batch["labels"]
    asked = labels != IGNORED
    whole = torch.where(asked, labels, shown)[:, 1:-1]
    assert (shown[:, [0, -1]] == END_ID).all()
    assert not asked[:, [0, -1]].any()
    assert (whole.diff() % (VOCABULARY - len(SPECIAL) - 1) == 1).all()


def test_two_in_ten_are_asked_and_eight_in_ten_of_those_masked():
    batch = draw(MaskedTokens(200, vocabulary=VOCABULARY), 20_000, 1)
    asked = batch["labels"] != IGNORED
    assert float(asked.float().mean()) == pytest.approx(0.2, abs=0.02)
    assert float((batch["input_ids"] == MASK_ID)[asked].float().mean()) == pytest.approx(0.8, abs=0.02)
    assert float((batch["input_ids"] == batch["labels"])[asked].float().mean()) == pytest.approx(0.1, abs=0.02)


@given(seeds, st.integers(8, 200), st.sampled_from([0.05, 0.15, 0.5]))
def test_spans_put_back_in_place_of_their_sentinels_give_the_text(seed, length, rate):
    batch = draw(MissingSpans(length, rate=rate), 2 * length, seed)
    for source, target in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
        spans = _spans([one for one in target if one != IGNORED])
        text = []
        for one in source:
            text += spans[one] if SENTINEL_ID <= one <= len(SPECIAL) else [one]
        kept = [one for one in text if one != PADDING_ID]
        assert kept.pop() == END_ID
        assert len(kept) == length
        assert sum(map(len, spans.values())) == max(round(rate * length), 1)
        assert (torch.tensor(kept).diff() % (VOCABULARY - len(SPECIAL) - 1) == 1).all()


def test_padding_is_not_attended_to():
    batch = draw(MissingSpans(40, rate=0.3), 400, 5)
    assert torch.equal(batch["attention_mask"] == 0, batch["input_ids"] == PADDING_ID)


@given(seeds)
def test_restoring_asks_for_the_whole_text_with_its_end(seed):
    batch = draw(Restoration((16, 32), vocabulary=VOCABULARY), 64, seed)
    assert batch["labels"].shape in ((4, 17), (2, 33))
    assert (batch["labels"][:, -1] == END_ID).all()
    assert (batch["labels"][:, :-1].diff() % (VOCABULARY - len(SPECIAL) - 1) == 1).all()


def test_one_in_ten_tokens_of_a_text_to_restore_is_damaged():
    batch = draw(Restoration((100,), vocabulary=VOCABULARY), 20_000, 2)
    damaged = batch["input_ids"] != batch["labels"]
    assert float(damaged[:, :-1].float().mean()) == pytest.approx(0.1, abs=0.01)
    assert float((batch["input_ids"] == MASK_ID)[damaged].float().mean()) == pytest.approx(0.5, abs=0.06)


def test_neighbours_follow_each_other():
    batch = draw(Neighbours(6), 24, 3)
    assert batch["first"].shape == batch["second"].shape == (4, 6)
    joined = torch.cat([batch["first"], batch["second"]], 1)
    assert (joined.diff() % (VOCABULARY - len(SPECIAL) - 1) == 1).all()


def _spans(target):
    spans, current = {}, None
    assert target.pop() == END_ID
    for one in target:
        if SENTINEL_ID <= one <= len(SPECIAL):
            current = spans.setdefault(one, [])
        else:
            current.append(one)
    return spans
