import pytest
from tokenizers import Tokenizer

from node.learning.models import BASE_DIRECTORY
from node.learning.standard_library import read_corpus, token_stream


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


def test_a_module_is_wholly_on_one_side_and_tests_are_on_none(library):
    corpus = read_corpus(library, 3)
    assert len(corpus.train) + len(corpus.held_out) == 120
    assert corpus.held_out
    for number in range(60):
        sides = [any(f"_{number}()" in text for text in side) for side in (corpus.train, corpus.held_out)]
        constants = [any(f"VALUE_{number} " in text for text in side) for side in (corpus.train, corpus.held_out)]
        assert sides == constants
        assert sum(sides) == 1


def test_a_stream_is_all_texts_with_an_end_after_each():
    tokenizer = Tokenizer.from_file(str(BASE_DIRECTORY / "tokenizer.json"))
    texts = ["x = 1\n", "", "def f(): pass"]
    stream = token_stream(tokenizer, texts).tolist()
    assert tokenizer.decode(stream, skip_special_tokens=False) == "<|endoffile|>".join((*texts, ""))
