"""Everything about a training that follows from its spec and the form of its data: pure decisions on the host.

Here is refused what only the data can tell: widths that do not fit, batches larger than the data, labels for the
wrong loss.
"""

from __future__ import annotations

from dataclasses import dataclass

from server_node.training.data.augmentation import check_augmentations
from server_node.training.data.dataset_form import DatasetForm
from server_node.training.data.splits import Splits, split_dataset
from server_node.training.ends import EndedNetwork, ended_network
from server_node.training.layers.layer import Formulation
from server_node.training.output_end import TargetKind
from server_node.training.program_structure import ProgramStructure
from shared.errors import BadData, InvalidField
from shared.hyperparameter_names import ResultWeights
from shared.hyperparameters import Hyperparameters
from shared.job_spec import JobSpec

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

    @property
    def keeps_best(self) -> bool:
        """Whether the weights of the best epoch are kept, to be the result."""
        return self.splits.validation.size > 0 and self.hyperparameters.result_weights is not ResultWeights.LAST

    def samples_after(self, step: int) -> int:
        """Count the examples that so many steps have trained on."""
        epochs, steps = divmod(step, self.steps_per_epoch)
        whole_steps = self.steps_per_epoch * self.structure.examples_per_step
        in_epoch = min(steps * self.structure.examples_per_step, self.splits.train.size)
        return epochs * min(whole_steps, self.splits.train.size) + in_epoch


def training_setup(spec: JobSpec, form: DatasetForm, formulation: Formulation) -> TrainingSetup:
    """Decide everything that does not need the data's numbers.

    Raises:
        InvalidField: when the model does not fit the data's shape.
        BadData: when the data do not fit what the job asks for.
    """
    settings = spec.hyperparameters
    splits = split_dataset(form, settings.validation_split, settings.seed, settings.test_split)
    if spec.job_type == "training":
        _check_batch(spec.batch_size, form, splits)
        _check_patience(settings, form, splits)
    _check_has_targets(spec, form)
    ended = ended_network(spec, form)
    steps_per_epoch = _steps_per_epoch(spec, splits)
    settings = settings.with_epochs_in_steps(steps_per_epoch)
    _check_length(steps_per_epoch * spec.epochs)
    structure = _structure(spec, form, ended, formulation)
    check_augmentations(structure.augmentations, form)
    return TrainingSetup(structure, settings, splits, steps_per_epoch, spec.epochs)


def _steps_per_epoch(spec: JobSpec, splits: Splits) -> int:
    examples_per_step = spec.batch_size * spec.hyperparameters.gradient_accumulation
    if not spec.hyperparameters.drop_last:
        return -(-splits.train.size // examples_per_step)
    if splits.train.size < examples_per_step:
        raise BadData(
            f"drop_last leaves out all {splits.train.size} training examples: a step takes {examples_per_step}; "
            "lower batch_size or gradient_accumulation, or leave drop_last out",
            field="hyperparameters.drop_last",
        )
    return splits.train.size // examples_per_step


def _structure(spec: JobSpec, form: DatasetForm, ended: EndedNetwork, formulation: Formulation) -> ProgramStructure:
    chosen = spec.hyperparameters.structure()
    return ProgramStructure(
        network=ended.network,
        target_shape=form.target_shape,
        has_labels=form.has_labels,
        has_tokens=form.has_tokens,
        more_input_shapes=form.more_input_shapes,
        examples=form.examples,
        batch_size=spec.batch_size,
        batches_per_step=chosen.batches_per_step,
        loss=ended.loss,
        optimizer=chosen.optimizer,
        schedule=chosen.schedule,
        clips_gradients=chosen.is_gradient_clipped,
        is_averaged=chosen.is_averaged and spec.job_type == "training",
        precision=chosen.precision,
        formulation=formulation,
        augmentations=chosen.augmentations,
        more_targets=tuple(TargetKind(target.shape, target.classes is not None) for target in form.more_targets),
        ends=ended.ends,
    )


def _check_has_targets(spec: JobSpec, form: DatasetForm) -> None:
    if not form.has_targets and spec.job_type != "inference":
        raise BadData(
            f"{form.name} has no targets, and {spec.job_type} compares with them; say ?target= for the column or array "
            "that is the target, or ?target=input for reconstruction",
            field="dataset",
        )


def _check_batch(batch_size: int, form: DatasetForm, splits: Splits) -> None:
    if batch_size > splits.train.size:
        raise BadData(
            f"batch_size must be at most the {splits.train.size} training examples of {form.name}, got {batch_size}",
            field="batch_size",
        )


def _check_patience(settings: Hyperparameters, form: DatasetForm, splits: Splits) -> None:
    if splits.validation.size:
        return
    if settings.early_stopping_patience:
        raise InvalidField(
            f"early_stopping_patience needs examples to validate on, and {form.name} has none; set validation_split",
            field="hyperparameters.early_stopping_patience",
        )
    if settings.result_weights is ResultWeights.BEST:
        raise InvalidField(
            f"result_weights best needs examples to validate on, and {form.name} has none; set validation_split",
            field="hyperparameters.result_weights",
        )


def _check_length(steps: int) -> None:
    if steps > LARGEST_STEP:
        raise InvalidField(f"epochs must leave at most {LARGEST_STEP:,} steps in all, got {steps:,}", field="epochs")
