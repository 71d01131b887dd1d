"""Of what form the rows of a served model are: as the spec says, or as its dataset or definition does, unopened."""

from __future__ import annotations

from server_node.training.data.dataset_form import DatasetForm, Scale
from shared.dataset_facts import DatasetFacts, dataset_facts
from shared.dataset_uri import parse_dataset_uri
from shared.errors import InvalidField
from shared.job_spec import JobSpec
from shared.model_definition.parse import parse_model_definition
from shared.serving import Serving
from shared.trained_on import TrainedOn


def served_form(spec: JobSpec, serving: Serving, trained_on: TrainedOn) -> DatasetForm:
    """Return it; what the weights say themselves about columns and scale goes before what the spec says.

    Raises:
        InvalidField: nobody says what shape a row has.
    """
    facts = dataset_facts(parse_dataset_uri(spec.dataset))
    shape = serving.input_shape or facts.example_shape or _declared(spec)
    if shape is None:
        raise InvalidField(
            f"the model of {serving.name} must say what shape one row has, and neither its definition nor its dataset "
            "does; give its definition an input shape",
            field="model_definition",
        )
    classes = serving.classes or facts.classes
    return DatasetForm(
        name=serving.name,
        input_shape=shape,
        target_shape=facts.target_shape or (),
        examples=1,
        train_examples=1,
        classes=classes,
        has_tokens=serving.has_tokens or facts.has_tokens,
        tokens=facts.tokens,
        more_input_shapes=facts.more_input_shapes,
        scale=_scale(serving, trained_on),
        columns=trained_on.columns,
        has_targets=_knows_targets(facts, serving),
    )


def _declared(spec: JobSpec) -> tuple[int, ...] | None:
    return parse_model_definition(spec.model_definition).declared_input_shape


def _knows_targets(facts: DatasetFacts, serving: Serving) -> bool:
    return facts.target_shape is not None or serving.classes > 0


def _scale(serving: Serving, trained_on: TrainedOn) -> Scale | None:
    said = trained_on if trained_on.offset else serving
    return Scale(said.offset, said.width) if said.offset else None
