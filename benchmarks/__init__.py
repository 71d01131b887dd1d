"""Figures of speed and memory. Each `bench_*.py` prints its own, beside what it is compared with in the same run.

No test asserts a time: machines differ, and a shared one differs from minute to minute. Run one with
`python -m benchmarks.bench_first_step`, all of them with `make bench`.
"""
