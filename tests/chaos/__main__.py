"""`make chaos`: thirty jobs on three nodes while a hundred faults happen; all must end, with the bits of a quiet run.

Real processes on loopback, a real proxy before each node. First every job runs undisturbed on a cluster of its own,
then all of them again under faults. It stops by itself and prints one line a fault and a verdict.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cyxwiz
from shared.job_spec import JobSpec, job_spec_from_mapping
from tests.chaos.faults import FAULTS, Victims
from tests.chaos.processes import Supervised, free_port
from tests.chaos.proxy import Proxy

NODES = 3
LEASE_SECONDS = 6
PATIENCE_SECONDS = 400.0
_ENVIRONMENT = {"CYXWIZ_NODE_CHECKPOINT_SECONDS": "0.5", "CYXWIZ_NODE_SLOTS": "4", "CYXWIZ_NODE_THREADS": "1"}


def main() -> int:
    """Return 0 when every job ended as it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=30)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    said = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped before it was over"))  # and with it what it started
    _say(f"seed {said.seed}: {said.jobs} jobs, {said.faults} faults, {NODES} nodes")
    specs = [_a_job(number) for number in range(said.jobs)]
    with tempfile.TemporaryDirectory() as folder:
        expected = _run(Path(folder) / "quiet", specs, faults=0, chance=random.Random(0))
        seen = _run(Path(folder) / "chaos", specs, faults=said.faults, chance=random.Random(said.seed))
    wrong = [number for number in range(said.jobs) if seen[number] != expected[number]]
    for number in wrong:
        _say(f"job {number}: {seen[number]} instead of {expected[number]}")
    _say(f"{said.jobs - len(wrong)} of {said.jobs} jobs ended as they should, with the bits of an undisturbed run")
    return 1 if wrong else 0


def _a_job(number: int) -> JobSpec:
    kinds: tuple[dict[str, object], ...] = (
        {"model": {"layers": [64, 10]}, "dataset": "builtin://digits", "epochs": 250, "batch_size": 32},
        {
            "model": {
                "layers": [
                    {"type": "conv2d", "filters": 8, "kernel_size": 3},
                    {"type": "flatten"},
                    {"type": "dense", "units": 10},
                ]
            },
            "dataset": "builtin://digits",
            "epochs": 40,
            "batch_size": 64,
        },
        {"model": {"layers": [32, 1]}, "dataset": "synthetic://regression?samples=2000&features=16", "epochs": 300},
    )
    hyperparameters = {"optimizer": "adam", "learning_rate": 0.001, "seed": number}
    resources = {"memory": "200MiB"}
    retry = {"max_losses": 1000}
    return job_spec_from_mapping(
        {**kinds[number % len(kinds)], "hyperparameters": hyperparameters, "resources": resources, "retry": retry}
    )


def _run(folder: Path, specs: list[JobSpec], *, faults: int, chance: random.Random) -> list[str]:
    """Run the jobs on a new cluster; return for each its state and the hash of its weights."""
    with _a_cluster(folder, chance) as (victims, address), cyxwiz.Client(address, retry_seconds=120) as client:
        began = time.monotonic()
        jobs: list[cyxwiz.Job] = []
        for number in range(max(faults, len(specs))):
            while len(jobs) < len(specs) and len(jobs) * faults <= number * len(specs):
                jobs.append(client.submit(specs[len(jobs)]))
            if number < faults:
                told = chance.choice(FAULTS)(victims)
                _say(f"{time.monotonic() - began:6.1f} s  fault {number + 1}: {told}")
                time.sleep(chance.uniform(0.1, 1.2))
        return [_outcome(job) for job in jobs]


def _outcome(job: cyxwiz.Job) -> str:
    info = job.wait(timeout_seconds=PATIENCE_SECONDS)
    weights = info.result.weights_sha256 if info.result else ""
    return f"{info.state} {weights} {info.error.message if info.error else ''}".strip()


@contextmanager
def _a_cluster(folder: Path, chance: random.Random) -> Iterator[tuple[Victims, str]]:
    folder.mkdir()
    address, http = (f"127.0.0.1:{free_port()}" for _ in range(2))
    timing = ["--lease-seconds", str(LEASE_SECONDS), "--heartbeat-seconds", "1"]
    state = folder / "server"
    server = Supervised(
        "central_server",
        ["--listen", address, "--http-listen", http, "--state-dir", str(state), *timing],
        folder / "server.log",
        {},
    )
    proxies = tuple(Proxy(address) for _ in range(NODES))
    nodes = tuple(
        Supervised(
            "server_node",
            ["--server", proxy.address, "--state-dir", str(folder / f"node-{number}"), "--name", f"node-{number}"],
            folder / f"node-{number}.log",
            _ENVIRONMENT,
        )
        for number, proxy in enumerate(proxies)
    )
    try:
        yield Victims(server, nodes, proxies, state / "central.sqlite3", chance), address
    finally:
        for part in (*nodes, server):
            part.stop()
        for proxy in proxies:
            proxy.close()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
