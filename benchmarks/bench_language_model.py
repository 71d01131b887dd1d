"""How well the zoo's `gpt` learns Python's standard library, byte by byte, beside the same model in a plain optax loop.

The text is the running interpreter's own: files in alphabetical order up to a bound, every fifth of them held out. For
each seed the engine draws the weights and the order of the data, and the plain loop starts from the same weights and
takes the same batches; then it also draws its own, so that drawing is held against something too.
"""

from __future__ import annotations

import argparse
import statistics
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from benchmarks.bare_gpt import Course, Params, Tokens, initial_params, perplexity, trained
from benchmarks.figures import print_figure, print_machine
from benchmarks.gpt_shape import GptShape
from server_node.training.api import DatasetCache, ProgramCache, TrainingEnvironment, no_artifacts, prepare, train
from server_node.training.data.splits import epoch_order
from shared.job_spec import JobSpec, job_spec_from_mapping

SEEDS = 2
TEXT_BYTES = 250_000
HELD_OUT_EVERY = 5
SHAPE = GptShape(vocabulary=256, context=64, width=64, depth=4, heads=4)
BATCH_SIZE = 32
LEARNING_RATE, WEIGHT_DECAY, CLIP_NORM, WARMUP_STEPS = 3e-3, 0.01, 1.0, 50
ENGINE_NAMES = {"query": "attention_query", "key": "attention_key", "value": "attention_value"} | {
    "out": "attention_output",
    "inner": "inner",
    "outer": "outer",
}
"""Of a block's matrices, by what the plain loop calls them."""
NORMS = {"norm": "attention_norm", "inner_norm": "feed_forward_norm"}


def main() -> None:
    """Train both sides with each seed and print the perplexities on the files held out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_language_model")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many, from 0")
    seeds = range(parser.parse_args().seeds)
    print_machine()
    training, held_out = python_text(TEXT_BYTES)
    steps = len(training) // BATCH_SIZE
    training = training[: steps * BATCH_SIZE]
    print(f"text: {training.size:,} bytes to train on, {held_out.size:,} held out; {steps} steps of {BATCH_SIZE} rows")
    course = Course(LEARNING_RATE, WEIGHT_DECAY, CLIP_NORM, WARMUP_STEPS, steps)
    ours: list[float] = []
    plain: list[float] = []
    own: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        data = _saved(Path(folder), training, held_out)
        environment = TrainingEnvironment(ProgramCache(), DatasetCache(), (Path(folder),), no_artifacts)
        for seed in seeds:
            drawn, reached = _engine(_job(data, seed), environment)
            ours.append(reached)
            same = trained(SHAPE, course, _params_of(drawn), _batches(training, seed))
            plain.append(perplexity(SHAPE, same, held_out, BATCH_SIZE))
            other = trained(SHAPE, course, initial_params(SHAPE, seed), _batches(training, seed + len(seeds)))
            own.append(perplexity(SHAPE, other, held_out, BATCH_SIZE))
    print_figure("perplexity of a byte, engine", _described(ours))
    print_figure("plain optax loop, same weights and batches", _described(plain), goal="the same")
    off = [mine / other - 1 for mine, other in zip(ours, plain, strict=True)]
    print_figure("engine against it, seed by seed", ", ".join(f"{share:+.4%}" for share in off))
    print_figure("plain optax loop, weights and batches of its own", _described(own))


def python_text(most_bytes: int) -> tuple[Tokens, Tokens]:
    """Give rows `(examples, context + 1)` of bytes from the standard library's sources: to train on, and held out."""
    parts: tuple[bytearray, bytearray] = (bytearray(), bytearray())
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    for number, file in enumerate(files):
        if sum(map(len, parts)) < most_bytes:
            parts[number % HELD_OUT_EVERY == HELD_OUT_EVERY - 1].extend(file.read_bytes())
    training, held_out = (_rows(bytes(part)) for part in parts)
    return training, held_out


def _rows(text: bytes) -> Tokens:
    """Cut text into rows that overlap by one byte, so that every byte but the first is a target once."""
    stream, length = np.frombuffer(text, np.uint8).astype(np.int32), SHAPE.context
    starts = np.arange((stream.size - 1) // length) * length
    rows: Tokens = stream[starts[:, None] + np.arange(length + 1)[None, :]]
    return rows


def _saved(folder: Path, training: Tokens, held_out: Tokens) -> Path:
    path = folder / "python.npz"
    np.savez(path, tokens_train=training, tokens_val=held_out)
    return path


def _job(data: Path, seed: int) -> JobSpec:
    return job_spec_from_mapping(
        {
            "model": {
                "architecture": "gpt",
                "vocab_size": SHAPE.vocabulary,
                "context": SHAPE.context,
                "width": SHAPE.width,
                "depth": SHAPE.depth,
                "num_heads": SHAPE.heads,
            },
            "dataset": f"file://{data}",
            "batch_size": BATCH_SIZE,
            "epochs": 1,
            "hyperparameters": {
                "optimizer": "adamw",
                "learning_rate": LEARNING_RATE,
                "weight_decay": WEIGHT_DECAY,
                "gradient_clip_norm": CLIP_NORM,
                "schedule": "warmup_cosine",
                "warmup_steps": WARMUP_STEPS,
                "result_weights": "last",
                "seed": seed,
            },
        }
    )


def _engine(spec: JobSpec, environment: TrainingEnvironment) -> tuple[Mapping[str, npt.NDArray[np.float32]], float]:
    """Give the weights that a job starts from, by name, and the perplexity that it reaches."""
    prepared = prepare(spec, environment)
    drawn = prepared.result().weights
    for _ in train(prepared, chunk_seconds=1.0):
        pass
    return drawn, prepared.history[-1].values["val_perplexity"]


def _batches(training: Tokens, seed: int) -> Iterator[Tokens]:
    """Give the batches of the engine's first epoch."""
    everyone = np.arange(len(training), dtype=np.int32)
    order = epoch_order(everyone, seed, 0, len(training))
    return (training[chosen] for chosen in order.reshape(-1, BATCH_SIZE))


def _params_of(drawn: Mapping[str, npt.NDArray[np.float32]]) -> Params:
    def pair(name: str, *parts: str) -> Params:
        return {part: jnp.asarray(drawn[f"{name}{part}"]) for part in parts}

    def block(number: int) -> Params:
        prefix = f"blocks.block_{number}."
        dense = {name: pair(f"{prefix}{theirs}_", "kernel", "bias") for name, theirs in ENGINE_NAMES.items()}
        return dense | {name: pair(f"{prefix}{theirs}_", "scale", "bias") for name, theirs in NORMS.items()}

    return {
        "tokens": jnp.asarray(drawn["embedding.table"]),
        "positions": jnp.asarray(drawn["positions.table"]),
        "blocks": [block(number) for number in range(SHAPE.depth)],
        "norm": pair("norm.", "scale", "bias"),
        "head": jnp.asarray(drawn["head.kernel"]),
    }


def _described(values: list[float]) -> str:
    listed = ", ".join(f"{value:.4f}" for value in values)
    return f"mean {statistics.mean(values):.4f} ({listed})"


if __name__ == "__main__":
    main()
