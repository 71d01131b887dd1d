"""What a plan says a job takes of memory, against how much resident memory grew while it trained on the CPU.

For each job one process plans it, which fills the compilation cache; a fresh one plans it again, from the cache, and
then trains it as a node does: a checkpoint is copied, and a thread writes it while the training goes on. Growth is the
largest resident memory after the plan, by the kernel's own count, less the resident memory when the plan was made.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.figures import print_figure, print_machine
from server_node.training.compile_cache import configure_jax

MEGABYTE = 1e6
STEPS = 8
WIDE = [4096, 8192, 2048]
JOBS: Mapping[str, Mapping[str, Any]] = {
    optimizer: {
        "model": {
            "layers": [
                *({"type": "dense", "units": units, "activation": "relu"} for units in WIDE),
                {"type": "dense", "units": 10},
            ]
        },
        "dataset": "synthetic://classification?samples=1024&features=784&classes=10&seed=1",
        "batch_size": 64,
        "epochs": 1,
        "hyperparameters": {"optimizer": optimizer},
    }
    for optimizer in ("adam", "sgd")
}


def main() -> None:
    """Plan and train the jobs that are named, or all, and print what was said and what was seen."""
    print_machine()
    for name in sys.argv[1:] or JOBS:
        with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
            _in_a_process("plan", name, folder)
            found = _in_a_process("train", name, folder)
        _print(name, found)


def _in_a_process(way: str, name: str, folder: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.bench_plan_memory", way, name, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=200)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _print(name: str, found: dict[str, float]) -> None:
    sizes = {part: f"{size / MEGABYTE:,.0f} MB" for part, size in found.items()}
    parts = f"program {sizes['program']}, data {sizes['data']}, state with a copy {sizes['state']}"
    print_figure(f"dense, {name}: model of {sizes['weights']}, plan says", f"{sizes['planned']} ({parts})")
    print_figure(
        f"dense, {name}: resident memory grew", f"{sizes['grown']}; before a checkpoint {sizes['grown_before_copy']}"
    )
    print_figure(f"dense, {name}: planned to grown", f"{found['planned'] / found['grown']:.3f}", goal="0.85 to 1.15")


def _measured(way: str, name: str, folder: Path) -> dict[str, float]:
    configure_jax(folder / "node")
    from server_node.training.api import (  # noqa: PLC0415 - loads JAX, which must be configured first
        DatasetCache,
        ProgramCache,
        TrainingEnvironment,
        no_artifacts,
        plan_memory,
    )
    from shared.job_spec import job_spec_from_mapping  # noqa: PLC0415 - the same

    spec = job_spec_from_mapping(JOBS[name])
    environment = TrainingEnvironment(ProgramCache(), DatasetCache(), (), no_artifacts)
    plan = plan_memory(spec, environment)
    memory = plan.memory
    said = {
        "weights": 4.0 * plan.parameters,
        "planned": float(plan.memory_bytes),
        "program": float(memory.program_bytes),
        "data": float(memory.data_bytes),
        "state": float(memory.state_bytes),
    }
    return said | (_trained(spec, environment, folder) if way == "train" else {})


def _trained(spec: Any, environment: Any, folder: Path) -> dict[str, float]:
    from server_node.training.api import prepare, save_checkpoint, train  # noqa: PLC0415 - loads JAX

    before = _resident_bytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the largest is counted anew from here
    prepared = prepare(spec, environment)
    grown_before_copy = 0.0
    with ThreadPoolExecutor(1) as writer:
        for report in train(prepared):
            if report.step >= STEPS and not grown_before_copy:
                grown_before_copy = _resident_bytes("VmHWM") - before
                writer.submit(save_checkpoint, prepared.snapshot(), folder / "checkpoint")
    return {"grown": _resident_bytes("VmHWM") - before, "grown_before_copy": grown_before_copy}


def _resident_bytes(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None, "Linux tells the resident memory of a process in /proc/self/status"
    return float(found[1]) * 1024


if __name__ == "__main__":
    if sys.argv[1:2] not in (["plan"], ["train"]):
        main()
    else:
        print(json.dumps(_measured(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
