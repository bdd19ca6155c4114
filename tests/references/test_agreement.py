"""Our rules say what Flower's and ByzFL's say, up to one rounding to integers, wherever these have the rule.

They run in an environment of their own, which the first test on a machine makes. Values are integers without ties, so
that no order of equal things decides; ours are int16, theirs the same numbers in float64. The covariance filter is not
compared: ByzFL's starts at random, and scales weights by updates that it has dropped already.
"""

import numpy as np
import pytest

import aggregator
from aggregator import Context
from aggregator.updates import Updates
from scripts.benchmarks._peers import Peers

ROUNDING = 0.5 + 1e-6
FAULTS = 3  # with 2 and n = 11, the last choices of Bulyan are always between two that are nearest to each other
DIFFERENCES = (1, 2, 4, 8, 16, 32, 64, 91, 117, 128, 137, 182, 195, 205, 234, 239, 256)  # a perfect set modulo 273


@pytest.fixture(scope="session")
def peers():
    with Peers() as running:
        yield running


@pytest.fixture
def theirs(peers, tmp_path):
    """What a library makes of the rows."""

    def call(library, name, rows, **numbers):
        source, output = tmp_path / "rows.npy", tmp_path / f"{library}-{name}.npy"
        if not source.exists():
            np.save(source, rows.astype(np.float64))
        peers.ask(library, name, source, output, **{"f": FAULTS, **numbers})
        return np.load(output)

    return call


def updates(n=15, poisoned=FAULTS, length=3000):
    """Honest updates around a common signal and poisoned ones far away.

    No two sums of two values of one coordinate are equal, so no two values are either, and no two are equally far from
    a median: the remainders modulo 273 differ by every number once.
    """
    remainders = np.array(DIFFERENCES[:n])
    random = np.random.default_rng(n)
    rows = random.normal(0, 1500, (n, length)) + random.normal(0, 1500, length)
    rows[:poisoned] += random.normal(0, 4000, length)
    return (np.rint(rows.clip(-30000, 30000) / 273) * 273 + remainders[:, None]).astype(np.int16)


def ours(name, rows, **parameters):
    return aggregator.aggregate(rows, aggregator.rule(name, **parameters), Context(faults=FAULTS))


def median_norm(rows):
    """The lower median of the Euclidean norms."""
    return float(np.sort(np.linalg.norm(rows.astype(np.float64), axis=1))[(len(rows) - 1) // 2])


@pytest.mark.parametrize("n", [15, 16])
@pytest.mark.parametrize(
    ("library", "name"),
    [
        ("flwr", "bulyan"),
        ("flwr", "krum"),
        ("flwr", "mean"),
        ("flwr", "median"),
        ("flwr", "multi_krum"),
        ("flwr", "trimmed_mean"),
        ("byzfl", "mda"),
        ("byzfl", "meamed"),
        ("byzfl", "mean"),
        ("byzfl", "median"),
        ("byzfl", "trimmed_mean"),
    ],
)
def test_the_same_rule_gives_the_same_aggregate(theirs, library, name, n):
    rows = updates(n)
    assert np.abs(theirs(library, name, rows) - ours(name, rows)).max() <= ROUNDING


def test_byzfls_krum_counts_one_neighbour_more(theirs):
    """Its f is therefore ours and one more."""
    rows = updates()
    assert np.abs(theirs("byzfl", "krum", rows, f=FAULTS + 1) - ours("krum", rows)).max() <= ROUNDING
    kept = len(rows) - FAULTS - 1
    assert (
        np.abs(theirs("byzfl", "multi_krum", rows, f=FAULTS + 1) - ours("multi_krum", rows, m=kept)).max() <= ROUNDING
    )


def test_the_geometric_median_is_the_point_both_approach(theirs):
    """ByzFL starts from 0 and we from the mean, so only where the steps lead is the same."""
    rows = updates()
    there = theirs("byzfl", "geometric_median", rows, steps=100)
    assert np.abs(there - ours("geometric_median", rows, steps=100)).max() <= ROUNDING


def test_centred_clipping_with_the_same_radius_takes_the_same_step(theirs):
    rows = updates()
    there = theirs("byzfl", "centred_clipping", rows, radius=median_norm(rows))
    assert np.abs(there - ours("centred_clipping", rows, steps=1)).max() <= ROUNDING


@pytest.mark.parametrize("name", ["nnm", "arc", "clipping", "bucketing"])
def test_preaggregations_make_the_same_rows(theirs, name):
    """Buckets of everybody: otherwise who shares one is drawn."""
    rows = updates()
    numbers = {"clipping": {"radius": median_norm(rows)}, "bucketing": {"size": len(rows)}}.get(name, {})
    parameters = {"size": len(rows)} if name == "bucketing" else {}
    given = Updates.of(rows)
    mixed = given.mixed(aggregator.preaggregation(name, **parameters)(given, FAULTS, Context()).mixing)
    assert np.abs(theirs("byzfl", name, rows, **numbers) - mixed.block(0, mixed.length)).max() <= ROUNDING


def test_a_difference_is_seen(theirs):
    rows = updates()
    assert np.abs(theirs("byzfl", "median", rows) - ours("mean", rows)).max() > ROUNDING
