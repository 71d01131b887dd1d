"""Which function writes which kind of layer. To teach the export a new kind: a function, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cyxwiz.onnx_export.activations import emit_activation, emit_elu, emit_leaky_relu, emit_prelu
from cyxwiz.onnx_export.attention import emit_attention, emit_linear_attention
from cyxwiz.onnx_export.dense import emit_dense, emit_embedding, emit_positional_encoding
from cyxwiz.onnx_export.exported_layer import ExportedLayer
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from cyxwiz.onnx_export.merges import emit_add, emit_average, emit_concatenate, emit_multiply
from cyxwiz.onnx_export.normalizations import (
    emit_batch_norm,
    emit_group_norm,
    emit_instance_norm,
    emit_layer_norm,
    emit_normalize,
)
from cyxwiz.onnx_export.rearranging import (
    emit_constant,
    emit_flatten,
    emit_last_state,
    emit_nothing,
    emit_pad,
    emit_parameter,
    emit_permute,
    emit_reshape,
    emit_split,
    emit_squeeze,
    emit_unsqueeze,
)
from cyxwiz.onnx_export.recurrent import emit_bidirectional, emit_gru, emit_lstm, emit_rnn
from cyxwiz.onnx_export.transformer import emit_decoder, emit_encoder
from cyxwiz.onnx_export.windows import (
    emit_adaptive_avg_pool,
    emit_avg_pool,
    emit_convolution,
    emit_depthwise,
    emit_global_avg_pool,
    emit_global_max_pool,
    emit_max_pool,
    emit_upsample,
)

Emitter = Callable[[GraphWriter, ExportedLayer, tuple[Value, ...]], Value]
"""Writes one layer behind the values that feed it and gives what leaves it; `(writer, layer, inputs)`."""

EMITTERS: Mapping[str, Emitter] = {
    "dense": emit_dense,
    "time_distributed": emit_dense,
    **{f"conv{rank}d": emit_convolution for rank in (1, 2, 3)},
    "depthwise_conv2d": emit_depthwise,
    **{f"max_pool{rank}d": emit_max_pool for rank in (1, 2, 3)},
    **{f"avg_pool{rank}d": emit_avg_pool for rank in (1, 2, 3)},
    "adaptive_avg_pool": emit_adaptive_avg_pool,
    "global_max_pool": emit_global_max_pool,
    "global_avg_pool": emit_global_avg_pool,
    "upsample": emit_upsample,
    "pad": emit_pad,
    "flatten": emit_flatten,
    "dropout": emit_nothing,
    "gaussian_sample": emit_nothing,
    "batch_norm": emit_batch_norm,
    "layer_norm": emit_layer_norm,
    "group_norm": emit_group_norm,
    "instance_norm": emit_instance_norm,
    "normalize": emit_normalize,
    **dict.fromkeys(
        ("relu", "selu", "gelu", "swish", "mish", "sigmoid", "tanh", "softmax", "identity"), emit_activation
    ),
    "leaky_relu": emit_leaky_relu,
    "prelu": emit_prelu,
    "elu": emit_elu,
    "add": emit_add,
    "multiply": emit_multiply,
    "average": emit_average,
    "concatenate": emit_concatenate,
    "split": emit_split,
    **dict.fromkeys(("reshape", "view", "tensor_reshape"), emit_reshape),
    "permute": emit_permute,
    "squeeze": emit_squeeze,
    "unsqueeze": emit_unsqueeze,
    "constant": emit_constant,
    "parameter": emit_parameter,
    "embedding": emit_embedding,
    "positional_encoding": emit_positional_encoding,
    "rnn": emit_rnn,
    "lstm": emit_lstm,
    "gru": emit_gru,
    "bidirectional": emit_bidirectional,
    "last_state": emit_last_state,
    **dict.fromkeys(("multi_head_attention", "self_attention", "cross_attention"), emit_attention),
    "linear_attention": emit_linear_attention,
    "transformer_encoder": emit_encoder,
    "transformer_decoder": emit_decoder,
}
"""By canonical kind."""

KEEPING_TOKENS = frozenset(
    {"embedding", "flatten", "dropout", "identity", "reshape", "view", "tensor_reshape", "permute", "squeeze"}
    | {"unsqueeze", "split"}
)
"""Kinds that take tokens as they are; every other one takes them as real numbers."""
