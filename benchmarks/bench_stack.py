"""Samples per second through the whole stack against a bare hand-written JAX loop of the same work, alternating.

The stack's time runs from the first finished step to the job's end as the central server recorded it, so it holds
scoring, writing, uploading and committing the result too. The bare loop imports nothing of the node, and the quickest
way of writing it counts.
"""

from __future__ import annotations

import asyncio

import numpy as np

from benchmarks.bare_jax_loop import SLICED_CNN, STOCK_CNN, Workload, best_bare_loop, mlp
from benchmarks.cluster import fresh_cluster
from benchmarks.figures import print_figure, print_machine, ratio_of_pairs
from benchmarks.jobs import DIGITS_CNN, MLP, JobFile
from cyxwiz.aio import Client

PAIRS = 5


async def main() -> None:
    """Run both workloads, one pair after the other."""
    print_machine()
    async with fresh_cluster() as client:
        for workload in _workloads():
            await _compare(client, *workload)


async def _compare(client: Client, name: str, workload: Workload, spec: JobFile, epochs: int) -> None:
    bare_loop = await asyncio.to_thread(best_bare_loop, workload, epochs)
    await _stack_rate(client, {**spec, "epochs": 1}, workload, 1)
    stack, bare = [], []
    for _ in range(PAIRS):
        bare.append(await asyncio.to_thread(bare_loop))
        stack.append(await _stack_rate(client, {**spec, "epochs": epochs}, workload, epochs))
    print_figure(f"{name}, stack against bare loop", ratio_of_pairs(stack, bare), goal="≥ 0.95")
    rates = f"stack {sorted(stack)[PAIRS // 2]:,.0f}, bare {sorted(bare)[PAIRS // 2]:,.0f}"
    print_figure(f"{name}, samples a second (medians)", rates)


async def _stack_rate(client: Client, spec: JobFile, workload: Workload, epochs: int) -> float:
    info = await (await client.submit(spec)).wait()
    assert info.state == "succeeded", info.error
    assert info.ended_at_ms is not None
    assert info.first_step_at_ms is not None
    samples = workload.labels.size * epochs - workload.batch_size  # the first step lies before the time
    return samples / ((info.ended_at_ms - info.first_step_at_ms) / 1e3)


def _workloads() -> list[tuple[str, Workload, JobFile, int]]:
    mlp_workload = Workload("mlp", *_data(20_480, (784,)), 64, ((784, 256), (256, 128), (128, 10)), (mlp,))
    mlp_spec = {**MLP, "dataset": "synthetic://classification?samples=20480&features=784&classes=10&seed=1"}
    kernels = ((3, 3, 1, 32), (3, 3, 32, 64), (1024, 10))
    cnn_workload = Workload("cnn", *_data(1438, (8, 8, 1)), 64, kernels, (SLICED_CNN, STOCK_CNN))
    layers = [
        {"type": "conv2d", "filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"},
        {"type": "max_pool2d", "pool_size": 2},
        {"type": "conv2d", "filters": 64, "kernel_size": 3, "activation": "relu", "padding": "same"},
        {"type": "flatten"},
        {"type": "dense", "units": 10},
    ]
    cnn_spec = {**DIGITS_CNN, "model": {"layers": layers}}
    return [
        ("MLP 784-256-128-10, batch 64", mlp_workload, mlp_spec, 20),
        ("CNN 32-64 on 8×8, batch 64", cnn_workload, cnn_spec, 60),
    ]


def _data(examples: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Random values of the right shapes: the bare loop's speed does not depend on what they are."""
    rng = np.random.default_rng(0)
    return rng.random((examples, *shape), np.float32), rng.integers(0, 10, examples, np.int32)


if __name__ == "__main__":
    asyncio.run(main())
