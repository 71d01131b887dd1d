"""Where a drawn model ends: what its Output and loss nodes read, or the layers that nothing reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.model_definition.designer_links import Feed, LinkedDrawing
from shared.model_definition.designer_output import output_width
from shared.model_definition.designer_parts import DesignerLink, DesignerNode
from shared.model_definition.designer_settings import job_settings_from
from shared.model_definition.graph import GraphOutput
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.kinds.split import SPLIT
from shared.model_definition.latent_names import latent_role
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import SettingsRole, type_key

_Place = tuple[str, int]
"""A layer's id, and the pin of it where it has several."""
_LABELS_PIN = 1
_BESIDE_WORDS = re.compile(r"\W+")
_FUSED_WITH_LOSSES = frozenset({"softmax", "sigmoid"})
_ADVERSARIAL = ("discriminator", "critic")


@dataclass(frozen=True, slots=True)
class ModelEnds:
    """What leaves the model, what is said of each of several, and whether a loss takes the data as its target."""

    outputs: tuple[Feed, ...]
    said: tuple[GraphOutput, ...]
    is_towards_input: bool


def ends_of(
    drawing: LinkedDrawing, layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]]
) -> ModelEnds:
    """The values that leave the model.

    Raises:
        InvalidField: for a layer that leads nowhere, two losses of one output, or two models against each other.
    """
    read: dict[_Place, Feed] = {}
    readers: dict[_Place, list[DesignerNode]] = {}
    for node in _readers(drawing):
        for feed in _values_read(drawing, node):
            place = _place_of(feed, layers)
            read.setdefault(place, feed)
            readers.setdefault(place, []).append(node)
    kept = [feed for feed in read.values() if not _is_logits_of_another(feed.source, read, layers, feeds)]
    outputs = tuple(kept) or _sinks(layers, feeds)
    sources = [feed.source for feed in outputs]
    _check_all_lead_there(layers, feeds, sources)
    _check_no_adversaries(layers, feeds, sources)
    said = _with_own_names(
        [_said_of(layers[feed.source], readers.get(_place_of(feed, layers), [])) for feed in outputs]
    )
    _check_losses(drawing, said)
    is_towards_input = any(_is_data_as_target(drawing, link) for link in _loss_links(drawing))
    return ModelEnds(outputs, said if len(said) > 1 else (), is_towards_input)


def _place_of(feed: Feed, layers: Mapping[str, DesignerNode]) -> _Place:
    return feed.source, (feed.source_pin or 0) if layers[feed.source].type_name == SPLIT.name else 0


def _readers(drawing: LinkedDrawing) -> list[DesignerNode]:
    nodes = drawing.nodes.values()
    return [node for role in (SettingsRole.OUTPUT, SettingsRole.LOSS) for node in nodes if node.role is role]


def _values_read(drawing: LinkedDrawing, node: DesignerNode) -> list[Feed]:
    values: list[Feed] = []
    for link in drawing.links_to(node.node_id):
        for feed in drawing.feeds_by(link):
            if drawing.nodes[feed.source].type_name == INPUT.name:
                continue
            is_second = any(feed.source != other.source for other in values)
            if node.role is SettingsRole.LOSS and (link.target_pin == _LABELS_PIN or is_second):
                raise refusal(
                    f"{node.label} takes labels on pin 1, but {drawing.nodes[feed.source].label} is a layer; "
                    "link the labels of the DatasetInput there"
                )
            values.append(feed)
    return values


def _is_logits_of_another(
    source: str, read: Mapping[_Place, Feed], layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]]
) -> bool:
    """Whether a loss reads what an activation at the end, which the Output reads, is fed with."""
    return any(
        other != source
        and layers[other].type_name in _FUSED_WITH_LOSSES
        and [feed.source for feed in feeds[other]] == [source]
        for other, _ in read
    )


def _sinks(layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]]) -> tuple[Feed, ...]:
    read = {feed.source for found in feeds.values() for feed in found}
    sinks = [node_id for node_id, node in layers.items() if node_id not in read and node.type_name != INPUT.name]
    return tuple(Feed(node_id, None, None) for node_id in sinks)


def _check_all_lead_there(
    layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]], outputs: Sequence[str]
) -> None:
    needed = set().union(*(_leading_to(feeds, output) for output in outputs))
    for node_id, node in layers.items():
        if node_id not in needed:
            where = " or ".join(layers[output].label for output in outputs[:3])
            raise refusal(f"{node.label} does not lead to {where}, with which the model ends; link it or remove it")


def _leading_to(feeds: Mapping[str, Sequence[Feed]], output: str) -> set[str]:
    needed, waiting = {output}, [output]
    while waiting:
        for feed in feeds[waiting.pop()]:
            if feed.source not in needed:
                needed.add(feed.source)
                waiting.append(feed.source)
    return needed


def _check_no_adversaries(
    layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]], outputs: Sequence[str]
) -> None:
    """Refuses a generator whose output is judged by a discriminator of the same drawing, which is told by its name."""
    words = " ".join(f"{node.label} {node.type_name}".lower() for node in layers.values())
    if len(outputs) < 2 or not any(word in words for word in _ADVERSARIAL):
        return
    for output in outputs:
        if any(output in _leading_to(feeds, other) for other in outputs if other != output):
            raise refusal(
                f"{layers[output].label} is an output and is judged by another model in the same drawing: training two "
                "models against each other, such as a generator and its discriminator, is not supported yet; draw one "
                "model"
            )


def _said_of(layer: DesignerNode, readers: Sequence[DesignerNode]) -> GraphOutput:
    losses = [node for node in readers if node.role is SettingsRole.LOSS]
    if len(losses) > 1:
        raise _two_losses(losses[0], losses[1])
    outputs = [node for node in readers if node.role is SettingsRole.OUTPUT]
    loss = job_settings_from(losses).get("loss")
    return GraphOutput(_name_of(layer, outputs), loss, output_width(outputs))


def _name_of(layer: DesignerNode, outputs: Sequence[DesignerNode]) -> str:
    """What says the most: a name of a Gaussian's parts, then the Output's own, then the layer's."""
    of_outputs = [name for node in outputs for name in (node.name, node.node_id) if _says_something(name)]
    names = [*of_outputs, layer.name, layer.node_id, f"{layer.type_name}_{layer.node_id}"]
    chosen = next((name for name in names if latent_role(name)), next(name for name in names if _says_something(name)))
    return _BESIDE_WORDS.sub("_", chosen).strip("_") or f"output_{layer.node_id}"


def _says_something(name: str) -> bool:
    letters = type_key(name).strip("0123456789 ")
    return letters not in {"", "output", "outputs", "out"}


def _with_own_names(said: Sequence[GraphOutput]) -> tuple[GraphOutput, ...]:
    """Number those that are called the same, such as two layers with the designer's own name."""
    named: list[GraphOutput] = []
    for output in said:
        taken, name, number = {type_key(other.name) for other in named}, output.name, 2
        while type_key(name) in taken:
            name, number = f"{output.name}_{number}", number + 1
        named.append(replace(output, name=name))
    return tuple(named)


def _check_losses(drawing: LinkedDrawing, said: Sequence[GraphOutput]) -> None:
    """Refuses two loss nodes where they are not of two outputs."""
    losses = [node for node in drawing.nodes.values() if node.role is SettingsRole.LOSS]
    if len(losses) > max(1, sum(output.loss is not None for output in said)):
        raise _two_losses(losses[0], losses[1])


def _two_losses(first: DesignerNode, second: DesignerNode) -> Exception:
    return refusal(f"{first.label} and {second.label} both say the job's loss; keep one, or link each to an output")


def _loss_links(drawing: LinkedDrawing) -> list[DesignerLink]:
    losses = [node_id for node_id, node in drawing.nodes.items() if node.role is SettingsRole.LOSS]
    return [link for node_id in losses for link in drawing.links_to(node_id)]


def _is_data_as_target(drawing: LinkedDrawing, link: DesignerLink) -> bool:
    is_data = drawing.nodes[link.source].type_name == INPUT.name and link.source_pin == 0
    return is_data and link.target_pin == _LABELS_PIN
