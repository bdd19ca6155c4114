"""A whole build: repositories in, task data out. Each content is parsed once, and the commits decide every byte.

What is read, how it is parsed and what a sample is, the modules beside this one say.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path, PurePosixPath

from aggregator import canonical
from node.errors import DataError
from node.files import locked
from node.learning.data.files import FILE_COUNT_LIMIT, is_skipped
from node.learning.data.repositories.fixes import is_test, says_fix
from node.learning.data.repositories.git import Repository, open_repository
from node.learning.data.repositories.kept import Kept, open_kept
from node.learning.data.repositories.languages import LANGUAGES, Language, language_of
from node.learning.data.repositories.output import Output, check_folder
from node.learning.data.repositories.recipes import Limits, Recipe, find_recipe
from node.learning.data.repositories.samples import Fields, Place
from node.learning.data.repositories.source import clean, parse

__all__ = ["Built", "Order", "build_data"]

VERSION = 1  # of what samples hold; a change makes everything anew
KEPT = ".parsed.sqlite"
LOCK = ".lock"
Report = Callable[[int, int, str], None]  # contents done, contents in all, the place of the last one


@dataclass(frozen=True)
class Order:
    """What to build: data of `task` from `repositories`, of files in `languages` (none named: of all), into `out`."""

    repositories: tuple[Path, ...]
    task: str
    out: Path
    languages: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Built:
    """What came out: HEAD of each repository, samples of each split and language, and what it took.

    `contents` are files (of history: files before and after a fix), of which so many were `parsed` now and the others
    before; `too_large` were left out.
    """

    task: str
    repositories: Mapping[str, str]
    contents: int
    parsed: int
    too_large: int
    duplicates: int
    samples: Mapping[str, int]
    languages: Mapping[str, int]


@dataclass(frozen=True, order=True)
class _Work:
    """Something to parse: one content, or two, and where it stands."""

    place: Place
    contents: tuple[str, ...]
    language: str

    @property
    def key(self) -> str:
        return ":".join((self.language, *self.contents))


def build_data(order: Order, report: Report) -> Built:
    """Build a task's data. A second build of the same commits parses nothing, a killed one is finished by the next.

    Raises `DataError` for a task or language that is not known, repositories that cannot be read or share a name, and a
    folder that holds something else or is being built into.
    """
    recipe, languages = find_recipe(order.task), _known(order.languages)
    with ExitStack() as open_ones:
        repositories = _opened(order.repositories, open_ones)
        check_folder(order.out, order.task)
        try:
            open_ones.enter_context(locked(order.out / LOCK))
        except BlockingIOError as error:
            raise DataError(f"{order.out}: another build is writing there; wait for it") from error
        kept = open_ones.enter_context(open_kept(order.out / KEPT, _recipe_text(order)))
        works, too_large = _works(repositories, recipe, languages, order.limits)
        parsed = _parse(works, repositories, recipe, order.limits, kept, report)
        output = _written(works, kept, order)
        output.write_manifest(_about(order, repositories))
    return Built(
        order.task,
        {one.name: one.commit for one in repositories.values()},
        *(len(works), parsed, too_large),
        output.duplicates,
        output.samples,
        dict(sorted(output.languages.items())),
    )


def _known(names: Sequence[str]) -> dict[str, Language]:
    unknown = [name for name in names if name not in LANGUAGES]
    if unknown:
        raise DataError(f"{unknown[0]!r} is no language that can be parsed; there are {', '.join(LANGUAGES)}")
    return {name: LANGUAGES[name] for name in names or LANGUAGES}


def _opened(paths: Sequence[Path], open_ones: ExitStack) -> dict[str, Repository]:
    """Repositories by name, in the order of their names."""
    found: dict[str, Repository] = {}
    for path in sorted({path.absolute() for path in paths}):
        repository = open_ones.enter_context(open_repository(path))
        if repository.name in found:
            raise DataError(f"{path}: another repository is called {repository.name!r}, too; rename one of the folders")
        found[repository.name] = repository
    if not found:
        raise DataError("no repository to build from; name one with --repo")
    return dict(sorted(found.items()))


def _recipe_text(order: Order) -> str:
    """Everything but the content that samples follow from."""
    grammars = ("tree-sitter", *(language.grammar.replace("_", "-") for language in LANGUAGES.values()))
    versions: dict[str, canonical.Json] = {one: metadata.version(one) for one in grammars}
    about: dict[str, canonical.Json] = {
        "task": order.task,
        "format": VERSION,
        "limits": order.limits.of_a_sample(),
        "parsers": versions,
    }
    return canonical.dumps(about).decode()


def _works(
    repositories: Mapping[str, Repository], recipe: Recipe, languages: Mapping[str, Language], limits: Limits
) -> tuple[list[_Work], int]:
    """Everything to parse, in the order of the output, and how many files are too large for it."""
    works: list[_Work] = []
    too_large = 0
    for repository in repositories.values():
        if recipe.of_history:
            works.extend(_fixes(repository, languages, limits))
            continue
        for entry in repository.files():
            language = _language(entry.path, languages)
            if language and entry.size > limits.file_bytes:
                too_large += 1
            elif language:
                works.append(_Work(Place(repository.name, entry.path), (entry.blob,), language.name))
    if len(works) > FILE_COUNT_LIMIT:
        raise DataError(f"{len(works)} files, at most {FILE_COUNT_LIMIT} are read; build of fewer repositories at once")
    return sorted(works), too_large


def _fixes(repository: Repository, languages: Mapping[str, Language], limits: Limits) -> Iterator[_Work]:
    fixes = [commit for commit, message in repository.messages(limits.commits) if says_fix(message)]
    for change in repository.changes(fixes):
        language = _language(change.path, languages)
        if language and not is_test(change.path):
            place = Place(repository.name, change.path, change.commit)
            yield _Work(place, (change.before, change.after), language.name)


def _language(path: str, languages: Mapping[str, Language]) -> Language | None:
    """The language of a file that counts: one in no hidden folder and none of installed or built things."""
    return None if any(map(is_skipped, PurePosixPath(path).parts[:-1])) else language_of(path, languages)


def _parse(
    works: Sequence[_Work],
    repositories: Mapping[str, Repository],
    recipe: Recipe,
    limits: Limits,
    kept: Kept,
    report: Report,
) -> int:
    """Parse whatever was not parsed before; gives how many contents that were."""
    parsed = 0
    for done, work in enumerate(works, start=1):
        if not kept.has(work.key):
            kept.keep(work.key, _samples(work, repositories[work.place.repository], recipe, limits))
            parsed += 1
        report(done, len(works), work.place.name)
    kept.forget_all_but(work.key for work in works)
    return parsed


def _samples(work: _Work, repository: Repository, recipe: Recipe, limits: Limits) -> list[Fields]:
    language = LANGUAGES[work.language]
    contents = [repository.read(blob, limits.file_bytes) for blob in work.contents]
    texts = [clean(content) for content in contents if content is not None]
    sources = [parse(text, language) for text in texts if text is not None]
    return list(recipe.extract(sources, limits)) if len(sources) == len(contents) else []


def _written(works: Sequence[_Work], kept: Kept, order: Order) -> Output:
    with Output(order.out) as output:
        for work in works:
            for fields in kept.find(work.key):
                output.add(fields, work.place, work.language)
    return output


def _about(order: Order, repositories: Mapping[str, Repository]) -> dict[str, canonical.Json]:
    return {
        "task": order.task,
        "repositories": {one.name: one.commit for one in repositories.values()},
        "languages": list(_known(order.languages)),
        "limits": {"commits": order.limits.commits, **order.limits.of_a_sample()},
        "format": VERSION,
    }
