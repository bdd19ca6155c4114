"""Ready guidelines for the source paper's models and tasks, and for small stand-ins of them: one TOML file each.

A file's weights digest is "unpinned" where only its operator's machine can tell it; `node.pins` writes it in.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from node.errors import GuidelineError

__all__ = ["Template", "read_template", "template_names", "templates"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Template:
    """One template: what is learned, from which base, and what the file says of itself."""

    name: str
    task: str
    model: str
    revision: str
    description: str


def template_names() -> tuple[str, ...]:
    """Every template, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def read_template(name: str) -> str:
    """The text of the template called `name`. Raises `GuidelineError` for an unknown one."""
    if name not in template_names():
        raise GuidelineError(f"no template is called {name!r}; there are {', '.join(template_names())}")
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def templates() -> tuple[Template, ...]:
    """What every template is about."""
    return tuple(_described(name) for name in template_names())


def _described(name: str) -> Template:
    document = tomllib.loads(read_template(name))
    architecture = document["architecture"]
    return Template(
        name=name,
        task=document["data"]["task"],
        model=architecture["model"],
        revision=architecture.get("revision", ""),
        description=document["description"],
    )
