"""Writes what `benchmarks.gpu` has found as a table in Markdown; measures nothing and loads no JAX.

What was found is a mapping by the names of the processes: each gives what `benchmarks.gpu_measures` prints, or `error`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.gpt_shape import GptShape
from benchmarks.gpu_figures import peak_teraflops, utilisation

MEBIBYTE = 2**20
ENGINES = ("engine", "engine, free order")
CALLS = {"step": "one step a call", "loop": "one compiled loop"}
Found = Mapping[str, Any]
Row = tuple[str, str]


def table(shape: GptShape, batch_size: int, precision: str, found: Mapping[str, Found]) -> str:
    """Give the table, with a line above it of what it is about."""
    parts = (_speed_rows(shape, batch_size, found), _memory_rows(found), _first_step_rows(found))
    rows = [row for part in (*parts, _repeat_rows(found), _embedding_rows(found)) for row in part]
    title = (
        f"{_device(found)}, GPT {shape.depth}×{shape.width}, vocabulary {shape.vocabulary:,}, context {shape.context}, "
        f"batch {batch_size}, {precision}, AdamW:"
    )
    lines = [title, "", "| figure | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(lines)


def _device(found: Mapping[str, Found]) -> str:
    return next((str(one["device"]) for one in found.values() if "device" in one), "no device answered")


def _speed_rows(shape: GptShape, batch_size: int, found: Mapping[str, Found]) -> Iterator[Row]:
    peak = peak_teraflops(_device(found))

    def speed(seconds: float) -> str:
        tokens = batch_size * shape.context / seconds
        return f"{tokens:,.0f} tokens/s, {utilisation(shape, batch_size, seconds, peak)}"

    for name in ENGINES:
        if "error" in found[name]:
            yield name, found[name]["error"]
        chunks = found[name].get("seconds_a_step", {})
        yield from ((f"{name}, chunks of {steps}", speed(seconds)) for steps, seconds in chunks.items())
    bare = {name: one for name, one in found.items() if name.startswith("bare ")}
    for name, one in bare.items():
        calls, attention = name.removeprefix("bare ").split("-")
        yield f"bare, {CALLS[calls]}, {attention} attention", one.get("error") or speed(one["seconds_a_step"])
    fastest = min((one["seconds_a_step"] for one in bare.values() if "error" not in one), default=None)
    for name in ENGINES:
        if fastest is not None and "error" not in found[name]:
            yield f"{name}, speed against the fastest bare loop", f"{fastest / _fastest(found[name]):.3f}"


def _fastest(engine: Found) -> float:
    seconds: float = min(engine["seconds_a_step"].values())
    return seconds


def _memory_rows(found: Mapping[str, Found]) -> Iterator[Row]:
    engine = found["engine"]
    if "error" in engine:
        return
    yield "parameters", f"{engine['parameters']:,}"
    parts = ", ".join(f"{name} {value / MEBIBYTE:,.0f}" for name, value in engine["predicted"].items())
    yield "memory predicted", f"{engine['predicted_bytes'] / MEBIBYTE:,.0f} MiB ({parts})"
    peak = engine["peak_bytes"]
    if peak is None:
        yield "memory taken", "not known: this device's allocator keeps no statistics"
    else:
        off = engine["predicted_bytes"] / peak - 1
        yield "memory taken (allocator's peak)", f"{peak / MEBIBYTE:,.0f} MiB; predicted {off:+.1%}"


def _first_step_rows(found: Mapping[str, Found]) -> Iterator[Row]:
    firsts = {
        "first step, nothing compiled before": found["engine"].get("first_step_seconds"),
        "first step, second job of the process": found["engine"].get("second_job_first_step_seconds"),
        "first step, fresh process, cache cold": found["cache cold"].get("first_step_seconds"),
        "first step, fresh process, cache warm": found["cache warm"].get("first_step_seconds"),
    }
    yield from ((name, f"{seconds:.3f} s") for name, seconds in firsts.items() if seconds is not None)


def _repeat_rows(found: Mapping[str, Found]) -> Iterator[Row]:
    for name, words in zip(ENGINES, ("with deterministic flags", "without"), strict=True):
        first, second = found[name], found[f"{name} again"]
        if "error" not in first and "error" not in second:
            same = "the same bits" if first["digest"] == second["digest"] else "other bits"
            yield f"eight steps twice, each compiled in a process of its own, {words}", same
    fixed, free = (found[name] for name in ENGINES)
    if "error" not in fixed and "error" not in free:
        yield "what deterministic flags cost a step", f"{_fastest(fixed) / _fastest(free) - 1:+.1%}"


def _embedding_rows(found: Mapping[str, Found]) -> Iterator[Row]:
    for name in (name for name in found if name.startswith("embedding ")):
        _, way, order = name.split()
        one = found[name]
        value = one.get("error") or f"{one['seconds_a_step'] * 1e3:.2f} ms"
        yield f"gradient of the token table alone, {way}, {order} order", value
