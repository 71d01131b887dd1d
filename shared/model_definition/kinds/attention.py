"""Attention: every position of a query sequence gathers from the positions of another, by likeness.

Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; `linear_attention`: Katharopoulos et al. 2020,
https://arxiv.org/abs/2006.16236. Inputs in the order of their pins: query, key, value, mask; where value is missing
it is the key, where key is missing too it is the query. A mask is 0 where a key must not be looked at: `(keys,)` or
`(queries, keys)`. Four projections with biases: `4 * (d * d + d)` numbers when everything is `d` wide.
"""

from __future__ import annotations

from functools import partial

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.dense import LARGEST_WIDTH, USE_BIAS
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import flag, integer, optional_integer
from shared.model_definition.kinds.sequence_shapes import sequence_shape

_MOST_HEADS = 65_536
_DROPOUT = ParameterSpec(
    "dropout", ParameterType.REAL, 0.0, minimum=0, maximum=1, open_maximum=True, aliases=("dropout_rate",)
)
_SHARED = (
    ParameterSpec(
        "embed_dim",
        ParameterType.INTEGER,
        None,
        minimum=1,
        maximum=LARGEST_WIDTH,
        aliases=("d_model", "embedding_dim", "hidden_size"),
    ),
    ParameterSpec(
        "num_heads", ParameterType.INTEGER, 8, minimum=1, maximum=_MOST_HEADS, aliases=("nhead", "heads", "n_heads")
    ),
    USE_BIAS,
    ParameterSpec("causal", ParameterType.FLAG, default=False, aliases=("is_causal",)),
    # Which axis a designer's backend puts first says nothing here: the batch always is.
    ParameterSpec("batch_first", ParameterType.FLAG, default=True),
)
_PINS = ("query", "key", "value", "mask")


def attention_width(parameters: Parameters, query: Shape) -> int:
    """Width of what the layer gives: as written, else as wide as its query."""
    return optional_integer(parameters, "embed_dim") or query[-1]


def _output_shape(pins: tuple[str, ...], parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    by_pin = dict(zip(pins, input_shapes, strict=False))
    queries, _ = sequence_shape(by_pin["query"], "a query")
    key = by_pin.get("key", by_pin["query"])
    keys, _ = sequence_shape(key, "a key")
    values, _ = sequence_shape(by_pin.get("value", key), "a value")
    if keys != values:
        raise InvalidField(f"expects as many values as keys, got {keys} keys and {values} values")
    if flag(parameters, "causal") and queries != keys:
        raise InvalidField(f"is causal, which needs a key for every query, but has {queries} queries and {keys} keys")
    if "mask" in by_pin:
        check_mask(by_pin["mask"], queries, keys)
    width = attention_width(parameters, by_pin["query"])
    check_heads(width, integer(parameters, "num_heads"))
    return (queries, width)


def check_mask(mask: Shape, queries: int, keys: int) -> None:
    """Refuses a mask that does not say for every key whether it may be looked at."""
    if mask not in {(keys,), (queries, keys)}:
        raise InvalidField(f"expects a mask of shape ({keys},) or ({queries}, {keys}), got {mask}")


def check_heads(width: int, heads: int) -> None:
    """Refuses heads that cannot share the width evenly."""
    if width % heads:
        raise InvalidField(f"splits a width of {width} into {heads} heads, which leaves a rest; make it divisible")


def _parameter_count(pins: tuple[str, ...], parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    by_pin = dict(zip(pins, input_shapes, strict=False))
    key = by_pin.get("key", by_pin["query"])
    width = attention_width(parameters, by_pin["query"])
    arriving = by_pin["query"][-1] + key[-1] + by_pin.get("value", key)[-1] + width
    return width * (arriving + (4 if flag(parameters, "use_bias") else 0))


def _kind(name: str, aliases: tuple[str, ...], code: int, pins: tuple[str, ...], *own: ParameterSpec) -> LayerKind:
    return LayerKind(
        name=name,
        aliases=aliases,
        designer_code=code,
        parameters=(*_SHARED, *own),
        output_shape=partial(_output_shape, pins),
        parameter_count=partial(_parameter_count, pins),
        most_inputs=len(pins),
    )


ATTENTIONS = (
    _kind("multi_head_attention", ("mha", "attention"), 22, _PINS, _DROPOUT),
    _kind("self_attention", (), 23, _PINS, _DROPOUT),
    _kind("cross_attention", (), 24, _PINS, _DROPOUT),
    _kind(
        "linear_attention",
        (),
        25,
        _PINS[:3],
        ParameterSpec("feature_map", ParameterType.CHOICE, "elu", choices=("elu", "relu")),
        ParameterSpec("eps", ParameterType.REAL, 1e-6, minimum=0, maximum=1, open_minimum=True, aliases=("epsilon",)),
    ),
)
"""`linear_attention` maps queries and keys by elu(x) + 1 (or relu), so that its cost grows with the length, not its
square."""
