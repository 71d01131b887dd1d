"""The layers the engine can run, by the canonical names of `shared.model_definition.kinds`.

To add one: a file with an `init` and an `apply`, and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from server_node.training.layers.activations import ACTIVATIONS, ELU, LEAKY_RELU, activation_layer
from server_node.training.layers.batch_norm import BATCH_NORM
from server_node.training.layers.conv2d import CONV2D
from server_node.training.layers.dense import DENSE
from server_node.training.layers.dropout import DROPOUT
from server_node.training.layers.flatten import FLATTEN
from server_node.training.layers.layer import Layer
from server_node.training.layers.pooling import AVG_POOL2D, GLOBAL_AVG_POOL, GLOBAL_MAX_POOL, MAX_POOL2D
from server_node.training.layers.prelu import PRELU

LAYERS: Mapping[str, Layer] = {
    "dense": DENSE,
    "conv2d": CONV2D,
    "max_pool2d": MAX_POOL2D,
    "avg_pool2d": AVG_POOL2D,
    "global_max_pool": GLOBAL_MAX_POOL,
    "global_avg_pool": GLOBAL_AVG_POOL,
    "flatten": FLATTEN,
    "dropout": DROPOUT,
    "batch_norm": BATCH_NORM,
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
