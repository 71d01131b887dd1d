"""Where a drawn model ends: what its Output and loss nodes read, which must be one value, and all layers lead to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.model_definition.designer_links import Feed, LinkedDrawing
from shared.model_definition.designer_parts import DesignerLink, DesignerNode
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import SettingsRole

_LABELS_PIN = 1
_FUSED_WITH_LOSSES = frozenset({"softmax", "sigmoid"})
_ONE_TARGET = "a dataset has one target, so a model has one output"


@dataclass(frozen=True, slots=True)
class ModelEnds:
    """What leaves the model, and whether a loss compares it with the data themselves."""

    output: Feed
    is_towards_input: bool


def ends_of(
    drawing: LinkedDrawing, layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]]
) -> ModelEnds:
    """The one value that leaves the model.

    Raises:
        InvalidField: for several, or for a layer that leads nowhere.
    """
    read: dict[str, Feed] = {}
    readers: dict[str, DesignerNode] = {}
    for node in _readers(drawing):
        for feed in _values_read(drawing, node):
            read.setdefault(feed.source, feed)
            readers.setdefault(feed.source, node)
    kept = [source for source in read if not _is_logits_of_another(source, read, layers, feeds)]
    if len(kept) > 1:
        raise _several_outputs(layers, readers, kept)
    output = read[kept[0]] if kept else Feed(_only_sink(layers, feeds), None, None)
    _check_all_lead_there(layers, feeds, output.source)
    return ModelEnds(output, any(_is_data_as_target(drawing, link) for link in _loss_links(drawing)))


def _readers(drawing: LinkedDrawing) -> list[DesignerNode]:
    nodes = drawing.nodes.values()
    return [node for role in (SettingsRole.OUTPUT, SettingsRole.LOSS) for node in nodes if node.role is role]


def _values_read(drawing: LinkedDrawing, node: DesignerNode) -> list[Feed]:
    values = []
    for link in drawing.links_to(node.node_id):
        for feed in drawing.feeds_by(link):
            is_label = node.role is SettingsRole.LOSS and link.target_pin == _LABELS_PIN
            if drawing.nodes[feed.source].type_name == INPUT.name:
                continue
            if is_label:
                raise refusal(
                    f"{node.label} takes labels on pin 1, but {drawing.nodes[feed.source].label} is a layer; "
                    "link the labels of the DatasetInput there"
                )
            values.append(feed)
    return values


def _is_logits_of_another(
    source: str, read: Mapping[str, Feed], layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]]
) -> bool:
    """Whether a loss reads what an activation at the end, which the Output reads, is fed with."""
    return any(
        other != source
        and layers[other].type_name in _FUSED_WITH_LOSSES
        and [feed.source for feed in feeds[other]] == [source]
        for other in read
    )


def _several_outputs(
    layers: Mapping[str, DesignerNode], readers: Mapping[str, DesignerNode], kept: Sequence[str]
) -> Exception:
    first, second = kept[:2]
    return refusal(
        f"{readers[first].label} reads {layers[first].label} and {readers[second].label} reads {layers[second].label}, "
        f"but {_ONE_TARGET}; several outputs are not supported yet"
    )


def _only_sink(layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]]) -> str:
    read = {feed.source for found in feeds.values() for feed in found}
    sinks = [node_id for node_id, node in layers.items() if node_id not in read and node.type_name != INPUT.name]
    if len(sinks) > 1:
        raise refusal(
            f"the model ends with {layers[sinks[0]].label} and with {layers[sinks[1]].label}, but {_ONE_TARGET}; "
            "several outputs are not supported yet"
        )
    return sinks[0]


def _check_all_lead_there(layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]], output: str) -> None:
    needed, waiting = {output}, [output]
    while waiting:
        for feed in feeds[waiting.pop()]:
            if feed.source not in needed:
                needed.add(feed.source)
                waiting.append(feed.source)
    for node_id, node in layers.items():
        if node_id not in needed:
            raise refusal(
                f"{node.label} does not lead to {layers[output].label}, with which the model ends; link it or remove it"
            )


def _loss_links(drawing: LinkedDrawing) -> list[DesignerLink]:
    losses = [node_id for node_id, node in drawing.nodes.items() if node.role is SettingsRole.LOSS]
    return [link for node_id in losses for link in drawing.links_to(node_id)]


def _is_data_as_target(drawing: LinkedDrawing, link: DesignerLink) -> bool:
    is_data = drawing.nodes[link.source].type_name == INPUT.name and link.source_pin == 0
    return is_data and link.target_pin == _LABELS_PIN
