"""Measuring a release as its users load it: by plain PEFT or transformers from its folder."""

from pathlib import Path

from node.guideline import Guideline
from node.learning.benchmark import decode_benchmark
from node.learning.device import on_device
from node.learning.models import load_base, peft_unwarned
from node.learning.tasks import find_task
from node.ports import Metrics

__all__ = ["measure_folder"]


def measure_folder(directory: Path, guideline: Guideline, benchmark: bytes) -> Metrics:
    """Load a release with `from_pretrained` and measure it on a pinned benchmark. Raises `ModelError`."""
    from peft import PeftModel

    task = find_task(guideline.data.task)
    with on_device():
        base = load_base(guideline.architecture, task.head)
        if guideline.architecture.adapter == "full":
            model = type(base.model).from_pretrained(directory, use_safetensors=True).to(base.model.device)
        else:
            with peft_unwarned():
                model = PeftModel.from_pretrained(base.model, str(directory))
        samples = task.samples(decode_benchmark(benchmark), base.tokenizer, guideline.update.block_length)
        return task.evaluate(model.eval(), samples)
