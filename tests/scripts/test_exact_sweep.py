"""The sweep over BLAS kernels and threads, for one of each."""

from scripts.benchmarks.exact import sweep


def test_this_machine_gives_the_committed_bytes_with_and_without_simd():
    runs = list(sweep([""], [2], [3]))
    assert [(run.simd, run.blas_threads, run.threads) for run in runs] == [("all", 2, 3), ("baseline", 1, 3)]
    assert all(run.moved == [] for run in runs)
