"""Whether every rule gives the committed bytes with every BLAS kernel, SIMD and number of threads; run by hand."""

import argparse
import ctypes
import importlib.machinery
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

__all__ = ["KERNELS", "Run", "main", "sweep"]

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
KERNELS = {  # OPENBLAS_CORETYPE, by machine; OpenBLAS takes its own choice for one that it does not have
    "x86_64": ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"),
    "aarch64": ("ARMV8", "CORTEXA57", "NEOVERSEN1", "NEOVERSEV1", "NEOVERSEN2", "ARMV8SVE"),
    "arm64": ("ARMV8", "VORTEX", "NEOVERSEN1"),
}
NAMES = ("scipy_openblas_get_corename64_", "openblas_get_corename64_", "openblas_get_corename")


@dataclass(frozen=True)
class Run:
    """One set of digests: the kernel asked for and the one that ran, numpy's SIMD, threads of BLAS and ours.

    `moved` names what differs from the committed digests; None when the processor cannot run the kernel.
    """

    asked: str
    kernel: str | None
    simd: str
    blas_threads: int
    threads: int
    moved: list[str] | None


def sweep(kernels: list[str], blas_threads: list[int], threads: list[int]) -> Iterator[Run]:
    """Compute all digests in a process of its own for each combination, then without SIMD for each of `threads`."""
    for kernel in kernels:
        for blas in blas_threads:
            for ours in threads:
                yield _run(kernel, "all", blas, ours)
    for ours in threads:
        yield _run(kernels[0], "baseline", 1, ours)


def _run(kernel: str, simd: str, blas: int, threads: int) -> Run:
    environment = os.environ | {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": str(blas)}
    if simd == "baseline":
        found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
        environment["NPY_DISABLE_CPU_FEATURES"] = " ".join(found)
    command = [sys.executable, "-m", "scripts.benchmarks.exact", "--child", str(threads)]
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
    if child.returncode < 0:  # an illegal instruction
        return Run(kernel, None, simd, blas, threads, None)
    child.check_returncode()
    answer = json.loads(child.stdout)
    return Run(kernel, answer["kernel"], simd, blas, threads, answer["moved"])


def _child(threads: int) -> dict[str, object]:
    golden = _golden()
    committed = json.loads(golden.SNAPSHOT.read_text("utf-8"))
    moved = [name for name, digest in golden.digests(threads) if committed.get(name) != digest]
    return {"kernel": _kernel(), "moved": moved}


def _golden() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("golden", str(GOLDEN))
    spec = importlib.util.spec_from_loader("golden", loader)
    assert spec is not None  # noqa: S101  (a loader was given)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _kernel() -> str | None:
    """The kernel that numpy's OpenBLAS uses, where that can be found out."""
    try:
        maps = Path("/proc/self/maps").read_text("utf-8")
    except OSError:
        return None
    for path in {line.split()[-1] for line in maps.splitlines() if "openblas" in line}:
        library = ctypes.CDLL(path)
        for name in NAMES:
            if hasattr(library, name):
                function = getattr(library, name)
                function.restype = ctypes.c_char_p
                return str(function().decode())
    return None


def main() -> int:
    """Read the options, print one JSON object; 0 when all digests are as committed, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="scripts/bench exact", description=__doc__)
    here = KERNELS.get(platform.machine(), ("",))
    parser.add_argument("--kernels", nargs="+", default=list(here), help=f"default: {' '.join(here)}")
    parser.add_argument("--blas-threads", nargs="+", type=int, default=[1, 2], help="default: 1 2")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2, 3], help="ours; default: 1 2 3")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        print(json.dumps(_child(options.child)))
        return 0
    runs = []
    for run in sweep(options.kernels, options.blas_threads, options.threads):
        said = "cannot run here" if run.moved is None else f"{len(run.moved)} digests moved"
        how = f"{run.asked} ({run.kernel}), {run.simd} SIMD, BLAS threads {run.blas_threads}, ours {run.threads}"
        print(f"{how}: {said}", file=sys.stderr)
        runs.append(run)
    agree = not any(run.moved for run in runs)
    ran = sorted({run.kernel for run in runs if run.kernel})
    print(
        json.dumps(
            {"benchmark": "exact", "agree": agree, "kernels": ran, "runs": [asdict(one) for one in runs]}, indent=2
        )
    )
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
