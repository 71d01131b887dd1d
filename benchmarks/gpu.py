"""What one GPU reaches with a GPT of the size of GPT-2, through our engine and through a bare loop.

`python -m benchmarks.gpu` prints a table for RESULTS.md: the share of the card's peak (model FLOPs utilisation), chunk
size against throughput, time to the first step, memory predicted and taken, whether a run repeats bit for bit and what
that costs. Without a GPU it says so and measures nothing; `--tiny` runs the same code on a CPU with a tiny model, which
tries the script and gives no figure worth writing down.

Each figure comes from a process of its own (`benchmarks.gpu_measures`); this one never loads JAX, so that it holds no
card. What there is no time left for is said, not guessed. The model is the zoo's `gpt`, 12 blocks of width 768,
vocabulary 50,257: 124 M parameters in its matrix products and positions, and a token table of 39 M beside them, since
the head has weights of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.gpt_shape import GptShape
from benchmarks.gpu_report import Found, table

GPT2 = GptShape(vocabulary=50_257, context=1024, width=768, depth=12, heads=12)
TINY = GptShape(vocabulary=256, context=32, width=64, depth=2, heads=4)
BARE_WAYS = ("step-stock", "step-cudnn", "loop-stock", "loop-cudnn")
WAYS_ON_CPUS = ("step-written", "step-stock", "loop-stock")
DETERMINISTIC = "--xla_gpu_deterministic_ops=true"
FREE_ORDER = "--xla_gpu_deterministic_ops=false"
LEAST_SECONDS = 20
"""For which a process is worth starting."""
NO_GPU = """\
no GPU: JAX finds none here ({reason}).
Nothing was measured. `python -m benchmarks.gpu --tiny` tries the script on a CPU."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line; `steps` are those of one timing, `deadline` is of `time.monotonic`."""

    device: str
    shape: GptShape
    batch_size: int
    precision: str
    steps: int
    deadline: float

    @property
    def ways(self) -> Sequence[str]:
        """How the bare loop is written: only a GPU has cuDNN."""
        return BARE_WAYS if self.device == "gpu" else WAYS_ON_CPUS


@dataclass(frozen=True, slots=True)
class Part:
    """One process: what it is called in the table, what it measures, with which of XLA's flags."""

    name: str
    what: str
    arguments: Sequence[str]
    flags: str


def request_from(arguments: Sequence[str]) -> Request:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tiny", action="store_true", help="a tiny model on a CPU, to try the script itself")
    parser.add_argument("--batch", type=int, help="sequences a step; 16, with --tiny 4")
    parser.add_argument("--steps", type=int, help="steps of one timing, a multiple of 16; 32, with --tiny 16")
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--minutes", type=float, default=30.0, help="no process runs longer than these in all")
    given = parser.parse_args(arguments)
    return Request(
        device="cpu" if given.tiny else "gpu",
        shape=TINY if given.tiny else GPT2,
        batch_size=given.batch or (4 if given.tiny else 16),
        precision=given.precision,
        steps=given.steps or (16 if given.tiny else 32),
        deadline=time.monotonic() + 60 * given.minutes,
    )


def why_no_gpu(request: Request) -> str:
    """Say why nothing can be measured; empty where a GPU is there, or none is asked for."""
    if request.device == "cpu":
        return ""
    ended = subprocess.run(
        [sys.executable, "-c", "import jax; jax.devices('gpu')"],
        env={name: value for name, value in os.environ.items() if name != "JAX_PLATFORMS"},
        capture_output=True,
        text=True,
        check=False,
    )
    return _last_line(ended.stderr) if ended.returncode else ""


def measure(request: Request) -> dict[str, Found]:
    """Run every process, one behind the other; what fails is told under `error` and fails nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        return {part.name: _child(request, part) for part in _parts(request, folder)}


def _parts(request: Request, folder: str) -> Iterator[Part]:
    """Give the processes, what matters most first."""
    bare = [Part(f"bare {way}", "bare", ("--way", way), FREE_ORDER) for way in request.ways]
    yield Part("engine", "engine", (), DETERMINISTIC)
    yield bare[-1]
    yield Part("engine, free order", "engine", (), FREE_ORDER)
    first_only = ("--first-steps-only",)
    yield Part("engine again", "engine", first_only, DETERMINISTIC)
    for name in ("cache cold", "cache warm"):
        yield Part(name, "engine", (*first_only, "--state-dir", folder), DETERMINISTIC)
    yield from bare[:-1]
    yield Part("engine, free order again", "engine", first_only, FREE_ORDER)
    for flags, order in ((DETERMINISTIC, "fixed"), (FREE_ORDER, "free")):
        for way in ("scatter", "product"):
            yield Part(f"embedding {way} {order}", "embedding", ("--way", way), flags)


def _child(request: Request, part: Part) -> Found:
    shape, left = request.shape, request.deadline - time.monotonic()
    if left < LEAST_SECONDS:
        return {"error": "not run: no time was left; say --minutes"}
    sizes = ",".join(map(str, (shape.vocabulary, shape.context, shape.width, shape.depth, shape.heads)))
    command = [sys.executable, "-m", "benchmarks.gpu_measures", part.what, "--shape", sizes]
    command += ["--batch", str(request.batch_size), "--steps", str(request.steps), "--precision", request.precision]
    print(f"… {part.name} ({part.flags})", file=sys.stderr, flush=True)
    environment = _environment(request, part.flags)
    try:
        ended = subprocess.run(
            [*command, *part.arguments], env=environment, capture_output=True, text=True, timeout=left, check=False
        )
    except subprocess.TimeoutExpired:
        return {"error": f"not finished in the {left:.0f} s that were left; say --minutes"}
    if ended.returncode:
        return {"error": _last_line(ended.stderr)}
    found: Found = json.loads(ended.stdout.splitlines()[-1])
    return found


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no word of why"])[-1][:200]


def _environment(request: Request, flags: str) -> dict[str, str]:
    """Give a child's variables: its XLA flags behind those that are set already, memory taken only as it is needed."""
    platform = {"JAX_PLATFORMS": "cpu"} if request.device == "cpu" else {"JAX_PLATFORMS": "cuda"}
    xla_flags = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
    return {**os.environ, **platform, "XLA_FLAGS": xla_flags, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def main() -> None:
    """Measure and print, or say that there is no GPU."""
    request = request_from(sys.argv[1:])
    if reason := why_no_gpu(request):
        sys.exit(NO_GPU.format(reason=reason))
    print(table(request.shape, request.batch_size, request.precision, measure(request)))


if __name__ == "__main__":
    main()
