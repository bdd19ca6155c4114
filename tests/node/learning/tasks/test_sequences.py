"""What is cut, what closes a target, and where special tokens go."""

import torch
from tokenizers.processors import TemplateProcessing

from node.learning.tasks.sequences import IGNORED, Instruction, encode_examples, end_token


def kept(row):
    return row[row != IGNORED].tolist()


def test_a_target_ends_unless_it_was_cut(base):
    examples = encode_examples([("x", "y"), ("x", "total = left + right\n" * 9)], base.tokenizer, (8, 8))
    end = base.tokenizer.eos_token_id
    assert kept(examples.sequences.targets[0])[-1] == end
    assert end not in kept(examples.sequences.targets[1])
    assert len(kept(examples.sequences.targets[1])) == 8


def test_a_long_source_keeps_its_start_or_its_end(base):
    text = " ".join(f"name_{number}" for number in range(40))
    start, end = (
        base.tokenizer.decode(kept(encode_examples([(text, "")], base.tokenizer, (16, 4), keep).sequences.sources[0]))
        for keep in ("start", "end")
    )
    assert text.startswith(start)
    assert text.endswith(end)


def test_an_instruction_is_never_cut(base):
    around = Instruction("# fix this\n", "\n# fixed\n")
    examples = encode_examples([("value = 1\n" * 50, "y")], base.tokenizer, (32, 4), instruction=around)
    text = base.tokenizer.decode(kept(examples.sequences.sources[0]))
    assert text.startswith("# fix this\nvalue = 1\n")
    assert text.endswith("\n# fixed\n")
    assert examples.sequences.sources.shape == (1, 32)


def test_special_tokens_go_around_a_source_and_before_a_prompt(base):
    begin, end = 1, base.tokenizer.eos_token_id
    base.tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="def $A <|endoffile|>", special_tokens=[("def", begin), ("<|endoffile|>", end)]
    )
    plain = kept(encode_examples([("x", "y")], base.tokenizer, (8, 8)).sequences.sources[0])
    prompt = kept(encode_examples([("x", "y")], base.tokenizer, (8, 8), instruction=Instruction()).sequences.sources[0])
    assert (plain[0], plain[-1]) == (begin, end)
    assert prompt == plain[:-1]


def test_a_separator_ends_texts_where_no_token_is_named_so(base):
    base.tokenizer.eos_token, base.tokenizer.sep_token = None, "return"
    assert end_token(base.tokenizer) == base.tokenizer.convert_tokens_to_ids("return")


def test_a_batch_leaves_the_texts_behind(base):
    examples = encode_examples([("a", "b"), ("c", "d")], base.tokenizer, (4, 4))
    batch = examples[torch.tensor([1, 1, 0])]
    assert len(batch) == 3
    assert torch.equal(batch.sources[0], examples.sequences.sources[1])
    assert (examples.sources, examples.targets, len(examples)) == (("a", "c"), ("b", "d"), 2)
