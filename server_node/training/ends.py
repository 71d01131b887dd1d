"""How a model ends for a job: its graph without what losses bring along, and which output is compared with what."""

from __future__ import annotations

from dataclasses import dataclass

from server_node.training.data.dataset_form import DatasetForm, TargetForm
from server_node.training.models.network import Network, network_from_graph
from server_node.training.output_end import OutputEnd, TargetKind
from server_node.training.target_checks import check_targets
from shared.errors import BadData, InvalidField
from shared.hyperparameter_names import Loss
from shared.job_spec import JobSpec
from shared.model_definition.example_shape import example_shape
from shared.model_definition.fuse import fuse_loss
from shared.model_definition.graph import ModelGraph
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.implied_last_state import with_implied_last_state
from shared.model_definition.output_losses import loss_of_output
from shared.model_definition.output_targets import latent_pairs, output_names, targets_of_outputs
from shared.model_definition.parse import parse_model_definition
from shared.model_definition.shapes import infer_shapes
from shared.model_definition.token_check import check_tokens


@dataclass(frozen=True, slots=True)
class EndedNetwork:
    """A network, the loss of its first compared output, and its ends; None for one output without Gaussians."""

    network: Network
    loss: Loss
    ends: tuple[OutputEnd, ...] | None


@dataclass(frozen=True, slots=True)
class _Compared:
    """One output, by its place, its target, and the loss between them."""

    place: int
    name: str
    target_place: int
    target: TargetForm
    loss: Loss


def ended_network(spec: JobSpec, form: DatasetForm) -> EndedNetwork:
    """Decide it from the job and the form of its data.

    Raises:
        InvalidField: when the model does not fit the data's shape, or an output has no target.
        BadData: when an output and its target cannot be compared.
    """
    graph = parse_model_definition(spec.model_definition)
    is_plain = len(graph.outputs) == 1 and not latent_pairs(graph)
    graph, compared = _compared_outputs(spec, graph, form)
    if form.has_tokens:
        check_tokens(graph, form.tokens)
    example = example_shape(form.input_shape, form.more_input_shapes)
    graph = with_implied_flatten(graph, example)
    for one in compared:
        is_label = one.target.classes is not None
        graph = with_implied_last_state(graph, example, one.target.shape, is_label=is_label, place=one.place)
    network = network_from_graph(graph, infer_shapes(graph, example), form.input_shape)
    loss = compared[0].loss if compared else spec.hyperparameters.loss or Loss.MSE
    ends = _checked_ends(spec, network, compared, form)
    return EndedNetwork(network, loss, None if is_plain and ends else ends)


def _checked_ends(
    spec: JobSpec, network: Network, compared: tuple[_Compared, ...], form: DatasetForm
) -> tuple[OutputEnd, ...]:
    """Give the ends; none for predictions whose data have targets of another model, which are not looked at."""
    ends = tuple(_end(network, one) for one in compared)
    try:
        for one, end in zip(compared, ends, strict=True):
            last = network.layers[network.outputs[one.place]].node
            check_targets(one.loss, end.shape, last, one.target, form.name)
    except (BadData, InvalidField):
        if spec.job_type != "inference":
            raise
        return ()
    return ends


def _compared_outputs(spec: JobSpec, graph: ModelGraph, form: DatasetForm) -> tuple[ModelGraph, tuple[_Compared, ...]]:
    names, compared = output_names(graph), []
    for place, target_place in enumerate(_targets(spec, graph, form)):
        if target_place is None:
            continue
        target = form.targets[target_place]
        natural = Loss.MSE if target.classes is None else Loss.CROSS_ENTROPY
        loss = loss_of_output(graph, place, spec.hyperparameters.loss, natural)
        if spec.job_type != "inference":  # whose predictions are what the model says, not what the loss would take
            graph, loss = fuse_loss(graph, loss, place)
        compared.append(_Compared(place, names[place], target_place, target, loss))
    return graph, tuple(compared)


def _targets(spec: JobSpec, graph: ModelGraph, form: DatasetForm) -> tuple[int | None, ...]:
    is_prediction = spec.job_type == "inference"
    if not form.has_targets or (is_prediction and len(graph.outputs) + len(form.targets) > 2):
        return (None,) * len(graph.outputs)
    return targets_of_outputs(graph, [target.name for target in form.targets])


def _end(network: Network, compared: _Compared) -> OutputEnd:
    return OutputEnd(
        name=compared.name,
        output=compared.place,
        target=compared.target_place,
        loss=compared.loss,
        shape=network.layers[network.outputs[compared.place]].output_shape,
        kind=TargetKind(compared.target.shape, compared.target.classes is not None),
    )
