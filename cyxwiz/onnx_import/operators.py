"""Which function reads which operator. To teach the import a new one: a function, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cyxwiz.onnx_import.activations import (
    PLAIN,
    read_cast,
    read_dropout,
    read_elu,
    read_gelu,
    read_identity,
    read_leaky_relu,
    read_plain,
    read_prelu,
    read_selu,
    read_softmax,
)
from cyxwiz.onnx_import.elementwise import read_add, read_div, read_mul, read_sub, read_sum, read_where
from cyxwiz.onnx_import.gelu import read_erf
from cyxwiz.onnx_import.moving import (
    read_constant_of_shape,
    read_expand,
    read_flatten,
    read_reshape,
    read_shape,
    read_squeeze,
    read_transpose,
    read_unsqueeze,
)
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.normalizations import (
    read_batch_norm,
    read_group_norm,
    read_instance_norm,
    read_layer_norm,
    read_mean,
)
from cyxwiz.onnx_import.parts import read_concat, read_gather, read_pad, read_slice, read_split
from cyxwiz.onnx_import.products import read_gemm, read_matmul
from cyxwiz.onnx_import.recurrent import read_recurrent
from cyxwiz.onnx_import.sketch import Sketch
from cyxwiz.onnx_import.windows import read_conv, read_conv_transpose, read_global_pool, read_pool, read_resize

Reader = Callable[[Sketch, OnnxNode], Sequence[Held | None]]
"""Adds the layers of one node and gives what leaves it, None for an output that nobody reads; `(sketch, node)`."""

READERS: Mapping[str, Reader] = {
    **dict.fromkeys(PLAIN, read_plain),
    "Selu": read_selu,
    "LeakyRelu": read_leaky_relu,
    "Elu": read_elu,
    "Gelu": read_gelu,
    "PRelu": read_prelu,
    "Softmax": read_softmax,
    "Identity": read_identity,
    "Dropout": read_dropout,
    "Cast": read_cast,
    "Add": read_add,
    "Sub": read_sub,
    "Mul": read_mul,
    "Div": read_div,
    "Sum": read_sum,
    "Mean": read_sum,
    "Where": read_where,
    "Erf": read_erf,
    "Shape": read_shape,
    "Flatten": read_flatten,
    "Reshape": read_reshape,
    "Transpose": read_transpose,
    "Squeeze": read_squeeze,
    "Unsqueeze": read_unsqueeze,
    "Expand": read_expand,
    "ConstantOfShape": read_constant_of_shape,
    "Concat": read_concat,
    "Slice": read_slice,
    "Split": read_split,
    "Gather": read_gather,
    "Pad": read_pad,
    "BatchNormalization": read_batch_norm,
    "LayerNormalization": read_layer_norm,
    "InstanceNormalization": read_instance_norm,
    "GroupNormalization": read_group_norm,
    "ReduceMean": read_mean,
    "Gemm": read_gemm,
    "MatMul": read_matmul,
    **dict.fromkeys(("RNN", "LSTM", "GRU"), read_recurrent),
    "Conv": read_conv,
    "ConvTranspose": read_conv_transpose,
    "MaxPool": read_pool,
    "AveragePool": read_pool,
    "GlobalMaxPool": read_global_pool,
    "GlobalAveragePool": read_global_pool,
    "Resize": read_resize,
}
"""By ONNX's name."""
