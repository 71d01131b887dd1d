"""How long a person waits for the command line and the SDK: whole processes, from starting one to its end.

`cyxwiz list` is asked of a server with 100,000 jobs in its store; `import cyxwiz` and `--help` need no server.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.central_process import central_process
from benchmarks.figures import print_figure, print_machine, quantile
from benchmarks.stored_jobs import fill_store

JOBS = 100_000
RUNS = 15
_CYXWIZ = str(Path(sys.executable).with_name("cyxwiz"))


async def main() -> None:
    """Measure the import, the help, and the list in its two forms."""
    print_machine()
    bare = await _durations([sys.executable, "-c", "pass"], {})
    _print("a Python process that does nothing", bare)
    _print("import cyxwiz", await _durations([sys.executable, "-c", "import cyxwiz"], {}), goal="at most 0.2 s")
    _print("cyxwiz --help", await _durations([_CYXWIZ, "--help"], {}))
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        await fill_store(Path(folder), jobs=JOBS)
        async with central_process(Path(folder)) as server:
            environment = {"CYXWIZ_SERVER": server.grpc}
            for options in ([], ["--json"], ["--state", "succeeded"]):
                seconds = await _durations([_CYXWIZ, "list", *options], environment)
                _print(
                    f"{' '.join(['cyxwiz list', *options])} with {JOBS:,} jobs stored", seconds, goal="at most 0.5 s"
                )


async def _durations(command: Sequence[str], environment: dict[str, str]) -> list[float]:
    """Return the seconds of each run after a first one, which brings files into memory."""
    return [await _duration(command, environment) for _ in range(RUNS + 1)][1:]


async def _duration(command: Sequence[str], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env=os.environ | environment
    )
    printed, _ = await process.communicate()
    seconds = time.perf_counter() - begun
    if process.returncode != 0 or (environment and not printed):
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode} and printed {len(printed)} bytes")
    return seconds


def _print(name: str, seconds: list[float], goal: str = "") -> None:
    figure = f"median {quantile(seconds, 0.5):.3f} s, from {min(seconds):.3f} to {max(seconds):.3f} over {len(seconds)}"
    print_figure(name, figure, goal=goal)


if __name__ == "__main__":
    asyncio.run(main())
