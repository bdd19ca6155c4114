"""How long `fednode --help` takes, beside a Python that does nothing."""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["main"]


def seconds(command: list[str]) -> float:
    """Wall-clock seconds of one run of a command that must succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def measure(runs: int) -> dict[str, object]:
    """Medians over `runs` alternating pairs, so that a busy machine slows both alike."""
    bare = [sys.executable, "-c", "pass"]
    shown = [str(Path(sys.executable).parent / "fednode"), "--help"]
    seconds(shown)  # compiles bytecode and fills the file cache
    pairs = [(seconds(bare), seconds(shown)) for _ in range(runs)]
    return {
        "benchmark": "startup",
        "runs": runs,
        "python_seconds": round(statistics.median(pair[0] for pair in pairs), 4),
        "help_seconds": round(statistics.median(pair[1] for pair in pairs), 4),
        "ratio": round(statistics.median(pair[1] / pair[0] for pair in pairs), 2),
    }


def main() -> None:
    """Read the options, print one JSON object."""
    parser = argparse.ArgumentParser(prog="scripts/bench startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=11, help="alternating pairs of runs (default: 11)")
    runs = parser.parse_args().runs
    if runs < 1:
        parser.error("--runs must be at least 1")
    print(json.dumps(measure(runs), indent=2))


if __name__ == "__main__":
    main()
