import pytest
import torch
from transformers import AutoModelForCausalLM

from node.learning.pretraining import Recipe, pretrain, train_tokenizer
from node.learning.standard_library import read_corpus

TINY = Recipe(vocabulary=300, width=16, layers=1, heads=2, context=16, batch=2, steps=4, warmup=2, save_every=2)


@pytest.fixture
def library(tmp_path):
    for number in range(60):
        folder = tmp_path / "library" / f"module_{number}"
        folder.mkdir(parents=True)
        (folder / "core.py").write_text(f"def function_{number}():\n    return {number}\n" * 5)
        (folder / "more.py").write_text(f"VALUE_{number} = 1\n")
    (tmp_path / "library" / "test").mkdir()
    (tmp_path / "library" / "test" / "test_it.py").write_text("SKIPPED = True\n")
    return tmp_path / "library"


def test_the_tokenizer_spells_every_byte():
    tokenizer = train_tokenizer(["def a(): pass\n"] * 10, 300)
    text = "größe = '\N{SNOWMAN}'\n"
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


@pytest.mark.parametrize(
    ("recipe", "step", "expected"),
    [
        (Recipe(rate=1.0, warmup=10, steps=100), 0, 0.1),
        (Recipe(rate=1.0, warmup=10, steps=100), 50, 0.5),
        (Recipe(rate=1.0, warmup=10, steps=100), 99, 0.02),
        (Recipe(rate=1.0, warmup=10, steps=100, resumed_at=50), 50, 0.1),
    ],
)
def test_the_rate_warms_up_and_decays(recipe, step, expected):
    assert recipe.rate_at(step) == pytest.approx(expected)


def test_a_run_writes_a_model_that_loads_and_can_be_continued(library, tmp_path):
    corpus = read_corpus(library, 3)
    accuracy, perplexity = pretrain(TINY, corpus, tmp_path / "out")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32)
    assert model.config.n_positions == 16
    assert 0 <= accuracy <= 1 < perplexity
    longer = Recipe(**(vars(TINY) | {"steps": 40, "resumed_at": 4}))
    assert pretrain(longer, corpus, tmp_path / "out")[1] < perplexity
