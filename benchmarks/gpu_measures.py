"""What one process measures for `benchmarks.gpu`: our engine on a GPT, or a bare loop of the same work.

Started as a process of its own, so that XLA's flags and the memory allocator are fresh; prints one line of JSON at the
end. Nothing here compares or judges.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gpt_shape import GptShape

LARGEST_CHUNKS = (1, 4, 16)
"""Sizes of chunks that are timed, beside one chunk of all steps."""
REPEATED_STEPS = 8
WARMING_STEPS = 2
OPTIMIZER = {"optimizer": "adamw", "learning_rate": 3e-4, "weight_decay": 0.1}
Measured = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Work:
    """What is computed: the model's sizes, sequences of one step, what the job says of precision, steps of a timing."""

    shape: GptShape
    batch_size: int
    precision: str
    steps: int


def engine(work: Work, state_dir: Path | None, *, is_timed: bool) -> Measured:
    """Prepare and train through the engine, as a node does; see the keys of what is given.

    Args:
        work: what is computed.
        state_dir: where compiled programs are kept between processes; None for nowhere.
        is_timed: whether chunks are timed and memory is read, behind the first steps.
    """
    import jax  # noqa: PLC0415 - flags are set before it loads, and the clock runs while it does

    from server_node.training import api  # noqa: PLC0415 - the same
    from server_node.training.compile_cache import configure_jax  # noqa: PLC0415 - the same

    if state_dir is not None:
        configure_jax(state_dir)
    with tempfile.TemporaryDirectory() as folder:
        spec = _job(work, _saved_tokens(Path(folder), work))
        environment = api.TrainingEnvironment(api.ProgramCache(), api.DatasetCache(), (Path(folder),), api.no_artifacts)
        first_step_seconds, prepared = _seconds_to_first_step(lambda: api.prepare(spec, environment))
        prepared.run_chunk(REPEATED_STEPS - 1)
        found: dict[str, Any] = {
            "device": str(jax.local_devices()[0].device_kind),
            "first_step_seconds": first_step_seconds,
            "digest": _digest(jax.device_get(prepared.current_model())),
        }
        if is_timed:
            found |= _timed(work, prepared)
            del prepared
            again, _ = _seconds_to_first_step(lambda: api.prepare(spec, environment))
            found |= {"second_job_first_step_seconds": again, **_account(api.plan_memory(spec, environment))}
    return found


def _timed(work: Work, prepared: Any) -> Measured:
    prepared.run_chunk(work.steps - REPEATED_STEPS)  # to the epoch's end: a chunk never crosses one
    sizes = (*(size for size in LARGEST_CHUNKS if size < work.steps), work.steps)
    chunks = {size: _seconds_a_step(prepared.run_chunk, size, work.steps) for size in sizes}
    prepared.snapshot()  # as a node does for every checkpoint: the account counts the copy
    return {"seconds_a_step": chunks, "peak_bytes": _peak_bytes()}


def _account(plan: Any) -> Measured:
    memory = plan.memory
    parts = {"program": memory.program_bytes, "data": memory.data_bytes, "state": memory.state_bytes}
    return {"parameters": plan.parameters, "predicted_bytes": plan.memory_bytes, "predicted": parts}


def bare(work: Work, way: str) -> Measured:
    """Train the hand-written model in one way: `step` or `loop`, attention `written`, `stock` or `cudnn`."""
    import jax  # noqa: PLC0415 - see engine
    import jax.numpy as jnp  # noqa: PLC0415 - the same

    from benchmarks import bare_gpt  # noqa: PLC0415 - the same

    calls, formulation = way.split("-")
    dtype = jnp.bfloat16 if work.precision == "bfloat16" else jnp.float32
    attention: Any = bare_gpt.attention_written_out
    if formulation != "written":
        chosen = None if formulation == "stock" else formulation
        attention = partial(jax.nn.dot_product_attention, is_causal=True, implementation=chosen)
    run, parameters = bare_gpt.timed_steps(
        work.shape, work.batch_size, attention, dtype, OPTIMIZER, is_loop=calls == "loop"
    )
    run(WARMING_STEPS)
    seconds = _seconds_a_step(run, work.steps, work.steps)
    return {"seconds_a_step": seconds, "parameters": parameters, "peak_bytes": _peak_bytes()}


def embedding_gradient(work: Work, way: str) -> Measured:
    """Time the gradient of the token table alone: rows added (`scatter`), or one `product` with one-hot rows."""
    import jax  # noqa: PLC0415 - see engine
    import jax.numpy as jnp  # noqa: PLC0415 - the same

    shape, count = work.shape, work.batch_size * work.shape.context
    dtype = jnp.bfloat16 if work.precision == "bfloat16" else jnp.float32
    tokens = jnp.asarray(np.random.default_rng(0).integers(0, shape.vocabulary, count, np.int32))
    arriving = jnp.ones((tokens.size, shape.width), dtype)

    @jax.jit
    def gradient(tokens: jax.Array, arriving: jax.Array) -> jax.Array:
        if way == "scatter":
            zeros = jnp.zeros((shape.vocabulary, shape.width), jnp.float32)
            return zeros.at[tokens].add(arriving.astype(jnp.float32))
        one_hot = jax.nn.one_hot(tokens, shape.vocabulary, dtype=dtype)
        return jnp.einsum("tv,tw->vw", one_hot, arriving, preferred_element_type=jnp.float32)

    def run(steps: int) -> None:
        for _ in range(steps - 1):
            gradient(tokens, arriving)
        gradient(tokens, arriving).block_until_ready()

    run(WARMING_STEPS)
    return {"seconds_a_step": _seconds_a_step(run, work.steps, work.steps)}


def _seconds_to_first_step(prepare: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    prepared = prepare()
    prepared.run_chunk(1)
    return time.perf_counter() - begun, prepared


def _seconds_a_step(run: Callable[[int], object], chunk: int, steps: int) -> float:
    """Time so many steps in calls of one chunk each."""
    begun = time.perf_counter()
    for _ in range(steps // chunk):
        run(chunk)
    return (time.perf_counter() - begun) / (steps // chunk * chunk)


def _digest(tree: Any) -> str:
    import jax  # noqa: PLC0415 - see engine

    found = hashlib.sha256()
    for leaf in jax.tree.leaves(tree):
        found.update(np.asarray(leaf).tobytes())
    return found.hexdigest()


def _peak_bytes() -> int | None:
    """Give the allocator's own highest mark; CPUs keep none."""
    import jax  # noqa: PLC0415 - see engine

    statistics = jax.local_devices()[0].memory_stats() or {}
    peak = statistics.get("peak_bytes_in_use")
    return None if peak is None else int(peak)


def _saved_tokens(folder: Path, work: Work) -> Path:
    rows = (work.batch_size * work.steps, work.shape.context + 1)
    path = folder / "tokens.npz"
    np.savez(path, tokens=np.random.default_rng(0).integers(0, work.shape.vocabulary, rows, np.int32))
    return path


def _job(work: Work, data: Path) -> Any:
    from shared.job_spec import job_spec_from_mapping  # noqa: PLC0415 - what measures the bare loop does without it

    return job_spec_from_mapping(
        {
            "model": {
                "architecture": "gpt",
                "vocab_size": work.shape.vocabulary,
                "context": work.shape.context,
                "width": work.shape.width,
                "depth": work.shape.depth,
                "num_heads": work.shape.heads,
            },
            "dataset": f"file://{data}",
            "batch_size": work.batch_size,
            "epochs": 100,
            "hyperparameters": {**OPTIMIZER, "precision": work.precision, "metric_interval_steps": 0},
        }
    )


def main() -> None:
    """Measure what the arguments name and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("engine", "bare", "embedding"))
    parser.add_argument("--shape", type=lambda text: GptShape(*map(int, text.split(","))), required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--precision", required=True)
    parser.add_argument("--way", default="")
    parser.add_argument("--first-steps-only", action="store_true")
    parser.add_argument("--state-dir", type=Path)
    given = parser.parse_args()
    work = Work(given.shape, given.batch, given.precision, given.steps)
    if given.what == "engine":
        found = engine(work, given.state_dir, is_timed=not given.first_steps_only)
    else:
        found = {"bare": bare, "embedding": embedding_gradient}[given.what](work, given.way)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
