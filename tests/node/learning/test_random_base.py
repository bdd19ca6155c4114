import re

import torch

from node.learning.models import SEARCH_BASE_DIRECTORY, weights_sha256
from node.learning.random_base import BagRecipe, main, write_random_base


def without_version(file):
    """What a file of a model holds, but for the version of the library that wrote it."""
    return re.sub(rb'  "transformers_version": "[^"]*",\n', b"", file.read_bytes())


def test_the_bundled_encoder_is_what_its_recipe_draws(tmp_path, search_guideline):
    write_random_base(BagRecipe(), tmp_path)
    for file in tmp_path.iterdir():
        assert without_version(file) == without_version(SEARCH_BASE_DIRECTORY / file.name)
    assert weights_sha256(tmp_path) == search_guideline.architecture.weights_sha256


def test_it_is_under_a_megabyte_and_holds_no_pickle():
    files = list(SEARCH_BASE_DIRECTORY.iterdir())
    assert sum(file.stat().st_size for file in files) < 1_000_000
    assert {file.suffix for file in files} == {".json", ".md", ".safetensors"}


def test_another_seed_draws_other_weights(tmp_path):
    main(["--seed", "1", "--out", str(tmp_path)])
    assert weights_sha256(tmp_path) != weights_sha256(SEARCH_BASE_DIRECTORY)


def test_a_token_always_has_its_own_vector(search_learner):
    """Neither place nor neighbours count, and lengths of vectors survive: the encoder is a bag of words."""
    encoder = search_learner[0].get_base_model()
    with torch.no_grad():
        hidden = encoder(input_ids=torch.tensor([[5, 9, 5]])).last_hidden_state[0]
        embedded = encoder.wte(torch.tensor([5, 9]))
    torch.testing.assert_close(hidden[0], hidden[2])
    centred = embedded - embedded.mean(1, keepdim=True)
    torch.testing.assert_close(hidden[:2] / hidden[0].norm(), centred / centred[0].norm(), rtol=1e-3, atol=1e-4)
