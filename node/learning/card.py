"""The README of a release: what it was trained on, and the lines that load it without fednode installed."""

from aggregator.delta import StateHeader
from node.guideline import Architecture
from node.learning.models import BUNDLED, LoadedBase
from node.learning.models.heads import LABELS, MODEL_CLASSES

__all__ = ["release_card"]


def release_card(architecture: Architecture, header: StateHeader, base: LoadedBase) -> str:
    """The card of a LoRA adapter on `base`, in Markdown."""
    return CARD.format(
        model=architecture.model,
        revision=architecture.revision or "-",
        digest=architecture.weights_sha256,
        rank=architecture.rank,
        alpha=architecture.alpha,
        targets=", ".join(architecture.targets),
        lineage=header.lineage,
        round=header.round,
        code=_code(architecture, base),
    )


def _code(architecture: Architecture, base: LoadedBase) -> str:
    """Python that loads the release from a folder of this name with transformers and PEFT alone."""
    bundled = architecture.model in BUNDLED
    place = f"BUNDLED[{architecture.model!r}]" if bundled else repr(architecture.model)
    options = ["dtype='float32'"]
    if architecture.revision:
        options.insert(0, f"revision={architecture.revision!r}")
    lines = ["from node.learning.models import BUNDLED"] if bundled else []
    lines.append("from peft import PeftModel")
    if base.head == "seq2seq" and base.drawn:
        lines += [line.format(place=place, options=", ".join(options)) for line in DRAWN_DECODER]
    else:
        loader = type(base.model).__name__
        if not loader.endswith("EncoderModel"):  # half a model, which no class finds by itself
            loader = MODEL_CLASSES[base.head].__name__
        if base.head == "classifier":
            options.append(f"num_labels={LABELS}")
        lines += [f"from transformers import {loader}", ""]
        lines.append(f"base = {loader}.from_pretrained({place}, {', '.join(options)})")
    return "\n".join([*lines, 'model = PeftModel.from_pretrained(base, "path/of/this/folder")'])


DRAWN_DECODER = (
    "from transformers import AutoModel, AutoModelForCausalLM, EncoderDecoderConfig, EncoderDecoderModel",
    "",
    'config = EncoderDecoderConfig.from_pretrained("path/of/this/folder")',
    "encoder = AutoModel.from_pretrained({place}, {options}, add_pooling_layer=False)",
    "decoder = AutoModelForCausalLM.from_config(config.decoder)",
    "base = EncoderDecoderModel(config=config, encoder=encoder, decoder=decoder)",
    "decoder.set_input_embeddings(encoder.get_input_embeddings())",
    "decoder.tie_weights()",
)

CARD = """---
base_model: {model}
library_name: peft
---
# A release of a fednode federation

A LoRA adapter trained by many peers on code that never left their machines.

| | |
| --- | --- |
| base model | {model}, revision {revision} |
| sha-256 of its weights | {digest} |
| adapter | rank {rank}, alpha {alpha}, on {targets} |
| state | round {round} of lineage {lineage} |

Load it with plain PEFT; nothing in this folder is executable:

```python
{code}
```
"""
