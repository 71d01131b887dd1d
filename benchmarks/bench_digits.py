"""How well the digits are learned: the demo's network through the whole stack, over several seeds."""

from __future__ import annotations

import asyncio
import statistics
from typing import cast

from benchmarks.cluster import fresh_cluster
from benchmarks.figures import print_figure, print_machine
from cyxwiz.cli.demo import DEMO_JOB

SEEDS = (0, 1, 2, 3, 4)


async def main() -> None:
    """Train once for each seed and print the accuracies on the fixed test split."""
    print_machine()
    async with fresh_cluster() as client:
        accuracies = []
        for seed in SEEDS:
            hyperparameters = {**cast("dict[str, object]", DEMO_JOB["hyperparameters"]), "seed": seed}
            info = await (await client.submit({**DEMO_JOB, "hyperparameters": hyperparameters})).wait()
            assert info.result is not None, info.error
            accuracies.append(info.result.final_metrics["test_accuracy"])
    listed = ", ".join(f"{accuracy:.4f}" for accuracy in accuracies)
    print_figure(
        "digits test accuracy",
        f"mean {statistics.mean(accuracies):.4f}, worst {min(accuracies):.4f} ({listed})",
        goal="≥ 0.985",
    )


if __name__ == "__main__":
    asyncio.run(main())
