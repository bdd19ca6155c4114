"""Runs the rules of Flower and ByzFL for `scripts/benchmarks/_peers.py`: a JSON line of request in, one of answer out.

Runs in the environment that `scripts/references` makes, where fednode is not installed. A request names a library, a
rule as fednode calls it, an input and perhaps an output (.npy files) and numbers for the rule; the answer has the
milliseconds that the call took, or the error.
"""

import json
import os
import resource
import sys
import time

os.environ["FLWR_TELEMETRY_ENABLED"] = "0"

import byzfl
import numpy as np
from flwr.server.strategy import aggregate as flower


def results(rows):
    """Give Flower what it wants: for each client a list of layers and a number of examples."""
    return [([row], 1) for row in rows]


def krum(rows, f, keep):
    """Krum, or Multi-Krum with the mean of `keep` updates when that is not 0."""
    return flower.aggregate_krum(results(rows), f, keep)[0]


def bulyan(rows, f):
    """Bulyan on top of Krum, the only rule that Flower has for it."""
    return flower.aggregate_bulyan(results(rows), f, flower.aggregate_krum, to_keep=0)[0]


CLOCKS = {"processor": time.process_time, "wall": time.perf_counter}
CALLS = {
    "flwr": {
        "bulyan": bulyan,
        "krum": lambda rows, f: krum(rows, f, 0),
        "mean": lambda rows, f: flower.aggregate(results(rows))[0],
        "median": lambda rows, f: flower.aggregate_median(results(rows))[0],
        "multi_krum": lambda rows, f: krum(rows, f, len(rows) - f),
        "trimmed_mean": lambda rows, f: flower.aggregate_trimmed_avg(results(rows), (f + 1e-9) / len(rows))[0],
    },
    "byzfl": {
        "arc": lambda rows, f: np.array(byzfl.ARC(f)(rows.copy())),  # overwrites its input
        "bucketing": lambda rows, f, size: byzfl.Bucketing(size)(rows),
        "caf": lambda rows, f: byzfl.CAF(f)(rows),
        "centred_clipping": lambda rows, f, radius=100.0, steps=1: byzfl.CenteredClipping(L=steps, tau=radius)(rows),
        "clipping": lambda rows, f, radius: byzfl.Clipping(radius)(rows.copy()),  # overwrites its input
        "geometric_median": lambda rows, f, steps=3: byzfl.GeometricMedian(T=steps)(rows),
        "krum": lambda rows, f: byzfl.Krum(f)(rows),
        "mda": lambda rows, f: byzfl.MDA(f)(rows),
        "meamed": lambda rows, f: byzfl.Meamed(f)(rows),
        "mean": lambda rows, f: byzfl.Average()(rows),
        "median": lambda rows, f: byzfl.Median()(rows),
        "multi_krum": lambda rows, f: byzfl.MultiKrum(f)(rows),
        "nnm": lambda rows, f: byzfl.NNM(f)(rows),
        "nnm+mean": lambda rows, f: byzfl.Average()(byzfl.NNM(f)(rows)),
        "trimmed_mean": lambda rows, f: byzfl.TrMean(f)(rows),
    },
}


class Server:
    """Keeps the last input in memory: loading it is not what is measured."""

    def __init__(self):
        self.path, self.rows = None, None

    def load(self, path):
        """Give the array in the file."""
        if path != self.path:
            self.rows = None
            self.rows = np.load(path)
            self.path = path
        return self.rows

    def answer(self, library, rule, source, output=None, clock="wall", seed=0, **numbers):
        """Run one rule and tell how long it took."""
        rows = self.load(source)
        np.random.seed(seed)  # ByzFL draws from numpy's global generator
        clock = CLOCKS[clock]
        start = clock()
        result = CALLS[library][rule](rows, **numbers)
        milliseconds = (clock() - start) * 1000
        if output:
            np.save(output, result)
        return {"ms": milliseconds}


def main():
    """Answer until the requests end; the one argument is how many bytes of address space this process may take."""
    if len(sys.argv) > 1:
        resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the libraries print is not an answer
    print(json.dumps({name: sorted(rules) for name, rules in CALLS.items()}), file=replies, flush=True)
    server = Server()
    for line in sys.stdin:
        try:
            answer = server.answer(**json.loads(line))
        except MemoryError:
            answer = {"error": "out of memory"}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=replies, flush=True)


if __name__ == "__main__":
    main()
