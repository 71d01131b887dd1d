"""What feeds what in a drawing: follows links through data nodes, orders the layers, finds the ways out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.model_definition.computing_order import computing_order
from shared.model_definition.designer_links import Feed, LinkedDrawing
from shared.model_definition.designer_parts import DesignerLink, DesignerNode
from shared.model_definition.find_kind import find_kind
from shared.model_definition.graph import GraphOutput
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.model_ends import ends_of
from shared.model_definition.pins import check_pins
from shared.model_definition.refusal import refusal
from shared.model_definition.sequences import RECURRENT_KINDS
from shared.model_definition.state_pins import with_whole_states


@dataclass(frozen=True, slots=True)
class Wiring:
    """The layers in computing order, and what feeds each.

    Attributes:
        order: ids of inputs and layers, each behind what feeds it.
        feeds: by id, what feeds it, in the order of its pins.
        outputs: what leaves the model.
        said_of_outputs: what is said of each of several.
        unfed: the layer that the batch enters when no input is drawn, else None.
        is_towards_input: whether a loss takes the data themselves as its target.
    """

    order: tuple[str, ...]
    feeds: Mapping[str, tuple[Feed, ...]]
    outputs: tuple[Feed, ...]
    said_of_outputs: tuple[GraphOutput, ...]
    unfed: str | None
    is_towards_input: bool


def wiring_of(nodes: Mapping[str, DesignerNode], links: Sequence[DesignerLink]) -> Wiring:
    """What feeds what.

    Raises:
        InvalidField: for a cycle, a layer that nothing feeds or that feeds nothing, too many links to a layer, two
            models in one drawing.
    """
    drawing = LinkedDrawing(nodes, links)
    layers = {node_id: node for node_id, node in nodes.items() if node.role is None}
    if all(node.type_name == INPUT.name for node in layers.values()):
        raise refusal("the graph has no layers; draw at least one, such as Dense")
    feeds = {node_id: _feeds_of(drawing, node_id) for node_id in layers}
    layers = _without_label_inputs(drawing, layers, feeds)
    feeds = {node_id: feeds[node_id] for node_id in layers}
    labels = {node_id: node.label for node_id, node in layers.items()}
    unfed = _unfed(nodes, layers, feeds)
    order = computing_order({node_id: [feed.source for feed in found] for node_id, found in feeds.items()}, labels)
    _check_one_model(layers, feeds)
    for node_id, found in feeds.items():
        _check_feeds(layers, node_id, found, is_fed_by_data=node_id == unfed)
    ends = ends_of(drawing, layers, feeds)
    return Wiring(order, feeds, ends.outputs, ends.said, unfed, ends.is_towards_input)


def _feeds_of(drawing: LinkedDrawing, node_id: str) -> tuple[Feed, ...]:
    feeds = drawing.feeds_of(node_id)
    is_recurrent = drawing.nodes[node_id].type_name in RECURRENT_KINDS
    return with_whole_states(drawing.nodes, feeds) if is_recurrent else feeds


def _without_label_inputs(
    drawing: LinkedDrawing, layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]]
) -> dict[str, DesignerNode]:
    """The layers without those inputs that only give labels to a loss."""
    read = {feed.source for found in feeds.values() for feed in found}
    only_labels = drawing.sources_of_losses() - read
    return {
        node_id: node for node_id, node in layers.items() if node.type_name != INPUT.name or node_id not in only_labels
    }


def _unfed(
    nodes: Mapping[str, DesignerNode], layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]]
) -> str | None:
    unfed = [node_id for node_id, node in layers.items() if _needs_feed(node) and not feeds[node_id]]
    has_input = any(node.type_name == INPUT.name for node in nodes.values())
    if not unfed or (not has_input and len(unfed) == 1):
        return unfed[0] if unfed else None
    _check_one_model(layers, feeds)
    raise refusal(f"{layers[unfed[-1]].label} has nothing linked to its input; link it or remove it")


def _needs_feed(node: DesignerNode) -> bool:
    return node.type_name != INPUT.name and find_kind(node.type_name, node.label).least_inputs > 0


def _check_one_model(layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]]) -> None:
    parts = [part for part in _connected_parts(feeds) if len(part) > 1]
    if len(parts) > 1:
        first, second = (" to ".join(_ends_in_words(layers, feeds, part)) for part in parts[:2])
        raise refusal(
            f"the graph holds two models that are not connected, {first} and {second}: training two models against "
            "each other, such as a generator and its discriminator, is not supported yet; draw one model"
        )


def _connected_parts(feeds: Mapping[str, Sequence[Feed]]) -> list[list[str]]:
    neighbours: dict[str, list[str]] = {node_id: [] for node_id in feeds}
    for node_id, found in feeds.items():
        for feed in found:
            neighbours[node_id].append(feed.source)
            neighbours[feed.source].append(node_id)
    parts: list[list[str]] = []
    seen: set[str] = set()
    for start in feeds:
        if start in seen:
            continue
        seen.add(start)
        part = [start]
        for node_id in part:
            fresh = [other for other in dict.fromkeys(neighbours[node_id]) if other not in seen]
            seen.update(fresh)
            part.extend(fresh)
        parts.append(part)
    return parts


def _ends_in_words(
    layers: Mapping[str, DesignerNode], feeds: Mapping[str, Sequence[Feed]], part: Sequence[str]
) -> tuple[str, str]:
    read = {feed.source for node_id in part for feed in feeds[node_id]}
    first = next((node_id for node_id in part if not feeds[node_id]), part[0])
    last = next((node_id for node_id in part if node_id not in read), part[-1])
    return layers[first].label, layers[last].label


def _check_feeds(
    layers: Mapping[str, DesignerNode], node_id: str, feeds: Sequence[Feed], *, is_fed_by_data: bool
) -> None:
    node = layers[node_id]
    if node.type_name == INPUT.name:
        if feeds:
            raise refusal(f"{node.label} is where the batch enters, but {layers[feeds[0].source].label} feeds it")
        return
    kind = find_kind(node.type_name, node.label)
    if not is_fed_by_data or kind.least_inputs > 1:
        sources = [layers[feed.source].label for feed in feeds]
        check_pins(kind, node.label, [feed.target_pin for feed in feeds], sources)
    for feed in feeds:
        _check_source_pin(layers[feed.source], node, feed)


def _check_source_pin(source: DesignerNode, target: DesignerNode, feed: Feed) -> None:
    if not feed.source_pin or source.type_name == "split":
        return
    if source.type_name == INPUT.name:
        if feed.source_pin == 1:
            raise refusal(
                f"{source.label} feeds its labels (pin 1) into {target.label}; layers are fed from pin 0, the data"
            )
        raise refusal(f"{target.label} reads pin {feed.source_pin} of {source.label}, which has data on 0, labels on 1")
    raise refusal(
        f"{target.label} reads pin {feed.source_pin} of {source.label}, which gives one value, on pin 0; "
        "link that one, states and weights of a layer do not leave it"
    )
