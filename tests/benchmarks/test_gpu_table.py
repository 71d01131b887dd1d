"""The table of GPU figures: what it counts by formula, and what it says where processes failed."""

import pytest

from benchmarks.gpt_shape import GptShape
from benchmarks.gpu import GPT2, request_from
from benchmarks.gpu_figures import peak_teraflops, step_flops, utilisation
from benchmarks.gpu_report import Found, table

ENGINE: Found = {
    "device": "NVIDIA H100 80GB HBM3",
    "first_step_seconds": 9.0,
    "second_job_first_step_seconds": 0.5,
    "digest": "a",
    "seconds_a_step": {"1": 0.2, "16": 0.1},
    "parameters": 163_037_184,
    "predicted_bytes": 2**30,
    "predicted": {"program": 2**29, "data": 0, "state": 2**29},
    "peak_bytes": 2**30,
}
FAILED: Found = {"error": "out of memory"}
NAMES = ("engine", "engine again", "engine, free order", "engine, free order again", "cache cold", "cache warm")


def test_a_steps_operations_are_those_of_its_matrix_products() -> None:
    shape, tokens = GptShape(vocabulary=11, context=4, width=6, depth=2, heads=2), 3 * 4
    per_block = [(6, 6)] * 4 + [(6, 24), (24, 6)] + [(4, 6)] * 2  # queries, keys, values, outputs; inner, outer; pairs
    forward = 2 * tokens * (2 * sum(rows * columns for rows, columns in per_block) + 6 * 11)
    assert step_flops(shape, 3) == 3 * forward


def test_a_card_is_known_by_the_longest_name_that_it_bears() -> None:
    assert peak_teraflops("NVIDIA H100 PCIe") == 756
    assert peak_teraflops("NVIDIA H100 80GB HBM3") == 989
    assert peak_teraflops("cpu") is None


def test_utilisation_is_the_share_of_the_peak() -> None:
    seconds = step_flops(GPT2, 16) / (989e12 / 2)
    assert utilisation(GPT2, 16, seconds, 989.0).startswith("50.0%")


def test_what_was_found_is_compared() -> None:
    found = dict.fromkeys(NAMES, ENGINE) | {"bare loop-cudnn": {"seconds_a_step": 0.09}}
    found["engine, free order"] = {**ENGINE, "seconds_a_step": {"16": 0.08}}
    found["engine, free order again"] = {**ENGINE, "digest": "b"}
    written = table(GPT2, 16, "bfloat16", found)
    for row in (
        "| engine, speed against the fastest bare loop | 0.900 |",
        "| what deterministic flags cost a step | +25.0% |",
        "| eight steps twice, each compiled in a process of its own, with deterministic flags | the same bits |",
        "| eight steps twice, each compiled in a process of its own, without | other bits |",
        "| memory taken (allocator's peak) | 1,024 MiB; predicted +0.0% |",
    ):
        assert row in written


@pytest.mark.parametrize("lost", NAMES)
def test_a_process_that_failed_is_told_and_leaves_the_others(lost: str) -> None:
    found = dict.fromkeys(NAMES, ENGINE) | {lost: FAILED, "bare loop-cudnn": FAILED, "embedding product free": FAILED}
    written = table(GPT2, 16, "bfloat16", found)
    assert "| bare, one compiled loop, cudnn attention | out of memory |" in written
    assert ("| memory predicted |" in written) is (lost != "engine")


def test_the_tiny_model_is_tried_on_a_cpu() -> None:
    assert request_from(["--tiny"]).device == "cpu"
    assert request_from([]).device == "gpu"
