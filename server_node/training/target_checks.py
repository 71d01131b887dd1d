"""Whether a model's outputs, its loss and the data's targets go together: decided from shapes and the last layer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset_form import TargetForm
from shared.errors import BadData, InvalidField
from shared.hyperparameter_names import Loss
from shared.model_definition.graph import LayerNode, Shape

LABEL_LOSSES = frozenset({Loss.CROSS_ENTROPY, Loss.NLL})
YES_OR_NO = 2
ROWS_AT_ONCE = 65_536
_UNBOUNDED_KINDS = frozenset({"dense", "conv1d", "conv2d", "conv3d", "depthwise_conv2d"})


def check_targets(loss: Loss, outputs: Shape, last: LayerNode, target: TargetForm, name: str) -> None:
    """Refuse what cannot be compared.

    Args:
        loss: between the two.
        outputs: what the model gives for one example.
        last: the layer that gives it.
        target: what it is compared with.
        name: of the dataset.

    Raises:
        BadData: when the data have no such targets, or others than the model's outputs.
        InvalidField: when the loss expects probabilities and the model gives any number.
    """
    if loss in LABEL_LOSSES and target.classes is None:
        raise BadData(
            f"loss {loss} expects integer labels, {name} has real targets of shape {target.shape}; use loss mse",
            field="hyperparameters.loss",
        )
    if target.classes is None:
        _check_values(outputs, target, name)
    else:
        _check_classes(loss, outputs, target, target.classes, name)
    if loss is Loss.BCE:
        _check_gives_probabilities(last)


def check_probabilities(loss: str, targets: npt.NDArray[np.float32], name: str) -> None:
    """Refuse real targets that binary cross-entropy has no meaning for; reads them block by block.

    Raises:
        BadData: naming the first example with a target outside 0 to 1.
    """
    if loss not in {Loss.BCE, Loss.BCE_WITH_LOGITS} or not np.issubdtype(targets.dtype, np.floating):
        return
    for start in range(0, len(targets), ROWS_AT_ONCE):
        block = targets[start : start + ROWS_AT_ONCE].reshape(len(targets[start : start + ROWS_AT_ONCE]), -1)
        is_outside = ((block < 0) | (block > 1)).any(axis=1)
        if is_outside.any():
            raise BadData(
                f"loss {loss} expects targets from 0 to 1, {name} has others at example "
                f"{start + int(np.argmax(is_outside))}; scale them, or use loss mse",
                field="hyperparameters.loss",
            )


def _check_values(outputs: Shape, target: TargetForm, name: str) -> None:
    if outputs != target.shape:
        raise BadData(
            f"the model gives {outputs} for each example, the targets {_called(target, name)} have shape "
            f"{target.shape}; give the last layer as many units as there are targets",
            field="model_definition",
        )


def _check_classes(loss: Loss, outputs: Shape, target: TargetForm, classes: int, name: str) -> None:
    is_one_number = outputs == (*target.shape, 1)
    if loss not in LABEL_LOSSES and is_one_number and _fits_one_number(loss, classes):
        return
    if len(outputs) != len(target.shape) + 1 or outputs[:-1] != target.shape or outputs[-1] < classes:
        each = f"each of {target.shape} places" if target.shape else "each example"
        raise BadData(
            f"the model gives {outputs} for each example, {name} has labels from 0 to {classes - 1} for {each}; "
            f"give the last layer at least {classes} units",
            field="model_definition",
        )


def _called(target: TargetForm, name: str) -> str:
    return f"{target.name} of {name}" if target.name else f"of {name}"


def _fits_one_number(loss: Loss, classes: int) -> bool:
    return classes <= YES_OR_NO or loss not in {Loss.BCE, Loss.BCE_WITH_LOGITS}


def _check_gives_probabilities(last: LayerNode) -> None:
    activation = last.parameters.get("activation", "linear")
    if last.kind in _UNBOUNDED_KINDS and activation not in {"sigmoid", "softmax"}:
        raise InvalidField(
            f"loss bce expects probabilities, but layer {last.name} (node {last.node_id}) gives any number; "
            "end the model with a sigmoid, or use loss bce_with_logits",
            field="hyperparameters.loss",
        )
