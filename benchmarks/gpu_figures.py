"""What GPU figures are held against: floating-point operations of a GPT by formula, and what a card can do at most.

Pure arithmetic: nothing here imports JAX.
"""

from __future__ import annotations

from benchmarks.gpt_shape import GptShape

FORWARD_AND_BACKWARD = 3
"""A step's operations over those of its forward pass: each matrix product has two more in the backward pass."""

PEAK_TERAFLOPS = {
    "H200": 989.0,
    "H100 PCIe": 756.0,
    "H100": 989.0,
    "A100": 312.0,
    "L40S": 362.0,
    "L4": 121.0,
    "T4": 65.0,
    "RTX 4090": 165.0,
}
"""Dense 16-bit tensor-core peaks with float32 accumulation, from NVIDIA's data sheets of each card.

bfloat16 everywhere but on the T4, which has float16 alone. Where a sheet gives the figure with sparsity, half of it. A
name is looked for in the device's own; of several that occur the longest counts.
"""


def forward_flops_per_token(shape: GptShape) -> int:
    """Count a token's operations in matrix products, a multiplication and an addition each.

    Projections and feed-forward 24·width² a block, attention 4·context·width a block over the whole context (the
    convention of Chowdhery et al. 2022, appendix B, which counts what a causal mask hides too), the head
    2·width·vocabulary. Looking up a row of a table costs nothing.
    """
    block = 24 * shape.width**2 + 4 * shape.context * shape.width
    return shape.depth * block + 2 * shape.width * shape.vocabulary


def step_flops(shape: GptShape, batch_size: int) -> int:
    """Count a training step's operations."""
    return FORWARD_AND_BACKWARD * forward_flops_per_token(shape) * batch_size * shape.context


def peak_teraflops(device_name: str) -> float | None:
    """Give a card's peak by the name it tells; None for a card that the table lacks."""
    known = [name for name in PEAK_TERAFLOPS if name.lower() in device_name.lower().replace("-", " ")]
    return PEAK_TERAFLOPS[max(known, key=len)] if known else None


def utilisation(shape: GptShape, batch_size: int, step_seconds: float, peak: float | None) -> str:
    """Say a step's share of the peak, or only its rate where the peak is not known."""
    teraflops = step_flops(shape, batch_size) / step_seconds / 1e12
    return (
        f"{teraflops:.4g} TFLOP/s"
        if peak is None
        else f"{teraflops / peak:.1%} ({teraflops:.0f} of {peak:.0f} TFLOP/s)"
    )
