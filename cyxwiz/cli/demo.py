"""`cyxwiz demo`: a cluster of its own, one real training job, the result, everything stopped again."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cyxwiz.cli.exit_codes import ExitCode, exit_code_of_job
from cyxwiz.cli.printing import print_line, print_notice
from cyxwiz.cli.words import seconds_in_words
from cyxwiz.records import JobInfo
from shared.clock import SystemClock

DEMO_JOB = {
    "name": "digits",
    "model": {
        "layers": [
            {"type": "conv2d", "filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"},
            {"type": "max_pool2d", "pool_size": 2},
            {"type": "conv2d", "filters": 64, "kernel_size": 3, "activation": "relu", "padding": "same"},
            {"type": "flatten"},
            {"type": "dense", "units": 10},
        ]
    },
    "dataset": "builtin://digits",
    "batch_size": 64,
    "epochs": 60,
    "hyperparameters": {"optimizer": "adam", "learning_rate": 0.002, "schedule": "cosine", "seed": 7},
}
"""A small convolutional network on handwritten digits."""

_GOOD_ACCURACY = 0.97


@dataclass(frozen=True, slots=True)
class _Outcome:
    info: JobInfo
    files: list[Path]


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the trained model is kept.")
    ] = Path("cyxwiz-demo-result"),
) -> int:
    """Train a small network on a cluster made for it.

    The data are 1,797 handwritten digits; the cluster is stopped again, the trained model is kept.

    Example: cyxwiz demo
    """
    clock = SystemClock()
    began_seconds = clock.monotonic_seconds()
    try:
        outcome = asyncio.run(_run(output))
    except KeyboardInterrupt:
        print_notice("cyxwiz demo: stopped; nothing of its cluster is left")
        return ExitCode.INTERRUPTED
    _report(outcome, total_seconds=clock.monotonic_seconds() - began_seconds)
    return _verdict(outcome.info)


async def _run(output: Path) -> _Outcome:
    from cyxwiz.cli.stop_signals import on_stop_signal
    from cyxwiz.local_cluster import ClusterSettings, running_cluster

    this = asyncio.current_task()
    assert this is not None
    print_line("starting a central server and a node")
    with tempfile.TemporaryDirectory(prefix="cyxwiz-demo-") as folder, on_stop_signal(this.cancel):
        settings = ClusterSettings(state_dir=Path(folder), grpc_port=0, http_port=0)
        try:
            async with running_cluster(settings, say=print_notice) as cluster:
                return await _train(cluster.grpc, output)
        except asyncio.CancelledError as error:
            raise KeyboardInterrupt from error


async def _train(server: str, output: Path) -> _Outcome:
    from cyxwiz.aio import Client
    from cyxwiz.cli.following import follow

    async with Client(server, ca="", token="") as client:
        job = await client.submit(DEMO_JOB)
        print_line(f"training a small convolutional network on handwritten digits (job {job.id})")
        info = await follow(job, as_json=False)
        files = await job.download(output) if info.result is not None else []
    return _Outcome(info=info, files=files)


def _report(outcome: _Outcome, *, total_seconds: float) -> None:
    from cyxwiz.cli.following import closing_sentence

    info = outcome.info
    print_line(closing_sentence(info))
    if info.result is None:
        return
    accuracy = info.result.final_metrics.get("test_accuracy")
    if accuracy is not None:
        print_line(f"test accuracy   {accuracy:.4f} on digits it has never seen")
    if info.first_step_at_ms is not None and info.submitted_at_ms is not None:
        first_step_seconds = (info.first_step_at_ms - info.submitted_at_ms) / 1000
        print_line(f"first step      {seconds_in_words(first_step_seconds)} after the submission")
    print_line(f"total time      {seconds_in_words(total_seconds)}, the cluster's start and end included")
    model = next((path for path in outcome.files if path.name == "model.safetensors"), None)
    print_line(f"model           {model.absolute() if model else 'none'}")
    print_line(f"sha256          {info.result.weights_sha256}")


def _verdict(info: JobInfo) -> int:
    accuracy = info.result.final_metrics.get("test_accuracy", 0.0) if info.result is not None else 0.0
    if info.result is not None and accuracy < _GOOD_ACCURACY:
        print_notice(f"cyxwiz demo: the model should reach {_GOOD_ACCURACY} and reached {accuracy:.4f}")
        return ExitCode.JOB_FAILED
    return exit_code_of_job(info.state)
