"""The result of a training as plain values: named arrays, final metrics, the history, and what a reader must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset_form import DatasetForm
from server_node.training.layers.layer import HostArrays
from server_node.training.models.network import Network, weight_names
from server_node.training.reports import MetricRow
from server_node.training.setup import TrainingSetup

LAYOUT = "images are (height, width, channels); kernels are (inputs, units) and (height, width, channels, filters)"
WeightArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What was learned.

    Attributes:
        weights: `<layer name>.<array name>` to array, batch statistics included, in computing order.
        final_metrics: the last epoch's values, with `test_loss` and `test_accuracy` where the data has a test split.
        history: every row.
        description: what is needed to use the weights beside the definition; plain JSON values.
    """

    weights: Mapping[str, WeightArray]
    final_metrics: Mapping[str, float]
    history: tuple[MetricRow, ...]
    description: Mapping[str, Any]


def result_of(
    setup: TrainingSetup,
    form: DatasetForm,
    weights: tuple[HostArrays, ...],
    statistics: tuple[HostArrays, ...],
    final_metrics: Mapping[str, float],
    history: tuple[MetricRow, ...],
) -> TrainingResult:
    """Name every array and describe the model as it was computed."""
    names = weight_names(setup.structure.network)
    named = {
        f"{layer}.{array}": np.array(values)
        for layer, learned, observed in zip(names, weights, statistics, strict=True)
        for array, values in {**learned, **observed}.items()
    }
    return TrainingResult(named, dict(final_metrics), history, _description(setup, form, names))


def _description(setup: TrainingSetup, form: DatasetForm, names: tuple[str, ...]) -> Mapping[str, Any]:
    network = setup.structure.network
    return {
        "input_shape": list(network.input_shape),
        "output_shape": list(network.output_shape),
        "classes": form.classes,
        "loss": setup.structure.loss,
        "outputs_are": "logits" if setup.structure.loss == "cross_entropy" else "predictions",
        "layout": LAYOUT,
        "computed_layers": _layers(network, names),
    }


def _layers(network: Network, names: tuple[str, ...]) -> list[Mapping[str, Any]]:
    return [
        {
            "name": name,
            "node_id": layer.node.node_id,
            "kind": layer.node.kind,
            "parameters": dict(layer.node.parameters),
            "inputs": [names[source] for source in layer.inputs],
            "output_shape": list(layer.output_shape),
        }
        for name, layer in zip(names, network.layers, strict=True)
    ]
