"""`fednode data prove` and `fednode data verify`: what trained an update. The proofs are `data.commitment`'s."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.cli.show import json_option, print_json
from node.errors import DataError

if TYPE_CHECKING:
    from node.cli.operator import Operator
    from node.learning.data.commitment import DataSet, Proof

__all__ = ["prove", "verify"]


@dataclass(frozen=True)
class Verdict:
    """Whether a text is in the set of a root; `in_update` whether the update carries that root, None without one."""

    trained: bool
    root: str
    in_update: bool | None


@click.command(epilog="Example: fednode data prove 12 code/shop/cart.py --out proof.json")
@click.argument("number", metavar="ROUND", type=click.IntRange(min=1))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--whole", is_flag=True, help="Prove which texts trained: also that others did not.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the proof is written.")
@configured
def prove(operator: "Operator", number: int, file: Path | None, whole: bool, out: Path) -> None:
    """Prove that FILE was among the texts that trained this node's update of ROUND.

    The proof says nothing about any other text. For a row of task data FILE holds that row alone. With --whole and
    without FILE it shows the digests of all texts: whoever has it can test whether any text they know was there.
    """
    from node.files import write_atomically

    if bool(file) == whole:
        raise click.UsageError("give either FILE or --whole")
    data_set = _data_set(operator.config.work_directory, number)
    proof: Proof = data_set.membership(_digest(file, data_set)) if file else data_set
    try:
        write_atomically(out, proof.to_bytes(), 0o600)
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror}); name another place") from error
    click.echo(f"written: {out}; it leads to the root {proof.root.hex()}")


@click.command(epilog="Example: fednode data verify proof.json cart.py --update update.bin")
@click.argument("proof", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--update", type=click.Path(path_type=Path), help="The update's bytes, whose header carries the root.")
@json_option
def verify(proof: Path, file: Path, update: Path | None, as_json: bool) -> None:
    """Say whether PROOF shows that FILE trained, and whether it leads to the root that the update carries.

    A proof for one text answers for that text alone. Exit code 7: the proof is not one, or not of this update.
    """
    from aggregator.delta import read_data_root
    from node.learning.data.commitment import Membership, parse_proof

    shown = parse_proof(_read(proof))
    carried = read_data_root(_read(update)) if update else None
    digest = _digest(file, shown)
    if isinstance(shown, Membership) and not shown.holds(digest):
        raise DataError(
            f"{proof}: is the proof for another text than {file}; ask for one for this text, or the whole set"
        )
    verdict = Verdict(shown.holds(digest), shown.root.hex(), carried == shown.root if update else None)
    if as_json:
        print_json(verdict)
    else:
        click.echo(
            f"{file} {'trained' if verdict.trained else 'did not train'} the update with the root {verdict.root}"
        )
    if verdict.in_update is False:
        raise DataError(f"{proof}: leads to another root than {update} carries: it proves nothing about that update")


def _data_set(work: Path, number: int) -> "DataSet":
    from node.learning.data.commitment import DataSet, parse_proof
    from node.peer.trainer import DATA_SETS

    data_set = parse_proof(_read(work / DATA_SETS / f"{number}.json"))
    if not isinstance(data_set, DataSet):
        raise DataError(f"{work / DATA_SETS}: round {number} is no data set; restore the work directory from a backup")
    return data_set


def _digest(file: Path, proof: "Proof") -> bytes:
    """The digest of a file in the form in which the proof knows it, or as it is."""
    from node.learning.data.commitment import text_digest
    from node.learning.data.files import as_text

    data = _read(file)
    known = (digest for digest in map(text_digest, _forms(file, data)) if proof.holds(digest))
    return next(known, text_digest(as_text(data)))


def _forms(file: Path, data: bytes) -> Iterator[str]:
    """The texts as which a file may have trained: as it is, its personal data masked, the row that it holds a piece."""
    from node.learning.data.codexglue.lines import row_of
    from node.learning.data.codexglue.rows import every_piece
    from node.learning.data.files import as_text
    from node.learning.data.personal_data import mask_personal_data

    yield (text := as_text(data))
    yield mask_personal_data(text)
    with suppress(DataError):  # it is no row
        yield from every_piece(row_of(str(file), data))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
