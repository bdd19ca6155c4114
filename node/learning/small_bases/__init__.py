"""Small pretrained bases of families that need a GPU at full size, made on this machine once and kept in a folder.

What experiments on two cores start from: `small_base("small-t5")` gives a folder like a hub's and the sha-256 of its
weights. Pretraining gives a model of the same quality on another machine, not the same bytes: peers who do not share a
disk share the folder. Which families there are is `families`', how one is pretrained is `pretrain`'s.
"""

import json
import platform
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from node.errors import ModelError
from node.learning.jobs import Progress
from node.learning.models import models_directory, weights_sha256
from node.learning.small_bases.families import FAMILIES, SmallRecipe
from node.learning.small_bases.pretrain import HeldOut, pretrain_small
from node.learning.standard_library import STANDARD_LIBRARY, read_corpus

__all__ = ["FAMILIES", "RECIPE_FILE", "SmallBase", "SmallRecipe", "default_folder", "made", "small_base"]

RECIPE_FILE = "recipe.json"


@dataclass(frozen=True)
class SmallBase:
    """A base on disk, what a guideline says of its weights, and what it showed on held-out modules."""

    name: str
    directory: Path
    weights_sha256: str
    held_out: Mapping[str, HeldOut]


def default_folder() -> Path:
    """Where small bases are kept unless somebody says otherwise, and where `load_base` looks for them."""
    return models_directory()


def small_base(name: str, folder: Path | None = None, progress: Progress | None = None) -> SmallBase:
    """The base called `name`, a key of `FAMILIES`; pretrained into `folder` / `name` unless it is there.

    Making one takes three to four minutes of one core; a run that is killed leaves nothing under that name. Raises
    `ModelError` for an unknown name, and for a folder that another recipe made.
    """
    if name not in FAMILIES:
        raise ModelError(f"no small base is called {name!r}; there are {', '.join(FAMILIES)}")
    return made(name, FAMILIES[name], folder or default_folder(), STANDARD_LIBRARY, progress)


def made(name: str, recipe: SmallRecipe, folder: Path, library: Path, progress: Progress | None = None) -> SmallBase:
    """The base `folder` / `name` by `recipe` from the Python files under `library`. Raises `ModelError`."""
    directory = folder / name
    if not directory.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder))
        try:
            _make(name, recipe, fresh, library, progress)
            _enter(fresh, directory)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return _read(name, recipe, directory)


def _make(name: str, recipe: SmallRecipe, fresh: Path, library: Path, progress: Progress | None) -> None:
    corpus = read_corpus(library, recipe.held_out_one_in)
    held_out = pretrain_small(recipe, corpus, fresh, progress)
    document = {
        "name": name,
        "recipe": asdict(recipe),
        "python": platform.python_version(),
        "held_out": {objective: asdict(one) for objective, one in held_out.items()},
    }
    (fresh / RECIPE_FILE).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    fresh.chmod(0o755)  # mkdtemp's is the owner's alone


def _enter(fresh: Path, directory: Path) -> None:
    """Give the finished folder its name; somebody else's, finished in the meantime, is as good."""
    try:
        fresh.rename(directory)
    except OSError:
        if not directory.exists():
            raise


def _read(name: str, recipe: SmallRecipe, directory: Path) -> SmallBase:
    try:
        document = json.loads((directory / RECIPE_FILE).read_text(encoding="utf-8"))
        by = document["recipe"]
        held_out = {objective: HeldOut(**one) for objective, one in document["held_out"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{directory}: no small base's folder ({error}); remove it or choose another place") from error
    if by != asdict(recipe):
        raise ModelError(f"{directory}: made by another version's recipe; remove it, or choose another place")
    return SmallBase(name, directory, weights_sha256(directory), held_out)
