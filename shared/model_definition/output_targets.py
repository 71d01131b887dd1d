"""Which output of a model is compared with which target of a dataset, and which are compared with none.

The parts of a Gaussian (a mean, a log variance, a draw) are held near a unit normal and need no target, nor does an
output that leads on to another one. Names match as types of layers do: without regard to case, `_` and `-`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.did_you_mean import quoted
from shared.model_definition.graph import LayerNode, ModelGraph, Shape
from shared.model_definition.kinds.gaussian_sample import GAUSSIAN_SAMPLE
from shared.model_definition.latent_names import LatentRole, latent_role
from shared.model_definition.refusal import node_label, refusal
from shared.model_definition.vocabulary import type_key

UNNAMED = ""
"""The name of a dataset's target that has no name of its own: it goes where one target is wanted."""


@dataclass(frozen=True, slots=True)
class LatentPair:
    """The node ids of the mean and the log variance of one Gaussian."""

    mean: str
    log_variance: str


def latent_pairs(graph: ModelGraph) -> tuple[LatentPair, ...]:
    """What draws read, and the two outputs whose names say that they are a mean and a log variance."""
    found = [LatentPair(*node.inputs) for node in graph.nodes if node.kind == GAUSSIAN_SAMPLE.name]
    means, log_variances = (_outputs_called(graph, role) for role in LatentRole)
    if len(means) == 1 and len(log_variances) == 1:
        found.append(LatentPair(means[0], log_variances[0]))
    return tuple(dict.fromkeys(found))


def check_latent_shapes(graph: ModelGraph, shapes: Mapping[str, Shape]) -> None:
    """Refuses a mean and a log variance of different shapes."""
    nodes = {node.node_id: node for node in graph.nodes}
    for pair in latent_pairs(graph):
        mean, log_variance = shapes[pair.mean], shapes[pair.log_variance]
        if mean != log_variance:
            raise refusal(
                f"{_label(nodes[pair.mean])} gives means of shape {mean}, {_label(nodes[pair.log_variance])} log "
                f"variances of shape {log_variance}; make them the same"
            )


def output_names(graph: ModelGraph) -> tuple[str, ...]:
    """What each output is called; a single one after the layer that gives it."""
    if graph.said_of_outputs:
        return tuple(said.name for said in graph.said_of_outputs)
    return tuple(node.name for output in graph.outputs for node in graph.nodes if node.node_id == output)


def targets_of_outputs(graph: ModelGraph, target_names: Sequence[str]) -> tuple[int | None, ...]:
    """For each output the place of its target among a dataset's; None for one that is compared with nothing.

    Args:
        graph: the model.
        target_names: of the dataset's targets; `UNNAMED` for one without a name.

    Raises:
        InvalidField: when an output that needs a target has none.
    """
    by_name = {type_key(name): place for place, name in enumerate(target_names) if name != UNNAMED}
    names = output_names(graph)
    chosen = [by_name.get(type_key(name)) for name in names]
    free = _free_outputs(graph)
    needing = [place for place, output in enumerate(graph.outputs) if chosen[place] is None and output not in free]
    nameless = 0 if len(target_names) == 1 else target_names.index(UNNAMED) if UNNAMED in target_names else None
    if len(needing) == 1 and nameless is not None and nameless not in chosen:
        chosen[needing[0]] = nameless
    elif needing:
        raise _missing([names[place] for place in needing], target_names)
    return tuple(chosen)


def _missing(outputs: Sequence[str], target_names: Sequence[str]) -> Exception:
    named = [quoted(name) for name in target_names if name != UNNAMED]
    supplied = f"targets {', '.join(named[:5])}" if named else "one target without a name"
    wanted = " and ".join(quoted(output) for output in outputs[:5])
    return refusal(
        f"the model's outputs {wanted} need a target each, and the dataset supplies {supplied}; name its arrays after "
        "the outputs (NPZ, HDF5 or a folder of NPY), or leave one output"
    )


def _outputs_called(graph: ModelGraph, role: LatentRole) -> list[str]:
    said = zip(graph.outputs, graph.said_of_outputs, strict=False)
    return [output for output, what in said if latent_role(what.name) is role]


def _free_outputs(graph: ModelGraph) -> set[str]:
    """The outputs that need no target."""
    latent = {node_id for pair in latent_pairs(graph) for node_id in (pair.mean, pair.log_variance)}
    drawn = {node.node_id for node in graph.nodes if node.kind == GAUSSIAN_SAMPLE.name}
    return latent | drawn | _leading_on(graph)


def _leading_on(graph: ModelGraph) -> set[str]:
    needed: set[str] = set()
    outputs = set(graph.outputs)
    for node in reversed(graph.nodes):
        if node.node_id in needed or node.node_id in outputs:
            needed.update(node.inputs)
    return outputs & needed


def _label(node: LayerNode) -> str:
    return node_label(node.node_id, node.name)
