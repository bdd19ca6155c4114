import pytest
from pydantic import ValidationError

from node.architecture import Architecture

LORA = {"rank": 8, "alpha": 16, "targets": ("c_attn",)}


def made(**values):
    return Architecture(model="someone/coder", weights_sha256="ab" * 32, **values)


def test_lora_is_the_adapter_unless_said_otherwise():
    assert made(**LORA).adapter == "lora"


@pytest.mark.parametrize("missing", LORA)
def test_lora_needs_all_that_describes_it(missing):
    with pytest.raises(ValidationError, match=f"{missing} is missing; adapter 'lora' needs rank, alpha and targets"):
        made(**{key: value for key, value in LORA.items() if key != missing})


def test_all_parameters_train_without_more_words():
    assert made(adapter="full").rank is None


@pytest.mark.parametrize("given", LORA)
def test_all_parameters_need_no_description(given):
    with pytest.raises(ValidationError, match=f"{given} is set; adapter 'full' trains every parameter: leave it out"):
        made(adapter="full", **{given: LORA[given]})


def test_a_quantised_base_cannot_train():
    assert made(**LORA, base_bits=4).base_bits == 4
    with pytest.raises(ValidationError, match="base_bits is 4; adapter 'full' trains the base"):
        made(adapter="full", base_bits=4)


@pytest.mark.parametrize("bits", [8, 3, True])
def test_four_bits_or_none(bits):
    with pytest.raises(ValidationError, match="base_bits"):
        made(**LORA, base_bits=bits)
