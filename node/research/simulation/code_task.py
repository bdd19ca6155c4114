"""Code tasks in simulations: pieces of installed packages, dealt out by a partition and trained on by worker processes.

Data and training are the node's own; torch is imported when the task is opened.
"""

from concurrent.futures import Future
from dataclasses import replace
from importlib import resources

from node.errors import ConfigError
from node.guideline import Guideline, load_guideline, parse_guideline
from node.learning.data import DEMO_PACKAGES
from node.learning.jobs import EvaluateJob
from node.learning.worker import PoolTrainer
from node.peer.founding import SealedGuideline, pin_guideline
from node.peer.learn import learner
from node.peer.trainer import FROZEN_LIMIT, Learn, Learned, LearningTask
from node.ports import ContentStore, Metrics
from node.research.corpus import SEARCH_PACKAGES, read_corpus, sources
from node.research.simulation.guideline import guideline_for
from node.research.simulation.settings import Settings
from node.types import Cid

__all__ = ["CodeTask"]

PACKAGES = {"code-search": SEARCH_PACKAGES, "code-completion": DEMO_PACKAGES}
WORKERS = 2
SEEDS_APART = 100_000  # rounds that a run may have before its seeds meet another run's


class CodeTask:
    """The task of one run. Raises `ConfigError` without a template, `DataError` when a package gives nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._guideline = guideline_for(settings, _template(settings))
        corpus = read_corpus(PACKAGES[settings.task], self._guideline)
        self._benchmark = corpus.benchmark
        self._sources = sources(corpus, settings.make_partition(), settings.peers, settings.seed)
        if settings.poisons_data:
            self._sources = (
                *self._sources[: settings.honest],
                *(replace(one, attack=settings.attack) for one in self._sources[settings.honest :]),
            )
        self._trainer = PoolTrainer(WORKERS)
        self._store: ContentStore | None = None

    def close(self) -> None:
        """End the worker processes."""
        self._trainer.close()

    def pin(self, store: ContentStore) -> SealedGuideline:
        """The genesis state, the frozen tensors, and the guideline that names them."""
        self._store = store
        return pin_guideline(self._guideline, store)

    def learner(self, place: int) -> Learn:
        """How the peer in this place trains: in a worker process."""
        train = learner(self._trainer, self._sources[place])

        def learn(task: LearningTask) -> "Future[Learned]":
            return train(replace(task, seed=self._settings.seed * SEEDS_APART + task.seed))

        return learn

    def examples(self, place: int) -> int:
        """How many pieces of code the peer in this place holds."""
        return len(self._sources[place].texts)

    def measure(self, state: bytes, guideline: Guideline) -> Metrics:
        """The task's metrics on held-out code of all packages."""
        frozen = self._store.get(Cid(guideline.architecture.frozen or ""), FROZEN_LIMIT) if self._store else None
        attack = self._settings.attack if self._settings.poisons_data else None
        return self._trainer.evaluate(EvaluateJob(guideline, self._benchmark, state, frozen, attack))


def _template(settings: Settings) -> Guideline:
    if settings.template:
        return parse_guideline(settings.template.encode())
    name = f"{settings.task}.toml"
    with resources.as_file(resources.files("node.research") / name) as path:
        if not path.exists():
            raise ConfigError(f"--guideline: {settings.task} needs one that says what is trained and for how long")
        return load_guideline(path)
