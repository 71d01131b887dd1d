"""A Split has several pins that give values: each pin that is read becomes a node of its own, which gives its part."""

from __future__ import annotations

from dataclasses import replace

from shared.model_definition.designer_wiring import Wiring
from shared.model_definition.graph import LayerNode, ModelGraph

SPLIT = "split"


def with_split_parts(graph: ModelGraph, wiring: Wiring) -> ModelGraph:
    """The graph with a `split` node for each pin that is read; pin 0 is the node itself, others are `<id>:<pin>`.

    Where links do not say which pin they leave, the first reads pin 0, the second pin 1, and so on.
    """
    splits = {node.node_id for node in graph.nodes if node.kind == SPLIT}
    if not splits:
        return graph
    pins = _pins_read(graph, wiring, splits)
    read: dict[str, set[int]] = {node_id: set() for node_id in splits}
    for (reader, place), pin in pins.items():
        read[wiring.feeds[reader][place].source].add(pin)
    for output in wiring.outputs:
        if output.source in splits:
            read[output.source].add(output.source_pin or 0)
    nodes: list[LayerNode] = []
    for node in graph.nodes:
        inputs = tuple(_part_id(source, pins.get((node.node_id, place), 0)) for place, source in enumerate(node.inputs))
        changed = replace(node, inputs=inputs)
        nodes.append(changed)
        if node.node_id in splits:
            nodes += [_part(changed, pin) for pin in sorted(read[node.node_id]) if pin]
    outputs = (
        _part_id(output.source, (output.source in splits and output.source_pin) or 0) for output in wiring.outputs
    )
    return replace(graph, nodes=tuple(nodes), outputs=tuple(outputs))


def _pins_read(graph: ModelGraph, wiring: Wiring, splits: set[str]) -> dict[tuple[str, int], int]:
    pins: dict[tuple[str, int], int] = {}
    next_pin = dict.fromkeys(splits, 0)
    for node in graph.nodes:
        for place, feed in enumerate(wiring.feeds.get(node.node_id, ())):
            if feed.source in splits:
                said = feed.source_pin
                pins[node.node_id, place] = next_pin[feed.source] if said is None else said
                next_pin[feed.source] += 1
    return pins


def _part_id(node_id: str, pin: int) -> str:
    return f"{node_id}:{pin}" if pin else node_id


def _part(node: LayerNode, pin: int) -> LayerNode:
    parameters = {**node.parameters, "index": pin}
    return replace(node, node_id=f"{node.node_id}:{pin}", name=f"{node.name}_{pin}", parameters=parameters)
