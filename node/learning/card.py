"""The README of a release: what it was trained on, and the lines that load it without fednode installed."""

import inspect

from aggregator.delta import StateHeader
from node.guideline import Architecture
from node.learning.models import BUNDLED, LoadedBase
from node.learning.models.heads import LABELS, MODEL_CLASSES

__all__ = ["has_drawn_decoder", "release_card"]

FOLDER = '"path/of/this/folder"'


def release_card(architecture: Architecture, header: StateHeader, base: LoadedBase, *, personal: bool = False) -> str:
    """The card of what trained on `base`, in Markdown; a `personal` one is not the federation's."""
    lora = architecture.adapter == "lora"
    return CARD.format(
        model=architecture.model,
        revision=architecture.revision or "-",
        digest=architecture.weights_sha256,
        library="peft" if lora else "transformers",
        title="A peer's own model beside its federation's" if personal else "A release of a fednode federation",
        kind="A LoRA adapter" if lora else "A model",
        history=PERSONAL if personal else SHARED,
        trained=_lora_in_words(architecture) if lora else "all parameters",
        bits=BITS if architecture.base_bits else "",
        lineage=header.lineage,
        round=header.round,
        code="\n".join(_adapter_lines(architecture, base) if lora else _model_lines(base)),
    )


def has_drawn_decoder(base: LoadedBase) -> bool:
    """Whether the base is an encoder with a decoder that no file holds."""
    return base.head == "seq2seq" and bool(base.drawn)


def _lora_in_words(architecture: Architecture) -> str:
    return f"LoRA of rank {architecture.rank}, alpha {architecture.alpha}, on {', '.join(architecture.targets)}"


def _model_lines(base: LoadedBase) -> list[str]:
    loader = _loader(base)
    return [f"from transformers import {loader}", "", f"model = {loader}.from_pretrained({FOLDER}{_bare(base)})"]


def _adapter_lines(architecture: Architecture, base: LoadedBase) -> list[str]:
    """Python that loads the release from a folder of this name with transformers and PEFT alone."""
    bundled = architecture.model in BUNDLED
    place = f"BUNDLED[{architecture.model!r}]" if bundled else repr(architecture.model)
    revision = f", revision={architecture.revision!r}" if architecture.revision else ""
    quantised = f", quantization_config={QUANTISED}" if architecture.base_bits else ""
    chosen = f"{place}{revision}, dtype='float32'{quantised}".replace("PRECISION", architecture.precision)
    names, loader = ["BitsAndBytesConfig"] if architecture.base_bits else [], _loader(base)
    lines = ["from node.learning.models import BUNDLED"] if bundled else []
    lines.append("from peft import PeftModel")
    if has_drawn_decoder(base):
        names += ["AutoModel", "AutoModelForCausalLM", "EncoderDecoderConfig", "EncoderDecoderModel"]
        loading = [line.format(chosen=chosen, folder=FOLDER) for line in DRAWN_DECODER]
    else:
        names.append(loader)
        labels = f", num_labels={LABELS}" if base.head == "classifier" else ""
        loading = [f"base = {loader}.from_pretrained({chosen}{labels}{_bare(base)})"]
    lines += [f"from transformers import {', '.join(sorted(names))}", "", *loading]
    return [*lines, f"model = PeftModel.from_pretrained(base, {FOLDER})"]


def _loader(base: LoadedBase) -> str:
    """The class that finds the model by its config; half an encoder-decoder is found by no such class."""
    name = type(base.model).__name__
    return name if name.endswith("EncoderModel") else MODEL_CLASSES[base.head].__name__


def _bare(base: LoadedBase) -> str:
    """What keeps an encoder from drawing a pooler that nothing reads."""
    pools = "add_pooling_layer" in inspect.signature(type(base.model).__init__).parameters
    return ", add_pooling_layer=False" if pools else ""


DRAWN_DECODER = (
    "config = EncoderDecoderConfig.from_pretrained({folder})",
    "encoder = AutoModel.from_pretrained({chosen}, add_pooling_layer=False)",
    "decoder = AutoModelForCausalLM.from_config(config.decoder)",
    "base = EncoderDecoderModel(config=config, encoder=encoder, decoder=decoder)",
    "decoder.set_input_embeddings(encoder.get_input_embeddings())",
    "decoder.tie_weights()",
)

QUANTISED = (
    "BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type='nf4', bnb_4bit_use_double_quant=True, "
    "bnb_4bit_compute_dtype='PRECISION')"
)
BITS = "| held in | 4 bits a weight (NF4), which needs bitsandbytes |\n"

SHARED = "trained by many peers on code that never left their machines."
PERSONAL = (
    "trained further on one peer's private code, by the federation's local algorithm for personal models. It was never "
    "shared: show it to those alone who may see that code."
)

CARD = """---
base_model: {model}
library_name: {library}
---
# {title}

{kind} {history}

| | |
| --- | --- |
| base model | {model}, revision {revision} |
| sha-256 of its weights | {digest} |
{bits}| trained | {trained} |
| state | round {round} of lineage {lineage} |

It loads without fednode, and nothing in this folder is executable:

```python
{code}
```
"""
