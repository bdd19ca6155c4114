"""What an experiment asks, authored as TOML: the studies, the ways to train that they compare, and for which seeds.

Values and their checks only; which cells follow from them is `plan`'s, and no data is read here.
"""

import tomllib
from collections.abc import Sequence
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from node.document import Strict, tuples
from node.errors import ConfigError
from node.guideline import describe_validation
from node.learning.data.partition import PARTITIONS

__all__ = [
    "DATA_SETS",
    "TABLES",
    "TEMPLATES",
    "DataChoice",
    "Experiment",
    "Method",
    "Study",
    "load_experiment",
    "template_path",
]

TABLES = ("1", "2", "3", "4", "5", "repair")
TEMPLATES = ("paper-small", "paper-full")
DATA_SETS = {  # by name, the files that each reads
    "packages": (),
    "clones": ("solutions",),
    "clone-pairs": ("functions", "train", "test"),
    "defects": ("functions", "train", "test"),
    "fixes": ("train_buggy", "train_fixed", "test_buggy", "test_fixed"),
    "problems": ("problems",),
    "fixes-for-problems": ("train_buggy", "train_fixed", "problems"),
    "queries": ("train", "test"),
    "summaries": ("train", "test"),
    "token-files": ("train", "test", "train_names"),
}
EXPERIMENT_LIMIT = 256 * 1024  # bytes

Table = Literal["1", "2", "3", "4", "5", "repair"]
Name = Field(min_length=1, max_length=100)


class Method(Strict):
    """One federated way to train: what changes in a study's guideline, in the words of its update protocol.

    The rule, what stands in front of it, the server's optimiser, what peers add to their objective. The rule's f is the
    largest whole number up to `trim` times the clients.
    """

    name: str = Name
    trim: float = Field(default=0.0, ge=0, lt=0.5)
    update: dict[str, Any]

    def changes(self, clients: int) -> dict[str, Any]:
        """The changed keys among so many clients, as canonical JSON allows them: decimals are texts."""
        plain: dict[str, Any] = {"parameters": {}, "preaggregations": [], "examples_cap": 0}
        return {**plain, **_without_floats(self.update), "faults": int(Decimal(str(self.trim)) * clients)}


class DataChoice(Strict):
    """Which samples: a data set by name, how much of it, and what it needs to know beside.

    At most `pieces` are trained on and `held_out` measured: of each package, or of a set of files in all. `packages`
    are installed distributions, each one organisation; `read` characters and `excerpt` are `corpus.Amounts`'. `files`
    name what a set of files reads (see `DATA_SETS`) below the experiment's data folder; `masked` is `read_solutions`'.
    """

    name: str
    packages: tuple[str, ...] = ()
    files: dict[str, str] = Field(default_factory=dict)
    pieces: int = Field(ge=1, le=1_000_000)
    held_out: int = Field(ge=1, le=100_000)
    read: int = Field(default=4_000_000, ge=1000, le=100_000_000)
    excerpt: int = Field(default=200_000, ge=100, le=1_000_000)
    masked: bool = False

    @model_validator(mode="after")
    def _reads_what_it_names(self) -> "DataChoice":
        if self.name not in DATA_SETS:
            raise ValueError(f"there is no data set {self.name!r}; there are {', '.join(DATA_SETS)}")
        wanted = DATA_SETS[self.name]
        if set(self.files) != set(wanted):
            raise ValueError(f"data set {self.name!r} reads the files {', '.join(wanted) or 'of packages'}; name those")
        if bool(self.packages) != (self.name == "packages"):
            raise ValueError("name packages for the data set 'packages', and for no other")
        return self


class Study(Strict):
    """One row or more of one of the paper's tables: one task, model and data set under some distributions.

    `guideline` says what departs from the ready guideline called `template`, or from the experiment's own. `scale` is
    what the task's headline metric is multiplied by in reports; `case` names the row where a table has several.
    """

    table: Table
    model: str = Name
    case: str = ""
    template: str = ""
    guideline: dict[str, Any] = Field(default_factory=dict)
    data: DataChoice
    distributions: tuple[str, ...] = Field(min_length=1)
    clients: int = Field(ge=2, le=256)
    rounds: int = Field(ge=1, le=999)
    methods: tuple[str, ...] = ()
    scale: float = Field(default=1.0, gt=0)

    @field_validator("distributions")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in PARTITIONS:
                raise ValueError(f"there is no distribution {name!r}; there are {', '.join(sorted(PARTITIONS))}")
        return names


class Experiment(Strict):
    """The whole document.

    `effort` is the one knob of size: the local steps of every study are so many times what its guideline says, rounded,
    one at least. `guideline` is what all studies' guidelines have in common.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")
    description: str = ""
    seeds: tuple[int, ...] = Field(min_length=1)
    effort: float = Field(default=1.0, gt=0, le=1000)
    guideline: dict[str, Any] = Field(default_factory=dict)
    methods: tuple[Method, ...] = Field(min_length=1)
    studies: tuple[Study, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_fit(self) -> "Experiment":
        names = [method.name for method in self.methods]
        if len(set(names)) < len(names):
            raise ValueError(f"methods: a name comes twice among {', '.join(names)}; give each its own")
        for study in self.studies:
            for name in study.methods:
                if name not in names:
                    raise ValueError(f"studies: there is no method {name!r}; there are {', '.join(names)}")
        return self

    def methods_of(self, study: Study) -> tuple[Method, ...]:
        """The federated methods that a study compares: those it names, or all."""
        return tuple(one for one in self.methods if not study.methods or one.name in study.methods)

    def of_tables(self, tables: Sequence[str]) -> "Experiment":
        """The same with the studies of these tables only. Raises `ConfigError` when none is left."""
        studies = tuple(study for study in self.studies if study.table in tables)
        if not studies:
            raise ConfigError(f"{self.name}: no study belongs to table {', '.join(tables)}; name another table")
        return self.model_copy(update={"studies": studies})


def template_path(name: str) -> Path:
    """The file of a template that comes with fednode. Raises `ConfigError` for an unknown one."""
    if name not in TEMPLATES:
        raise ConfigError(f"--template: there is no {name!r}; there are {', '.join(TEMPLATES)}")
    return Path(str(resources.files("node.research.experiments"))) / "templates" / f"{name}.toml"


def load_experiment(path: Path) -> Experiment:
    """Read an experiment. Raises `ConfigError` naming the file, the field and the value."""
    try:
        data = path.read_bytes()
        if len(data) > EXPERIMENT_LIMIT:
            raise ConfigError(f"{path}: {len(data)} bytes; an experiment has at most {EXPERIMENT_LIMIT}")
        return Experiment.model_validate(tuples(tomllib.loads(data.decode())))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give the path of an experiment") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(describe_validation(error, str(path))) from error


def _without_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_floats(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_without_floats(item) for item in value]
    return str(value) if isinstance(value, float) else value
