"""Every kind of layer we run, by canonical name. To add one: a file with a `LayerKind`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from shared.model_definition.kinds.activations import ACTIVATIONS
from shared.model_definition.kinds.attention import ATTENTIONS
from shared.model_definition.kinds.axes import AXIS_KINDS
from shared.model_definition.kinds.batch_norm import BATCH_NORM
from shared.model_definition.kinds.convolution import CONV1D, CONV2D, CONV3D
from shared.model_definition.kinds.dense import DENSE
from shared.model_definition.kinds.depthwise_conv2d import DEPTHWISE_CONV2D
from shared.model_definition.kinds.dropout import DROPOUT
from shared.model_definition.kinds.embedding import EMBEDDING
from shared.model_definition.kinds.flatten import FLATTEN
from shared.model_definition.kinds.gaussian_sample import GAUSSIAN_SAMPLE
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.kinds.last_state import LAST_STATE
from shared.model_definition.kinds.layer_kind import LayerKind
from shared.model_definition.kinds.merges import MERGES
from shared.model_definition.kinds.normalizations import NORMALIZATIONS
from shared.model_definition.kinds.normalize import NORMALIZE
from shared.model_definition.kinds.pad import PAD
from shared.model_definition.kinds.pooling import POOLINGS
from shared.model_definition.kinds.positional_encoding import POSITIONAL_ENCODING
from shared.model_definition.kinds.recurrent import RECURRENTS
from shared.model_definition.kinds.reshape import RESHAPES
from shared.model_definition.kinds.sources import SOURCES
from shared.model_definition.kinds.split import SPLIT
from shared.model_definition.kinds.time_distributed import TIME_DISTRIBUTED
from shared.model_definition.kinds.transformer import TRANSFORMERS
from shared.model_definition.kinds.upsample import UPSAMPLE

KINDS: Mapping[str, LayerKind] = {
    kind.name: kind
    for kind in (
        INPUT,
        DENSE,
        *(CONV1D, CONV2D, CONV3D),
        DEPTHWISE_CONV2D,
        *POOLINGS,
        UPSAMPLE,
        PAD,
        FLATTEN,
        DROPOUT,
        BATCH_NORM,
        *NORMALIZATIONS,
        NORMALIZE,
        *ACTIVATIONS,
        *MERGES,
        GAUSSIAN_SAMPLE,
        SPLIT,
        *RESHAPES,
        *AXIS_KINDS,
        *SOURCES,
        EMBEDDING,
        POSITIONAL_ENCODING,
        *RECURRENTS,
        TIME_DISTRIBUTED,
        LAST_STATE,
        *ATTENTIONS,
        *TRANSFORMERS,
    )
}
"""Canonical name → kind."""
