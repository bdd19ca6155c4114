"""The report: tables in the shape of the paper's with the paper's own figures beneath ours, and what they answer."""

from collections.abc import Iterator, Sequence

from node.learning.data.partition import Holding
from node.research.experiments.design import Experiment
from node.research.experiments.paper import PAPER_COLUMNS, PaperTable, paper_table
from node.research.experiments.plan import SINGLE
from node.research.experiments.results import StudyFindings
from node.research.experiments.sentences import bars, sentences, shown
from node.research.experiments.statistics import Measurements, level

__all__ = ["HOLDINGS", "TABLE", "report"]

TABLE, HOLDINGS = "table-{}.png", "holdings-{}.png"  # names of pictures beside the report
SIDEWAYS = "4"  # the paper's table with runs below one another and cases across
NOTE = """\
Every cell is mean ± standard deviation over seeds. *centralised* takes as many steps on everybody's data as all clients
take in all rounds together; *single* is the mean over all clients, each trained on its own data alone for as many steps
as it takes in all rounds; *base* is the model before any of it. Intervals are 95 %, by a bootstrap over test samples,
the same samples on both sides of a difference. Every method of a study has the same model, data, learning rate and
number of steps. The paper's figures are for other models and data: their order can be compared, not
their height."""


def report(experiment: Experiment, studies: Sequence[StudyFindings]) -> str:
    """The whole Markdown document; pictures are expected beside it."""
    parts = [f"# {experiment.name}", experiment.description, _summary(experiment, studies), NOTE]
    for number in dict.fromkeys(one.study.table for one in studies):
        parts += _table(number, [one for one in studies if one.study.table == number])
    parts += ["## In all", _bulleted(bars(studies))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(experiment: Experiment, studies: Sequence[StudyFindings]) -> str:
    seconds = sum(one.cpu_seconds for one in studies)
    return (
        f"Seeds {', '.join(map(str, experiment.seeds))}; effort {experiment.effort:g}; {len(studies)} studies in "
        f"{seconds / 60:.0f} core-minutes."
    )


def _table(number: str, studies: Sequence[StudyFindings]) -> Iterator[str]:
    paper = paper_table(number)
    yield f"## {'Table ' + number if number.isdigit() else 'Beyond the tables'}: {paper.title.lower()} ({paper.metric})"
    rows = [*_ours(studies), *_theirs(paper)]
    yield _sideways(rows) if number == SIDEWAYS else _across(rows)
    for found in studies:
        yield _about(found)
        yield _bulleted(sentences(found))
    yield f"![Table {number}, ours and the paper's]({TABLE.format(number)})"
    yield f"![Who holds what]({HOLDINGS.format(number)})"


_Row = tuple[str, str, dict[str, str]]  # model, case, and what stands in each column


def _ours(studies: Sequence[StudyFindings]) -> Iterator[_Row]:
    for found in studies:
        for distribution, methods in found.by_distribution.items():
            several = len(found.study.distributions) > 1
            case = distribution.replace("_", "-") if several else found.study.case
            measured = {"base": found.base, "centralised": found.central, SINGLE: methods[SINGLE]}
            measured |= found.federated(distribution)
            yield found.study.model, case, {key: _cell(one, found.study.scale) for key, one in measured.items()}


def _cell(one: Measurements, scale: float) -> str:
    if len(one.by_seed) == 1:
        return shown(one.mean * scale)
    return f"{shown(one.mean * scale)} ± {shown(one.deviation * scale)}"


def _theirs(paper: PaperTable) -> Iterator[_Row]:
    for row in paper.rows:
        yield f"*paper: {row.model}*", row.case, {name: f"*{value:g}*" for name, value in row.values.items()}


def _across(rows: Sequence[_Row]) -> str:
    columns = _columns(rows)
    named = any(case for _, case, _ in rows)
    lines = [["model", *(["case"] if named else []), *columns]]
    lines += [
        [model, *([case] if named else []), *(cells.get(key, "–") for key in columns)] for model, case, cells in rows
    ]
    return _markdown(lines)


def _sideways(rows: Sequence[_Row]) -> str:
    cases = list(dict.fromkeys(case for _, case, _ in rows))
    lines = [["model", "run", *cases]]
    for model in dict.fromkeys(model for model, _, _ in rows):
        mine = {case: cells for name, case, cells in rows if name == model}
        columns = _columns([row for row in rows if row[0] == model])
        lines += [[model, key, *(mine.get(case, {}).get(key, "–") for case in cases)] for key in columns]
    return _markdown(lines)


def _columns(rows: Sequence[_Row]) -> list[str]:
    """The paper's columns, the base before them, whatever else was measured after them."""
    found = dict.fromkeys(key for _, _, cells in rows for key in cells)
    known = [key for key in ("base", *PAPER_COLUMNS) if key in found]
    return [*known, *(key for key in found if key not in known)]


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    head, *rest = lines
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rest))


def _about(found: StudyFindings) -> str:
    study, whole = found.study, level(found.central).scaled(found.study.scale)
    held = "; ".join(f"{where.replace('_', ' ')}: {_held(parts)}" for where, parts in found.held.items())
    modelless = ", ".join(f"{name} {shown(value * study.scale)}" for name, value in found.modelless.items())
    told = [
        f"{study.model}: {study.clients} clients, {study.rounds} rounds, {found.samples} test samples, "
        f"{found.cpu_seconds / 60:.1f} core-minutes.",
        f"Centralised {shown(whole.value)}, 95 % interval {shown(whole.low)} to {shown(whole.high)}.",
        f"Without a model: {modelless}." if modelless else "",
        f"What clients hold (first seed): {held}.",
    ]
    return " ".join(filter(None, told))


def _held(parts: Sequence[Holding]) -> str:
    sizes = [one.samples for one in parts]
    skew = sum(one.skew * one.samples for one in parts) / sum(sizes)
    return f"{min(sizes)} to {max(sizes)} samples each, mean skew of labels {skew:.2f}"


def _bulleted(lines: Iterator[str]) -> str:
    return "\n".join(f"* {line}" for line in lines)
