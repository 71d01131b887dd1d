"""The result of a training as plain values: named arrays, final metrics, the history, and what a reader must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset_form import DatasetForm
from server_node.training.layers.layer import HostArrays
from server_node.training.models.network import Network, weight_names
from server_node.training.reports import MetricRow
from server_node.training.setup import TrainingSetup
from shared.trained_on import TrainedOn

LAYOUT = "images are (height, width, channels); kernels are (inputs, units) and (height, width, channels, filters)"
OUTPUTS_ARE = {"cross_entropy": "logits", "bce_with_logits": "logits", "nll": "log-probabilities"}
WeightArray = npt.NDArray[Any]
HostModel = tuple[tuple[HostArrays, ...], tuple[HostArrays, ...]]


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What was learned.

    Attributes:
        weights: `<layer name>.<array name>` to array, batch statistics included, in computing order.
        last_weights: the same after the last step, where `weights` are those of a better epoch.
        final_metrics: the values of the epoch whose weights these are, with `test_loss` and the other metrics where
            the data has a test split, and `best_epoch` where there was validation.
        history: every row.
        description: what is needed to use the weights beside the definition; plain JSON values.
        trained_on: what the weights take the numbers of data to mean.
    """

    weights: Mapping[str, WeightArray]
    last_weights: Mapping[str, WeightArray] | None
    final_metrics: Mapping[str, float]
    history: tuple[MetricRow, ...]
    description: Mapping[str, Any]
    trained_on: TrainedOn


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training came to, beside its arrays.

    Attributes:
        metrics: see `TrainingResult.final_metrics`.
        history: every row.
        step: the one whose weights are given.
        is_best: whether they were chosen by validation.
    """

    metrics: Mapping[str, float]
    history: tuple[MetricRow, ...]
    step: int
    is_best: bool


def result_of(
    setup: TrainingSetup, form: DatasetForm, outcome: Outcome, chosen: HostModel, last: HostModel | None
) -> TrainingResult:
    """Name every array and describe the model as it was computed.

    Args:
        setup: what was trained.
        form: of the data.
        outcome: what it came to.
        chosen: weights and statistics of the result.
        last: those of the last step, where they are others.
    """
    names = weight_names(setup.structure.network)
    return TrainingResult(
        weights=_named(names, chosen),
        last_weights=None if last is None else _named(names, last),
        final_metrics=dict(outcome.metrics),
        history=outcome.history,
        description=_description(setup, form, names, outcome),
        trained_on=form.trained_on,
    )


def _named(names: tuple[str, ...], model: HostModel) -> Mapping[str, WeightArray]:
    return {
        f"{layer}.{array}": np.array(values)
        for layer, learned, observed in zip(names, *model, strict=True)
        for array, values in {**learned, **observed}.items()
    }


def _description(
    setup: TrainingSetup, form: DatasetForm, names: tuple[str, ...], outcome: Outcome
) -> Mapping[str, Any]:
    network = setup.structure.network
    return {
        "input_shape": list(network.input_shape),
        "output_shape": list(network.output_shape),
        "classes": form.classes,
        "class_names": list(form.class_names) or None,
        "columns": list(form.columns) or None,
        "normalization": None if form.scale is None else asdict(form.scale),
        "outputs": _outputs(setup, names),
        "loss": setup.structure.loss,
        "outputs_are": OUTPUTS_ARE.get(setup.structure.loss, "predictions"),
        "weights_are": {
            "chosen": "best" if outcome.is_best else "last",
            "step": outcome.step,
            "averaged": setup.structure.is_averaged,
        },
        "layout": LAYOUT,
        "computed_layers": _layers(network, names),
    }


def _outputs(setup: TrainingSetup, names: tuple[str, ...]) -> list[Mapping[str, Any]] | None:
    """Describe each output by the layer that gives it; None for a model of one."""
    network, ends = setup.structure.network, setup.structure.judged_ends
    if not network.output_names:
        return None
    losses = {end.output: end.loss for end in ends}
    return [
        {
            "name": called,
            "layer": names[position],
            "output_shape": list(network.layers[position].output_shape),
            "loss": losses.get(place),
            "outputs_are": OUTPUTS_ARE.get(losses.get(place, ""), "predictions"),
        }
        for place, (called, position) in enumerate(zip(network.output_names, network.outputs, strict=True))
    ]


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
