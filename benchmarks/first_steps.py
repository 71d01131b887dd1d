"""One process of `bench_job_start`: how long first steps take in it, as one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.jobs import CNN28, MLP, TINY, JobFile
from server_node.training.compile_cache import configure_jax
from server_node.training.runtime_flags import set_runtime_flags

JOBS = {"mlp": MLP, "cnn": CNN28}
AGAIN = 20


def engine(job: JobFile, state_dir: Path) -> dict[str, Any]:
    """Start a tiny job to warm the process, one of the measured shape, and then others that differ in seed and rate."""
    configure_jax(state_dir)
    import jax.monitoring  # noqa: PLC0415 - must load after it is configured

    events: list[tuple[str, float]] = []

    def note(event: str, duration_secs: float, **_: str | int) -> None:
        events.append((event, duration_secs))

    jax.monitoring.register_event_duration_secs_listener(note)
    start = _starter()
    _wait_for_evaluation(start(TINY))
    events.clear()
    begun, processor = time.perf_counter(), time.process_time()
    started = start(job)
    measured = {
        "first_seconds": time.perf_counter() - begun,
        "first_processor_seconds": time.process_time() - processor,
    }
    _wait_for_evaluation(started)
    measured["compile_seconds"] = sum(seconds for name, seconds in events if "backend_compile" in name)
    events.clear()
    again = []
    for seed in range(AGAIN):
        begun = time.perf_counter()
        start({**job, "hyperparameters": {"optimizer": "adam", "seed": seed, "learning_rate": 0.001 * (1 + seed)}})
        again.append(time.perf_counter() - begun)
    seen = sum("/compile/" in name or "jaxpr_trace" in name for name, _ in events)
    return {**measured, "again_seconds": again, "again_events": seen}


def _wait_for_evaluation(prepared: Any) -> None:
    """Let the compiling end that goes on beside the first epoch, or it would be counted with what comes next."""
    prepared.program.evaluate_chunk.executable()


def _starter() -> Any:
    """Give what starts a job, and gives it back after its first step."""
    from server_node.training.api import (  # noqa: PLC0415 - loads JAX, which must be configured first
        DatasetCache,
        ProgramCache,
        TrainingEnvironment,
        no_artifacts,
        prepare,
        train,
    )
    from shared.job_spec import job_spec_from_mapping  # noqa: PLC0415 - the same

    environment = TrainingEnvironment(ProgramCache(), DatasetCache(), (), no_artifacts)

    def start(job: JobFile) -> Any:
        prepared = prepare(job_spec_from_mapping(job), environment)
        next(train(prepared))
        return prepared

    return start


def bare(model: str) -> dict[str, Any]:
    """Draw weights in one jitted call and train a step in another, after a tiny program has warmed the process."""
    set_runtime_flags()
    import jax  # noqa: PLC0415 - must load after its flags are set

    from benchmarks.bare_first_step import first_step  # noqa: PLC0415 - the same

    jax.jit(lambda values: values * 2 + 1)(jax.numpy.ones(3)).block_until_ready()
    begun = time.perf_counter()
    first_step(model)
    return {"first_seconds": time.perf_counter() - begun}


if __name__ == "__main__":
    way, model_name, *more = sys.argv[1:]
    print(json.dumps(engine(JOBS[model_name], Path(more[0])) if way == "engine" else bare(model_name)))
