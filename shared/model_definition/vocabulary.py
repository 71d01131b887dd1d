"""Every type of node that designer graphs know, by code and by name, and what role those have that are no layers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

DESIGNER_NAMES: tuple[str, ...] = tuple(
    """
    Dense Conv1D Conv2D Conv3D DepthwiseConv2D MaxPool2D AvgPool2D GlobalMaxPool GlobalAvgPool AdaptiveAvgPool BatchNorm
    LayerNorm GroupNorm InstanceNorm Dropout Flatten RNN LSTM GRU Bidirectional TimeDistributed Embedding
    MultiHeadAttention SelfAttention CrossAttention LinearAttention TransformerEncoder TransformerDecoder
    PositionalEncoding ReLU LeakyReLU PReLU ELU SELU GELU Swish Mish Sigmoid Tanh Softmax Reshape Permute Squeeze
    Unsqueeze View Split Concatenate Add Multiply Average Output MSELoss CrossEntropyLoss BCELoss BCEWithLogits L1Loss
    SmoothL1Loss HuberLoss NLLLoss SGD Adam AdamW RMSprop Adagrad NAdam StepLR CosineAnnealing ReduceOnPlateau
    ExponentialLR WarmupScheduler L1Regularization L2Regularization ElasticNet Lambda Identity Constant Parameter
    DatasetInput DataLoader Augmentation DataSplit TensorReshape Normalize OneHotEncode Subgraph
    """.split()  # noqa: SIM905 - as running text it reads like the table it is
)
"""The name of code `i` is at place `i`."""

DESIGNER_ALIASES: Mapping[str, str] = {
    "Input": "DatasetInput",
    "GlobalAvgPool2D": "GlobalAvgPool",
    "BatchNorm2D": "BatchNorm",
    "Concat": "Concatenate",
    "CrossEntropy": "CrossEntropyLoss",
}


class SettingsRole(StrEnum):
    """What a node that is no layer does: end the model, or say something about the job."""

    OUTPUT = "output"
    LOSS = "loss"
    OPTIMIZER = "optimizer"
    SCHEDULE = "schedule"
    PENALTY = "penalty"
    DATA = "data"


_NAMES_OF_ROLES: Mapping[SettingsRole, str] = {
    SettingsRole.OUTPUT: "Output",
    SettingsRole.LOSS: ("MSELoss CrossEntropyLoss BCELoss BCEWithLogits L1Loss SmoothL1Loss HuberLoss NLLLoss"),
    SettingsRole.OPTIMIZER: "SGD Adam AdamW RMSprop Adagrad NAdam",
    SettingsRole.SCHEDULE: "StepLR CosineAnnealing ReduceOnPlateau ExponentialLR WarmupScheduler",
    SettingsRole.PENALTY: "L1Regularization L2Regularization ElasticNet",
    SettingsRole.DATA: "DataLoader DataSplit OneHotEncode Augmentation",
}
SETTINGS_ROLES: Mapping[str, SettingsRole] = {
    name: role for role, names in _NAMES_OF_ROLES.items() for name in names.split()
}
"""Designer names of the nodes that are no layers and that we understand today."""


def type_key(name: str) -> str:
    """A type's name as it is compared: without regard to case, `_`, `-` and spaces at the ends."""
    return name.strip().lower().replace("_", "").replace("-", "")


_BY_KEY = {type_key(name): name for name in DESIGNER_NAMES}
_BY_KEY.update({type_key(alias): name for alias, name in DESIGNER_ALIASES.items()})


def designer_name(written: str) -> str | None:
    """The designer's own name for what was written, or None when the designer has no such type."""
    return _BY_KEY.get(type_key(written))
