"""The layers the engine can run, by the canonical names of `shared.model_definition.kinds`.

To add one: a file with an `init` and an `apply`, and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from server_node.training.layers.activations import ACTIVATIONS, ELU, LEAKY_RELU, activation_layer
from server_node.training.layers.adaptive_pooling import ADAPTIVE_AVG_POOL
from server_node.training.layers.attention import ATTENTION
from server_node.training.layers.batch_norm import BATCH_NORM
from server_node.training.layers.convolution import CONVOLUTION
from server_node.training.layers.dense import DENSE
from server_node.training.layers.depthwise_conv2d import DEPTHWISE_CONV2D
from server_node.training.layers.dropout import DROPOUT
from server_node.training.layers.embedding import EMBEDDING
from server_node.training.layers.flatten import FLATTEN
from server_node.training.layers.gaussian_sample import GAUSSIAN_SAMPLE
from server_node.training.layers.last_state import LAST_STATE
from server_node.training.layers.layer import Layer
from server_node.training.layers.linear_attention import LINEAR_ATTENTION
from server_node.training.layers.merges import ADD, AVERAGE, CONCATENATE, MULTIPLY
from server_node.training.layers.normalizations import GROUP_NORM, INSTANCE_NORM, LAYER_NORM
from server_node.training.layers.normalize import NORMALIZE
from server_node.training.layers.pooling import AVG_POOL, GLOBAL_AVG_POOL, GLOBAL_MAX_POOL, MAX_POOL
from server_node.training.layers.positional_encoding import POSITIONAL_ENCODING
from server_node.training.layers.prelu import PRELU
from server_node.training.layers.rearranging import PAD, PERMUTE, RESHAPE, SPLIT, SQUEEZE, UNSQUEEZE, UPSAMPLE
from server_node.training.layers.recurrent import RECURRENTS
from server_node.training.layers.sources import CONSTANT, PARAMETER
from server_node.training.layers.transformer import TRANSFORMER_DECODER, TRANSFORMER_ENCODER

LAYERS: Mapping[str, Layer] = {
    "dense": DENSE,
    "conv1d": CONVOLUTION,
    "conv2d": CONVOLUTION,
    "conv3d": CONVOLUTION,
    "depthwise_conv2d": DEPTHWISE_CONV2D,
    "max_pool1d": MAX_POOL,
    "max_pool2d": MAX_POOL,
    "max_pool3d": MAX_POOL,
    "avg_pool1d": AVG_POOL,
    "avg_pool2d": AVG_POOL,
    "avg_pool3d": AVG_POOL,
    "adaptive_avg_pool": ADAPTIVE_AVG_POOL,
    "global_max_pool": GLOBAL_MAX_POOL,
    "global_avg_pool": GLOBAL_AVG_POOL,
    "flatten": FLATTEN,
    "dropout": DROPOUT,
    "batch_norm": BATCH_NORM,
    "layer_norm": LAYER_NORM,
    "group_norm": GROUP_NORM,
    "instance_norm": INSTANCE_NORM,
    "add": ADD,
    "multiply": MULTIPLY,
    "average": AVERAGE,
    "concatenate": CONCATENATE,
    "gaussian_sample": GAUSSIAN_SAMPLE,
    "split": SPLIT,
    "reshape": RESHAPE,
    "view": RESHAPE,
    "tensor_reshape": RESHAPE,
    "permute": PERMUTE,
    "squeeze": SQUEEZE,
    "unsqueeze": UNSQUEEZE,
    "upsample": UPSAMPLE,
    "pad": PAD,
    "constant": CONSTANT,
    "parameter": PARAMETER,
    "normalize": NORMALIZE,
    "embedding": EMBEDDING,
    "positional_encoding": POSITIONAL_ENCODING,
    **RECURRENTS,
    "time_distributed": DENSE,
    "last_state": LAST_STATE,
    "multi_head_attention": ATTENTION,
    "self_attention": ATTENTION,
    "cross_attention": ATTENTION,
    "linear_attention": LINEAR_ATTENTION,
    "transformer_encoder": TRANSFORMER_ENCODER,
    "transformer_decoder": TRANSFORMER_DECODER,
    "leaky_relu": LEAKY_RELU,
    "prelu": PRELU,
    "elu": ELU,
    "relu": activation_layer(ACTIVATIONS["relu"]),
    "selu": activation_layer(ACTIVATIONS["selu"]),
    "gelu": activation_layer(ACTIVATIONS["gelu"]),
    "swish": activation_layer(ACTIVATIONS["swish"]),
    "mish": activation_layer(ACTIVATIONS["mish"]),
    "sigmoid": activation_layer(ACTIVATIONS["sigmoid"]),
    "tanh": activation_layer(ACTIVATIONS["tanh"]),
    "softmax": activation_layer(ACTIVATIONS["softmax"]),
    "identity": activation_layer(ACTIVATIONS["linear"]),
}
