"""`transformer_encoder` and `transformer_decoder`: blocks of attention and two dense layers, each added to its input.

Pre-norm, with biases (Xiong et al. 2020, https://arxiv.org/abs/2002.04745): x + attention(norm(x)), then
x + feed_forward(norm(x)). A decoder looks only back; with a second input, the memory, it also looks at all of that
between the two. An encoder's second input is a mask as attention takes it.
"""

from __future__ import annotations

from functools import partial

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.attention import check_heads, check_mask
from shared.model_definition.kinds.dense import LARGEST_WIDTH
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import integer
from shared.model_definition.kinds.sequence_shapes import check_width, sequence_shape

_MOST_LAYERS = 1_000
_MOST_HEADS = 65_536
_PARAMETERS = (
    ParameterSpec(
        "d_model",
        ParameterType.INTEGER,
        512,
        minimum=1,
        maximum=LARGEST_WIDTH,
        aliases=("embed_dim", "embedding_dim", "hidden_size"),
    ),
    ParameterSpec(
        "num_heads", ParameterType.INTEGER, 8, minimum=1, maximum=_MOST_HEADS, aliases=("nhead", "heads", "n_heads")
    ),
    ParameterSpec(
        "ff_dim",
        ParameterType.INTEGER,
        2_048,
        minimum=1,
        maximum=LARGEST_WIDTH,
        aliases=("dim_feedforward", "feedforward_dim", "d_ff", "mlp_dim"),
    ),
    ParameterSpec(
        "num_layers", ParameterType.INTEGER, 1, minimum=1, maximum=_MOST_LAYERS, aliases=("layers", "n_layers")
    ),
    ParameterSpec(
        "dropout", ParameterType.REAL, 0.1, minimum=0, maximum=1, open_maximum=True, aliases=("dropout_rate",)
    ),
    ParameterSpec("activation", ParameterType.CHOICE, "relu", choices=("relu", "gelu", "swish")),
    # Which axis a designer's backend puts first says nothing here: the batch always is.
    ParameterSpec("batch_first", ParameterType.FLAG, default=True),
    ParameterSpec("norm_first", ParameterType.FLAG, default=True, aliases=("pre_norm",)),
)
_CAUSAL = ParameterSpec("causal", ParameterType.FLAG, default=False, aliases=("is_causal",))


def _output_shape(second: str, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    length, width = sequence_shape(input_shapes[0])
    check_width(integer(parameters, "d_model"), width, "d_model")
    check_heads(width, integer(parameters, "num_heads"))
    if len(input_shapes) > 1:
        _check_second(second, input_shapes[1], length, width)
    return input_shapes[0]


def _check_second(second: str, shape: Shape, length: int, width: int) -> None:
    if second == "mask":
        check_mask(shape, length, length)
        return
    _, arrived = sequence_shape(shape, "a memory")
    if arrived != width:
        raise InvalidField(f"has d_model {width}, but its memory is {arrived} wide; make them the same")


def _parameter_count(parameters: Parameters, input_shapes: tuple[Shape, ...], *, looks_at_memory: bool) -> int:
    width, inner = input_shapes[0][-1], integer(parameters, "ff_dim")
    attention, norm = 4 * (width * width + width), 2 * width
    feed_forward = width * inner + inner + inner * width + width
    attentions = 2 if looks_at_memory and len(input_shapes) > 1 else 1
    return integer(parameters, "num_layers") * (attentions * (attention + norm) + feed_forward + norm)


def _not_supported(parameters: Parameters) -> str:
    if parameters["norm_first"] is False:
        return "asks for norm_first=false: blocks here normalise before attention and before the dense layers"
    return ""


TRANSFORMER_ENCODER = LayerKind(
    name="transformer_encoder",
    aliases=("transformer_encoder_layer", "transformer_block"),
    designer_code=26,
    parameters=(*_PARAMETERS, _CAUSAL),
    output_shape=partial(_output_shape, "mask"),
    parameter_count=partial(_parameter_count, looks_at_memory=False),
    not_supported=_not_supported,
    most_inputs=2,
)
TRANSFORMER_DECODER = LayerKind(
    name="transformer_decoder",
    aliases=("transformer_decoder_layer",),
    designer_code=27,
    parameters=_PARAMETERS,
    output_shape=partial(_output_shape, "memory"),
    parameter_count=partial(_parameter_count, looks_at_memory=True),
    not_supported=_not_supported,
    most_inputs=2,
)
TRANSFORMERS = (TRANSFORMER_ENCODER, TRANSFORMER_DECODER)
