"""What every test of learning starts from: the bundled base model under a small guideline, and some code."""

from decimal import Decimal
from pathlib import Path

import pytest
import torch

from aggregator.delta import StateHeader, encode_state
from node.guideline import load_guideline
from node.learning.data import DataSource
from node.learning.models import BASE_DIRECTORY, attach_adapter, genesis, load_base, weights_sha256
from node.learning.tasks import TASKS

ROOT = Path(__file__).parents[3]
GUIDELINE = ROOT / "guideline.toml"


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def guideline():
    """The demo's guideline with steps so few and small that a test takes a blink."""
    shipped = load_guideline(GUIDELINE)
    architecture = shipped.architecture.model_copy(
        update={"weights_sha256": weights_sha256(BASE_DIRECTORY), "rank": 2, "alpha": 4}
    )
    update = shipped.update.model_copy(
        update={"local_steps": 3, "batch_size": 4, "block_length": 32, "learning_rate": Decimal("0.01")}
    )
    return shipped.model_copy(update={"architecture": architecture, "update": update})


@pytest.fixture(scope="session")
def architecture(guideline):
    return guideline.architecture


@pytest.fixture(scope="session")
def start(architecture):
    return genesis(architecture, "causal")


@pytest.fixture
def base(architecture):
    return load_base(architecture, "causal")


@pytest.fixture
def model(base, architecture):
    return attach_adapter(base, architecture)


@pytest.fixture(scope="session")
def search_guideline():
    """The code-search experiments' guideline, its adapter and steps as small."""
    shipped = load_guideline(ROOT / "node" / "research" / "code-search.toml")
    architecture = shipped.architecture.model_copy(update={"rank": 16, "alpha": 16})
    update = shipped.update.model_copy(update={"local_steps": 3, "batch_size": 8, "block_length": 96})
    return shipped.model_copy(update={"architecture": architecture, "update": update})


@pytest.fixture
def completion_learner(base, architecture):
    """A language model with an adapter at zero, and the tokenizer."""
    return attach_adapter(base, architecture), base.tokenizer


@pytest.fixture
def search_learner(search_guideline):
    """A bag-of-words encoder with an adapter at zero, and the tokenizer."""
    loaded = load_base(search_guideline.architecture, "encoder")
    return attach_adapter(loaded, search_guideline.architecture), loaded.tokenizer


@pytest.fixture
def task():
    return TASKS["code-completion"]


@pytest.fixture(scope="session")
def write_state(architecture, start):
    """A state file of the given int32 values, (d,)."""

    def write(values, **changes):
        header = {
            "lineage": 1,
            "round": 3,
            "step_exponent": architecture.step_exponent,
            "length": len(values),
            "frozen": "",
            "layout": start.layout,
        }
        return encode_state(StateHeader(**(header | changes)), values)

    return write


@pytest.fixture
def repository(tmp_path):
    """Thirty files of somebody's private code."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for number in range(30):
        lines = (f"def price_{number}_{line}(basket):\n    return basket.total * {line}\n" for line in range(30))
        (folder / f"prices_{number}.py").write_text("\n".join(lines))
    return DataSource(directories=(folder,))
