"""The models of `workloads` in plain JAX, in the ways a person would write them; nothing of CyxWiz is imported.

`stock` is what a textbook writes. `sliced` and `rows` are the formulations that XLA runs quickly on CPUs: convolution
as shifted slices and one matrix product, sequences flattened to rows before every product.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.workloads import BLOCKS, CLASSES, HEADS, LENGTH, VOCABULARY, WIDTH

Params = Any
Forward = Callable[[Params, Any], Any]


def drawn(shapes: Any) -> Params:
    """Draw kernels by fan-in and leave vectors zero, for a tree of shapes."""
    rng = np.random.default_rng(1)

    def draw(shape: tuple[int, ...]) -> Any:
        if len(shape) == 1:
            return jnp.zeros(shape, jnp.float32)
        return jnp.asarray(rng.normal(0, math.sqrt(2 / math.prod(shape[:-1])), shape).astype(np.float32))

    return jax.tree.map(draw, shapes, is_leaf=lambda node: isinstance(node, tuple) and isinstance(node[0], int))


def layer_shapes(*kernels: tuple[int, ...]) -> list[dict[str, tuple[int, ...]]]:
    """Give a kernel and a bias for each layer."""
    return [{"kernel": kernel, "bias": kernel[-1:]} for kernel in kernels]


def mlp(params: Params, images: Any) -> Any:
    """Apply dense layers with ReLU between them."""
    values = images.reshape(images.shape[0], -1)
    for layer in params[:-1]:
        values = jax.nn.relu(values @ layer["kernel"] + layer["bias"])
    return values @ params[-1]["kernel"] + params[-1]["bias"]


def cnn(params: Params, images: Any, convolve: Callable[[Any, Any], Any], *, pools: int) -> Any:
    """Apply convolution and 2×2 maximum, twice (the second maximum where `pools` is 2), then dense."""
    values = images
    for number, layer in enumerate(params[:-1]):
        values = jax.nn.relu(convolve(values, layer["kernel"]) + layer["bias"])
        values = _largest_of_four(values) if number < pools else values
    return values.reshape(values.shape[0], -1) @ params[-1]["kernel"] + params[-1]["bias"]


def _largest_of_four(values: Any) -> Any:
    batch, height, width, channels = values.shape
    return values.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def window_cnn(params: Params, images: Any) -> Any:
    """Apply the CNN with XLA's own convolution and its own window reduction."""
    values = images
    for layer in params[:-1]:
        values = jax.nn.relu(stock_convolution(values, layer["kernel"]) + layer["bias"])
        values = jax.lax.reduce_window(values, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return values.reshape(values.shape[0], -1) @ params[-1]["kernel"] + params[-1]["bias"]


def stock_convolution(images: Any, kernel: Any) -> Any:
    """Convolve as XLA does it."""
    return jax.lax.conv_general_dilated(images, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def sliced_convolution(images: Any, kernel: Any) -> Any:
    """Convolve 3×3 as nine shifted slices and one matrix product."""
    height, width = images.shape[1:3]
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    slices = [padded[:, i : i + height, j : j + width, :] for i in range(3) for j in range(3)]
    return jnp.concatenate(slices, axis=-1) @ kernel.reshape(-1, kernel.shape[-1])


def lm(params: Params, tokens: Any) -> Any:
    """Apply the transformer on `(batch, length, width)` with JAX's own attention."""
    values = params["tokens"][tokens] + params["positions"][None]
    for block in params["blocks"]:
        own = _normalized(values, block["attention_norm"])
        query, key, value = (_heads(_dense(own, block[name])) for name in ("query", "key", "value"))
        attended = jax.nn.dot_product_attention(query, key, value, is_causal=True)
        values = values + _dense(attended.reshape(values.shape), block["output"])
        inner = jax.nn.gelu(_dense(_normalized(values, block["inner_norm"]), block["inner"]), approximate=False)
        values = values + _dense(inner, block["outer"])
    return _normalized(values, params["norm"]) @ params["head"]


def lm_in_rows(params: Params, tokens: Any) -> Any:
    """Apply the same on `(batch · length, width)`, computing what several products read only once."""
    apart: Callable[[Any], Any] = jax.lax.optimization_barrier
    values = (params["tokens"][tokens] + params["positions"][None]).reshape(-1, WIDTH)
    for block in params["blocks"]:
        own = apart(_normalized(values, block["attention_norm"]))
        query, key, value = (_heads(_dense(own, block[name])) for name in ("query", "key", "value"))
        values = values + _dense(_attended(query, key, value).reshape(values.shape), block["output"])
        inner = _dense(apart(_normalized(values, block["inner_norm"])), block["inner"])
        values = values + _dense(apart(jax.nn.gelu(inner, approximate=False)), block["outer"])
    return (_normalized(values, params["norm"]) @ params["head"]).reshape(*tokens.shape, VOCABULARY)


def _attended(query: Any, key: Any, value: Any) -> Any:
    query, key, value = (part.swapaxes(1, 2) for part in (query, key, value))
    scores = jnp.einsum("bhqd,bhkd->bhqk", query, key) / math.sqrt(WIDTH // HEADS)
    scores = jnp.where(np.tri(LENGTH, dtype=np.bool_), scores, -1e30)
    weights = jnp.exp(scores - jax.lax.stop_gradient(scores.max(axis=-1, keepdims=True)))
    gathered = jnp.einsum("bhqk,bhkd->bhqd", weights, value) / weights.sum(axis=-1, keepdims=True)
    return gathered.swapaxes(1, 2)


def _heads(values: Any) -> Any:
    return values.reshape(-1, LENGTH, HEADS, WIDTH // HEADS)


def _dense(values: Any, layer: Mapping[str, Any]) -> Any:
    return values @ layer["kernel"] + layer["bias"]


def _normalized(values: Any, norm: Mapping[str, Any]) -> Any:
    centred = values - values.mean(axis=-1, keepdims=True)
    factor = jax.lax.rsqrt(jnp.square(centred).mean(axis=-1, keepdims=True) + 1e-5)
    return centred * factor * (1 + norm["scale"]) + norm["bias"]


def _block_shapes() -> dict[str, Any]:
    names, wide = ("query", "key", "value", "output"), 4 * WIDTH
    products = dict(zip(names, layer_shapes(*[(WIDTH, WIDTH)] * 4), strict=True))
    norms = {name: {"scale": (WIDTH,), "bias": (WIDTH,)} for name in ("attention_norm", "inner_norm")}
    inner, outer = layer_shapes((WIDTH, wide), (wide, WIDTH))
    return {**products, **norms, "inner": inner, "outer": outer}


_LM_SHAPES = {
    "tokens": (VOCABULARY, WIDTH),
    "positions": (LENGTH, WIDTH),
    "blocks": [_block_shapes() for _ in range(BLOCKS)],
    "norm": {"scale": (WIDTH,), "bias": (WIDTH,)},
    "head": (WIDTH, VOCABULARY),
}
SHAPES: Mapping[str, Any] = {
    "mlp": layer_shapes((784, 256), (256, 128), (128, CLASSES)),
    "cnn": layer_shapes((3, 3, 1, 32), (3, 3, 32, 64), (7 * 7 * 64, CLASSES)),
    "lm": _LM_SHAPES,
}
FORWARDS: Mapping[str, Mapping[str, Forward]] = {
    "mlp": {"stock": mlp},
    "cnn": {"stock": window_cnn, "sliced": partial(cnn, convolve=sliced_convolution, pools=2)},
    "lm": {"stock": lm, "rows": lm_in_rows},
}
