"""Whether what a model gives, its loss and the targets of the data go together, as far as the data's URI tells."""

from __future__ import annotations

from shared.dataset_facts import DatasetFacts
from shared.errors import InvalidField
from shared.hyperparameter_names import Loss
from shared.model_definition.graph import LayerSummary, Shape
from shared.model_definition.refusal import refusal

_LABEL_LOSSES = frozenset({Loss.CROSS_ENTROPY, Loss.NLL})
_YES_OR_NO_LOSSES = frozenset({Loss.BCE, Loss.BCE_WITH_LOGITS})


def check_loss_fits_targets(loss: Loss | None, facts: DatasetFacts) -> None:
    """Refuses a loss of labels where the targets are real numbers."""
    if loss in _LABEL_LOSSES and facts.outputs is not None:
        raise InvalidField(
            f"loss {loss} needs class labels, but the dataset has real targets; use loss mse",
            field="hyperparameters.loss",
        )


def check_output(last: LayerSummary, loss: Loss | None, facts: DatasetFacts) -> None:
    """Refuses a model whose output cannot be compared with the targets.

    Raises:
        InvalidField: naming the last layer, what it gives and what the targets are.
    """
    given = f"layer {last.node_id} ({last.name}) gives {last.output_shape} for each example"
    if facts.classes is not None:
        _check_classes(given, last.output_shape, loss, facts, facts.classes)
    elif facts.outputs is not None:
        wanted = (facts.outputs,) if facts.target_shape is None else facts.target_shape
        if last.output_shape != wanted:
            raise refusal(_real_sentence(given, wanted))
    elif loss in _LABEL_LOSSES and last.output_shape == ():
        raise refusal(f"{given}, but {loss} needs one number a class; end the model with a dense layer")


def _check_classes(given: str, output: Shape, loss: Loss | None, facts: DatasetFacts, classes: int) -> None:
    places = facts.target_shape or ()
    if output == (*places, 1) and loss not in _LABEL_LOSSES and (classes <= 2 or loss not in _YES_OR_NO_LOSSES):
        return
    if len(output) != len(places) + 1:
        each = f"at each of {places} places" if places else "a class"
        raise refusal(f"{given}, but {loss} needs one number {each}; end the model with a dense layer")
    if output[:-1] != places:
        raise refusal(f"{given}, but the dataset has labels for {places} places; keep the length of the sequence")
    if output[-1] < classes:
        raise refusal(f"{given}, but the dataset has {classes} classes; use a dense of {classes} units")


def _real_sentence(given: str, wanted: Shape) -> str:
    if len(wanted) == 1:
        return f"{given}, but a target has {wanted[0]} numbers; use a dense of {wanted[0]} units"
    return f"{given}, but a target has the shape {wanted}; end the model with that shape"
