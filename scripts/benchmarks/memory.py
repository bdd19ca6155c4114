"""Anonymous memory that aggregating memory-mapped updates takes above an idle process (RssAnon of Linux)."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

import aggregator
from aggregator import Context, compiler
from scripts.benchmarks._values import COORDINATE_RULES, rule_named, say

__all__ = ["main", "peak_growth"]

RULES = (*COORDINATE_RULES, "krum", "geometric_median", "nnm+mean")
COORDINATE_LIMIT, LIMIT = 64, 1024  # MiB that the project allows itself: for coordinate rules, and for all
KERNELS = ("numpy", "compiled")


def anonymous() -> int:
    """KiB of memory that this process alone holds and no file backs."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    if found is None:
        raise SystemExit("RssAnon is not in /proc/self/status: this benchmark needs Linux")
    return int(found[1])


def peak_growth(call: Callable[[], object]) -> float:
    """The most MiB by which anonymous memory exceeds what it is now while `call` runs; looks every millisecond."""
    before, most, ended = anonymous(), [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.001):
            most[0] = max(most[0], anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        call()
    finally:
        ended.set()
        watcher.join()
    return (max(most[0], anonymous()) - before) / 1024


def measure_here(rule: str, kernel: str, path: Path, n: int, d: int) -> dict[str, object]:
    """Aggregate the updates in the file, after a small aggregation that loads and compiles what is needed."""
    compiler.WORTH_COMPILING = 0 if kernel == "compiled" else 1 << 62
    context = Context(faults=n // 5, threads=os.cpu_count() or 1)
    aggregator.aggregate(np.ones((n, 64), np.int16), rule_named(rule), context)
    rows = [np.memmap(path, np.int16, "r", offset=2 * d * row, shape=(d,)) for row in range(n)]
    start = time.perf_counter()
    growth = peak_growth(lambda: aggregator.aggregate(rows, rule_named(rule), context))
    return {
        "rule": rule,
        "kernel": kernel,
        "n": n,
        "d": d,
        "seconds": round(time.perf_counter() - start, 2),
        "anonymous_mib": round(growth, 1),
    }


def write_updates(path: Path, n: int, d: int) -> None:
    """Write n int16 updates one after the other, never holding more than one."""
    random = np.random.default_rng(n)
    with path.open("wb") as file:
        for _ in range(n):
            random.integers(-4000, 4000, d, np.int16).tofile(file)


def show(found: list[dict[str, object]]) -> None:
    """Print the table."""
    table = Table("rule", "kernel", "n", "d", "seconds", "anonymous MiB", "allowed")
    for one in found:
        coordinate = one["rule"] in COORDINATE_RULES
        table.add_row(*map(str, one.values()), str(COORDINATE_LIMIT if coordinate else LIMIT))
    Console().print(table)


def measure(options: argparse.Namespace, scratch: Path) -> list[dict[str, object]]:
    """Each rule and kernel in a process of its own."""
    found = []
    path = scratch / "updates"
    say(f"writing {options.n} updates of {options.d:,} coordinates, {options.n * options.d * 2 / 2**30:.1f} GiB")
    write_updates(path, options.n, options.d)
    for rule in options.rules:
        for kernel in KERNELS:
            command = [sys.executable, "-m", "scripts.benchmarks.memory", "--in-file", str(path), "--rules", rule]
            sizes = ["--kernel", kernel, "--n", str(options.n), "--d", str(options.d)]
            line = subprocess.run([*command, *sizes], check=True, stdout=subprocess.PIPE).stdout
            found.append(json.loads(line))
            say("  " + line.decode().strip())
    return found


def main() -> None:
    """Measure, print the table, write memory.json."""
    parser = argparse.ArgumentParser(prog="scripts/bench memory", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("bench-out"), help="for memory.json and, meanwhile, the updates"
    )
    parser.add_argument("--rules", nargs="+", default=RULES, help=f"default: {' '.join(RULES)}")
    parser.add_argument("--n", type=int, default=256, help="number of updates (256)")
    parser.add_argument("--d", type=int, default=10**7, help="coordinates (10000000); 256 x 10^7 take 5 GB of disk")
    parser.add_argument("--in-file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--kernel", choices=KERNELS, default="numpy", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_file:
        print(json.dumps(measure_here(options.rules[0], options.kernel, options.in_file, options.n, options.d)))
        return
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out) as scratch:
        found = measure(options, Path(scratch))
    (options.out / "memory.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    show(found)


if __name__ == "__main__":
    main()
