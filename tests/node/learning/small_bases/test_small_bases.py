import warnings

import pytest
import torch
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoTokenizer

from node.errors import ModelError
from node.learning.models import MODELS_VARIABLE, weights_sha256
from node.learning.small_bases import FAMILIES, RECIPE_FILE, SmallRecipe, default_folder, made, small_base
from node.learning.small_bases.objectives import LeftToRight

HEADS = {"roberta": AutoModelForMaskedLM, "t5": AutoModelForSeq2SeqLM, "llama": AutoModelForCausalLM}
families = pytest.mark.parametrize("family", sorted(HEADS))


def tiny(family, **changes):
    sizes = {"width": 16, "layers": 1, "heads": 2, "context": 32, "batch": 128, "steps": 3, "warmup": 2}
    return SmallRecipe(family, **(sizes | {"held_out_one_in": 3} | changes))


@families
def test_a_base_is_made_once_and_loads_as_any_hub_model_does(family, library, tmp_path):
    steps = []
    base = made("tiny", tiny(family), tmp_path / "new", library, lambda *one: steps.append(one[:2]))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert base.directory == tmp_path / "new" / "tiny"
    assert base.weights_sha256 == weights_sha256(base.directory)
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["tiny"]
    model, loading = HEADS[family].from_pretrained(base.directory, dtype=torch.float32, output_loading_info=True)
    assert not loading["missing_keys"]
    tokens = AutoTokenizer.from_pretrained(base.directory)("x = 1", return_tensors="pt", return_token_type_ids=False)
    inputs = dict(tokens) | ({"labels": tokens["input_ids"]} if family == "t5" else {})
    assert model(**inputs).logits.shape[-1] == 2080

    assert made("tiny", tiny(family), tmp_path / "new", library, _never) == base


@families
def test_the_same_machine_makes_the_same_bytes_and_leaves_the_generator_alone(family, library, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    digests = {made(name, tiny(family), tmp_path, library).weights_sha256 for name in ("one", "other")}
    assert len(digests) == 1
    assert torch.equal(torch.rand(3), expected)
    assert made("third", tiny(family, seed=2), tmp_path, library).weights_sha256 not in digests


@families
def test_longer_pretraining_predicts_held_out_code_better(family, library, tmp_path):
    short = made("short", tiny(family), tmp_path, library).held_out
    long = made("long", tiny(family, steps=60, rate=0.01), tmp_path, library).held_out
    assert short.keys() == long.keys()
    for objective in short:
        assert long[objective].loss < short[objective].loss
        assert 0 <= short[objective].accuracy <= 1 < short[objective].perplexity


def test_a_run_that_is_stopped_leaves_nothing(library, tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made("tiny", tiny("llama"), tmp_path, library, stop)
    assert list(tmp_path.iterdir()) == []


def test_whoever_finishes_second_takes_what_is_there(library, tmp_path):
    first = []

    def meanwhile(done, *_):
        if done == 3 and not first:
            first.append(None)
            first[0] = made("tiny", tiny("llama"), tmp_path, library)

    assert made("tiny", tiny("llama"), tmp_path, library, meanwhile) == first[0]
    assert [one.name for one in tmp_path.iterdir()] == ["tiny"]


def test_another_recipes_folder_is_refused(library, tmp_path):
    made("tiny", tiny("llama"), tmp_path, library)
    with pytest.raises(ModelError, match="another version's recipe; remove it"):
        made("tiny", tiny("llama", steps=4), tmp_path, library, _never)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"recipe": {}}', '{"recipe": 1, "held_out": 2}'])
def test_a_folder_of_something_else_is_refused(content, library, tmp_path):
    (tmp_path / "tiny").mkdir()
    if content:
        (tmp_path / "tiny" / RECIPE_FILE).write_text(content)
    with pytest.raises(ModelError, match="no small base's folder"):
        made("tiny", tiny("llama"), tmp_path, library, _never)


def test_an_unknown_name_is_told_the_known_ones(tmp_path):
    with pytest.raises(ModelError, match="'small-bert'; there are small-roberta, small-t5, small-llama"):
        small_base("small-bert", tmp_path)


def test_every_familys_recipe_fits_the_vocabulary_and_has_a_context_of_256_or_more():
    assert {recipe.family for recipe in FAMILIES.values()} == set(HEADS)
    assert all(recipe.context >= 256 and recipe.vocabulary == 2080 for recipe in FAMILIES.values())


def test_the_encoder_without_its_head_is_the_pretrained_one(library, tmp_path):
    base = made("tiny", tiny("roberta"), tmp_path, library)
    whole = AutoModelForMaskedLM.from_pretrained(base.directory, dtype=torch.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bare = AutoModel.from_pretrained(base.directory, dtype=torch.float32, add_pooling_layer=False)
    ids = torch.tensor([[0, 40, 41, 0]])
    torch.testing.assert_close(bare(ids).last_hidden_state, whole.roberta(ids).last_hidden_state)


def _never(*_):
    raise AssertionError("trained again")


def test_left_to_right_an_encoder_cannot_look_ahead(library, tmp_path):
    base = made("tiny", tiny("roberta"), tmp_path, library)
    model = AutoModelForMaskedLM.from_pretrained(base.directory, dtype=torch.float32).eval()
    batch = LeftToRight(16).batch(torch.arange(40, 140), 16, torch.Generator().manual_seed(0))
    changed = batch["input_ids"].clone()
    changed[:, 8:] = 50
    before = model(batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    after = model(changed, attention_mask=batch["attention_mask"]).logits
    assert torch.equal(before[:, :8], after[:, :8])
    assert not torch.equal(before[:, 8:], after[:, 8:])


def test_by_default_a_base_is_made_where_models_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
    assert default_folder() == tmp_path
    with_recipe = tmp_path / "small-llama"
    with_recipe.mkdir()
    with pytest.raises(ModelError, match=str(with_recipe)):
        small_base("small-llama", progress=_never)
