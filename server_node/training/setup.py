"""Everything about a training that follows from its spec and the form of its data: pure decisions on the host.

Here is refused what only the data can tell: widths that do not fit, batches larger than the data, labels for the
wrong loss.
"""

from __future__ import annotations

from dataclasses import dataclass

from server_node.training.data.dataset_form import DatasetForm
from server_node.training.data.splits import Splits, split_dataset
from server_node.training.layers.layer import Formulation
from server_node.training.models.network import Network, network_from_graph
from server_node.training.program_structure import ProgramStructure
from shared.errors import BadData, InvalidField
from shared.hyperparameter_names import Loss
from shared.hyperparameters import Hyperparameters
from shared.job_spec import JobSpec
from shared.model_definition.fuse import fuse_final_activation
from shared.model_definition.graph import Shape
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.parse import parse_model_definition
from shared.model_definition.shapes import infer_shapes

LARGEST_STEP = 2**31 - 1


@dataclass(frozen=True, slots=True)
class TrainingSetup:
    """What will be trained, on which examples, for how long.

    Attributes:
        structure: what is compiled.
        hyperparameters: with the designer graph's settings filled in.
        splits: which examples train, validate and test.
        steps_per_epoch: with a last, partial batch.
        epochs: passes over the training examples.
    """

    structure: ProgramStructure
    hyperparameters: Hyperparameters
    splits: Splits
    steps_per_epoch: int
    epochs: int

    @property
    def steps_total(self) -> int:
        """Steps of the whole job."""
        return self.steps_per_epoch * self.epochs

    def samples_after(self, step: int) -> int:
        """Count the examples that so many steps have trained on."""
        epochs, steps = divmod(step, self.steps_per_epoch)
        in_epoch = min(steps * self.structure.batch_size, self.splits.train.size)
        return epochs * self.splits.train.size + in_epoch


def training_setup(spec: JobSpec, form: DatasetForm, formulation: Formulation) -> TrainingSetup:
    """Decide everything that does not need the data's numbers.

    Raises:
        InvalidField: when the model does not fit the data's shape.
        BadData: when the data do not fit what the job asks for.
    """
    settings = spec.hyperparameters
    splits = split_dataset(form, settings.validation_split, settings.seed)
    _check_batch(spec.batch_size, form, splits)
    loss = settings.loss or (Loss.CROSS_ENTROPY if form.has_labels else Loss.MSE)
    network = _network(spec, form, loss)
    _check_targets(loss, network.output_shape, form)
    steps_per_epoch = -(-splits.train.size // spec.batch_size)
    _check_length(steps_per_epoch * spec.epochs)
    structure = _structure(spec, form, network, loss, formulation)
    return TrainingSetup(structure, settings, splits, steps_per_epoch, spec.epochs)


def _network(spec: JobSpec, form: DatasetForm, loss: Loss) -> Network:
    graph = fuse_final_activation(parse_model_definition(spec.model_definition), loss)
    graph = with_implied_flatten(graph, form.input_shape)
    return network_from_graph(graph, infer_shapes(graph, form.input_shape), form.input_shape)


def _structure(
    spec: JobSpec, form: DatasetForm, network: Network, loss: Loss, formulation: Formulation
) -> ProgramStructure:
    chosen = spec.hyperparameters.structure()
    return ProgramStructure(
        network=network,
        target_shape=form.target_shape,
        has_labels=form.has_labels,
        examples=form.examples,
        batch_size=spec.batch_size,
        loss=loss,
        optimizer=chosen.optimizer,
        schedule=chosen.schedule,
        clips_gradients=chosen.is_gradient_clipped,
        precision=chosen.precision,
        formulation=formulation,
    )


def _check_batch(batch_size: int, form: DatasetForm, splits: Splits) -> None:
    if batch_size > splits.train.size:
        raise BadData(
            f"batch_size must be at most the {splits.train.size} training examples of {form.name}, got {batch_size}",
            field="batch_size",
        )


def _check_targets(loss: Loss, outputs: Shape, form: DatasetForm) -> None:
    if loss is Loss.CROSS_ENTROPY and form.classes is None:
        raise BadData(
            f"loss cross_entropy expects integer labels, {form.name} has real targets of shape {form.target_shape}; "
            "use loss mse",
            field="hyperparameters.loss",
        )
    if form.classes is None:
        _check_values(outputs, form)
    else:
        _check_classes(loss, outputs, form.classes, form.name)


def _check_values(outputs: Shape, form: DatasetForm) -> None:
    if outputs != form.target_shape:
        raise BadData(
            f"the model gives {outputs} for each example, the targets of {form.name} have shape {form.target_shape}; "
            "give the last layer as many units as there are targets",
            field="model_definition",
        )


def _check_classes(loss: Loss, outputs: Shape, classes: int, name: str) -> None:
    if loss is Loss.MSE and outputs == (1,):
        return
    if len(outputs) != 1 or outputs[0] < classes:
        raise BadData(
            f"the model gives {outputs} for each example, {name} has labels from 0 to {classes - 1}; "
            f"give the last layer at least {classes} units",
            field="model_definition",
        )


def _check_length(steps: int) -> None:
    if steps > LARGEST_STEP:
        raise InvalidField(f"epochs must leave at most {LARGEST_STEP:,} steps in all, got {steps:,}", field="epochs")
