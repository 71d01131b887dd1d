"""Every check of a job that can be made before a node has opened the data: does what it asks for go together?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from shared.dataset_facts import DatasetFacts, dataset_facts
from shared.dataset_uri import DatasetUri, parse_dataset_uri, reconstructs_input
from shared.errors import InvalidField
from shared.hyperparameter_names import Loss
from shared.job_spec import JobSpec, JobTypeName
from shared.model_definition.example_shape import example_shape
from shared.model_definition.graph import LayerSummary, ModelGraph, Shape
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.implied_last_state import with_implied_last_state
from shared.model_definition.output_losses import loss_of_output
from shared.model_definition.output_targets import UNNAMED, targets_of_outputs
from shared.model_definition.parse import LONGEST_REMEMBERED, parse_model_definition
from shared.model_definition.refusal import refusal
from shared.model_definition.shapes import summarize
from shared.model_definition.token_check import check_tokens
from shared.output_check import check_loss_fits_targets, check_output
from shared.user_model import runs_user_code

_RANK_OF_VECTOR_AND_IMAGE = (1, 3)


@dataclass(frozen=True, slots=True)
class CheckedJob:
    """What is known of a job once everything that can be checked at submission has been.

    Attributes:
        spec: the job.
        graph: its model; with implied flattens when the input's shape is known.
        dataset: what its URI says.
        facts: what is known of the data unopened.
        loss: None when only the data can tell.
        input_shape: one example's; None when only the data can tell.
        summary: the table of layers; None when only the data can tell.
    """

    spec: JobSpec
    graph: ModelGraph
    dataset: DatasetUri
    facts: DatasetFacts
    loss: Loss | None
    input_shape: Shape | None
    summary: tuple[LayerSummary, ...] | None

    @property
    def parameters(self) -> int | None:
        """Trained numbers of the whole model; None when only the data can tell."""
        return None if self.summary is None else sum(row.parameters for row in self.summary)


def check_job_spec(spec: JobSpec) -> CheckedJob:
    """The job with everything known about it. Pure; parsing a model of megabytes takes a second.

    What only model, dataset and loss decide is remembered for small models: never change what this returns.

    Raises:
        InvalidField: with the `field` at fault, in one sentence.
        TooLarge: when the model definition is.
    """
    _check_type(spec)
    _check_devices(spec)
    dataset, facts = _known_of_dataset(spec.dataset)
    _check_batch(spec, facts)
    said = _Said(spec.model_definition, spec.dataset, spec.job_type, spec.hyperparameters.loss)
    known = _remembered(said) if len(spec.model_definition) <= LONGEST_REMEMBERED else _known_of_model(said)
    return CheckedJob(spec, known.graph, dataset, facts, known.loss, known.input_shape, known.summary)


def _check_type(spec: JobSpec) -> None:
    if spec.job_type == "serving" or spec.serving is not None:
        raise InvalidField("job_type serving is for replicas: cyxwiz deploy makes them", field="job_type")


@dataclass(frozen=True, slots=True)
class _Said:
    """All of a job that the check of its model depends on."""

    model_definition: str
    dataset: str
    job_type: JobTypeName
    loss: Loss | None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the check of a model finds out."""

    graph: ModelGraph
    loss: Loss | None
    input_shape: Shape | None = None
    summary: tuple[LayerSummary, ...] | None = None


@lru_cache(maxsize=256)
def _known_of_dataset(uri: str) -> tuple[DatasetUri, DatasetFacts]:
    dataset = parse_dataset_uri(uri)
    return dataset, dataset_facts(dataset)


def _known_of_model(said: _Said) -> _Known:
    graph = parse_model_definition(said.model_definition)
    dataset, facts = _known_of_dataset(said.dataset)
    loss = said.loss or facts.natural_loss
    _check_target(graph, dataset)
    if len(graph.outputs) == 1:
        check_loss_fits_targets(loss, facts)
    if runs_user_code(said.model_definition):
        return _Known(graph, loss)
    input_shape = _input_shape(graph, facts)
    if input_shape is None:
        return _Known(graph, loss)
    if facts.has_tokens:
        check_tokens(graph, facts.tokens)
    graph = with_implied_flatten(graph, input_shape)
    compared = _compared_outputs(said, graph, facts)
    if facts.target_shape is not None:
        is_label = facts.classes is not None
        for place in compared:
            graph = with_implied_last_state(graph, input_shape, facts.target_shape, is_label=is_label, place=place)
    summary = summarize(graph, input_shape)
    _check_model(said, graph, summary, facts, compared)
    return _Known(graph, loss, input_shape, summary)


_remembered = lru_cache(maxsize=256)(_known_of_model)


def _check_devices(spec: JobSpec) -> None:
    devices = spec.resources.devices
    if devices > 1:
        raise InvalidField(
            f"resources.devices must be 1, got {devices}: training a job on more than one device is not supported yet",
            field="resources.devices",
        )


def _check_batch(spec: JobSpec, facts: DatasetFacts) -> None:
    if facts.examples is not None and spec.batch_size > facts.examples:
        raise InvalidField(
            f"batch_size must be at most the {facts.examples} examples of {spec.dataset}, got {spec.batch_size}",
            field="batch_size",
        )


def _check_target(graph: ModelGraph, dataset: DatasetUri) -> None:
    """Refuses a graph whose loss is fed with the data themselves where the dataset's target is another."""
    if graph.is_towards_input and not reconstructs_input(dataset):
        raise InvalidField(
            "a loss of the graph takes the data themselves as its target (pin 0 of a DatasetInput on its pin 1); "
            "the dataset's URI asks for another one, or has none of its own; say target=input there, or link pin 1",
            field="dataset_uri",
        )


def _input_shape(graph: ModelGraph, facts: DatasetFacts) -> Shape | None:
    declared = graph.declared_input_shape
    if facts.example_shape is not None:
        return example_shape(facts.example_shape, facts.more_input_shapes)
    if declared is None:
        return None
    # (28, 28) may stand for (28, 28, 1); a model that declares it is checked once the data is open.
    return declared if len(declared) in _RANK_OF_VECTOR_AND_IMAGE else None


def _compared_outputs(said: _Said, graph: ModelGraph, facts: DatasetFacts) -> tuple[int, ...]:
    """The places of the outputs that are compared with the one target a dataset has that is known unopened.

    A file may have a target for each output.
    """
    if facts.example_shape is None and len(graph.outputs) > 1:
        return ()
    if said.job_type == "inference":
        return (0,) if len(graph.outputs) == 1 else ()
    targets = targets_of_outputs(graph, (UNNAMED,))
    return tuple(place for place, target in enumerate(targets) if target is not None)


def _check_model(
    said: _Said,
    graph: ModelGraph,
    summary: tuple[LayerSummary, ...],
    facts: DatasetFacts,
    compared: tuple[int, ...],
) -> None:
    if not any(row.parameters for row in summary):
        raise refusal("the model has nothing to train; give it a layer with weights, such as dense")
    for place in compared:
        of_job, natural = said.loss, facts.natural_loss
        loss = of_job if natural is None else loss_of_output(graph, place, of_job, natural)
        output = next(row for row in summary if row.node_id == graph.outputs[place])
        check_output(output, loss, facts)
