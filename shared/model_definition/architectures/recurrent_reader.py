"""`lstm`: a recurrent network that reads a sequence and answers once, or at each position.

The sequence is one of tokens where `vocab_size` is said.
"""

from __future__ import annotations

from shared.model_definition.architectures.architecture import CLASSES, DROPOUT, Architecture, count_parameter
from shared.model_definition.architectures.sketch import Sketch
from shared.model_definition.kinds.layer_kind import Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import flag, integer


def _draw(parameters: Parameters) -> Sketch:
    sketch, last, units = Sketch(), "input", integer(parameters, "units")
    if parameters["vocab_size"] is not None:
        sizes = {"vocab_size": parameters["vocab_size"], "embedding_dim": integer(parameters, "embedding_dim")}
        last = sketch.add("embedding", "Embedding", last, **sizes)
    last = sketch.add(
        "memory",
        "LSTM",
        last,
        units=units,
        num_layers=integer(parameters, "num_layers"),
        bidirectional=flag(parameters, "bidirectional"),
        dropout=parameters["dropout"],
        return_sequences=flag(parameters, "each_position"),
    )
    sketch.add("head", "Dense", last, units=integer(parameters, "classes"))
    return sketch


LSTM_READER = Architecture(
    "lstm",
    (),
    (
        count_parameter("units", 64, "hidden_size", "width"),
        count_parameter("num_layers", 1, "depth", most=1_000),
        ParameterSpec("bidirectional", ParameterType.FLAG, default=False),
        ParameterSpec("each_position", ParameterType.FLAG, default=False, aliases=("return_sequences",)),
        count_parameter("vocab_size", None, "vocabulary_size", "vocab", most=2**31 - 1),
        count_parameter("embedding_dim", 64, "embed_dim"),
        CLASSES,
        DROPOUT,
    ),
    _draw,
)
