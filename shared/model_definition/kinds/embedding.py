"""`embedding`: a learned vector for every token, `(length,)` of whole numbers to `(length, embedding_dim)`."""

from __future__ import annotations

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.dense import LARGEST_WIDTH
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import integer

_LARGEST_VOCABULARY = 2**31 - 1


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    return (*input_shapes[0], integer(parameters, "embedding_dim"))


def _parameter_count(parameters: Parameters, _input_shapes: tuple[Shape, ...]) -> int:
    return integer(parameters, "vocab_size") * integer(parameters, "embedding_dim")


EMBEDDING = LayerKind(
    name="embedding",
    aliases=("token_embedding",),
    designer_code=21,
    parameters=(
        ParameterSpec(
            "vocab_size",
            ParameterType.INTEGER,
            10_000,
            minimum=1,
            maximum=_LARGEST_VOCABULARY,
            aliases=("num_embeddings", "input_dim", "vocabulary_size"),
        ),
        ParameterSpec(
            "embedding_dim",
            ParameterType.INTEGER,
            128,
            minimum=1,
            maximum=LARGEST_WIDTH,
            aliases=("embed_dim", "output_dim", "d_model"),
        ),
    ),
    output_shape=_output_shape,
    parameter_count=_parameter_count,
)
