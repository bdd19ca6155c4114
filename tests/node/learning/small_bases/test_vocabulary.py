import pytest
from transformers import AutoTokenizer

from node.learning.models import BASE_DIRECTORY
from node.learning.small_bases.vocabulary import END_ID, MASK_ID, PADDING_ID, SENTINEL_ID, SPECIAL, backend, wrapped

CODE = "def größe(x):\n    return '\N{SNOWMAN}' + x  # <-\n"


@pytest.fixture
def tokenizer(tmp_path):
    """As a peer loads it: from the folder it was saved to."""
    wrapped(backend()).save_pretrained(tmp_path)
    return AutoTokenizer.from_pretrained(tmp_path)


def test_code_is_cut_as_by_the_bundled_tokenizer_only_the_ids_are_others(tokenizer):
    bundled = AutoTokenizer.from_pretrained(BASE_DIRECTORY)
    ids = tokenizer.encode(CODE)
    assert ids == [one + len(SPECIAL) for one in bundled.encode(CODE)]
    assert tokenizer.decode(ids) == CODE


def test_special_tokens_are_single_ids_below_all_code(tokenizer):
    assert tokenizer.encode("<mask>x<extra_id_0>") == [MASK_ID, *tokenizer.encode("x"), SENTINEL_ID]
    assert (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.eos_token_id) == (END_ID, END_ID, END_ID)
    assert (tokenizer.pad_token_id, tokenizer.mask_token_id) == (PADDING_ID, MASK_ID)
    assert min(tokenizer.encode(CODE)) > len(SPECIAL)
    assert len(tokenizer) == 2080


def test_special_tokens_are_not_shown_in_generated_text(tokenizer):
    ids = [PADDING_ID, SENTINEL_ID, *tokenizer.encode("x = 1"), END_ID]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "x = 1"
