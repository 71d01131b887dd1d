"""`positional_encoding`: adds to every position of a sequence a vector that tells where it is.

Sines and cosines of falling frequency (Vaswani et al. 2017, section 3.5), or learned vectors where `learned` says so.
"""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.dense import LARGEST_WIDTH
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import flag, integer, optional_integer
from shared.model_definition.kinds.sequence_shapes import check_width, sequence_shape

_LONGEST = 2**31 - 1


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    length, width = sequence_shape(input_shapes[0])
    check_width(optional_integer(parameters, "d_model"), width, "d_model")
    longest = integer(parameters, "max_len")
    if length > longest:
        raise InvalidField(f"has max_len {longest}, but its sequences are {length} long; make it at least that")
    return input_shapes[0]


def _parameter_count(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    return integer(parameters, "max_len") * input_shapes[0][-1] if flag(parameters, "learned") else 0


POSITIONAL_ENCODING = LayerKind(
    name="positional_encoding",
    aliases=("position_encoding", "position_embedding", "positional_embedding"),
    designer_code=28,
    parameters=(
        ParameterSpec(
            "max_len",
            ParameterType.INTEGER,
            5_000,
            minimum=1,
            maximum=_LONGEST,
            aliases=("max_seq_len", "max_length", "max_sequence_length"),
        ),
        ParameterSpec(
            "d_model",
            ParameterType.INTEGER,
            None,
            minimum=1,
            maximum=LARGEST_WIDTH,
            aliases=("embed_dim", "embedding_dim"),
        ),
        ParameterSpec(
            "dropout", ParameterType.REAL, 0.0, minimum=0, maximum=1, open_maximum=True, aliases=("dropout_rate",)
        ),
        ParameterSpec("learned", ParameterType.FLAG, default=False, aliases=("learnable", "trainable")),
    ),
    output_shape=_output_shape,
    parameter_count=_parameter_count,
)
