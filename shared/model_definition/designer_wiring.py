"""What feeds what in a designer graph: follows links through data nodes, finds the one input and the one way out.

Branches are followed, merges are not offered yet, so every layer has one input and the layers form a chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.model_definition.designer_parts import DesignerLink, DesignerNode
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import SettingsRole

_LABELS_PIN = 1


@dataclass(frozen=True, slots=True)
class Wiring:
    """The layers in computing order, and who reads the last one.

    Attributes:
        chain: ids of input and layers, each fed by the one before it; the input is left out when none is drawn.
        output_readers: ids of the Output nodes and the losses that are fed by a layer.
    """

    chain: tuple[str, ...]
    output_readers: tuple[str, ...]


def wiring_of(nodes: Mapping[str, DesignerNode], links: Sequence[DesignerLink]) -> Wiring:
    """The order of the layers.

    Raises:
        InvalidField: for a cycle, a merge, a layer that nothing feeds, several inputs or several outputs.
    """
    for link in links:
        _check_labels(nodes, link)
    layers = [node for node in nodes.values() if node.role is None]
    if all(node.type_name == INPUT.name for node in layers):
        raise refusal("the graph has no layers; draw at least one, such as Dense")
    incoming = _incoming(links)
    sources = {node.node_id: _layers_feeding(node, nodes, incoming) for node in nodes.values() if _reads_layers(node)}
    chain = _ordered(layers, sources)
    readers = [node_id for node_id in sources if nodes[node_id].role is not None and sources[node_id]]
    _check_readers(nodes, chain, {reader: sources[reader] for reader in readers})
    return Wiring(tuple(chain), tuple(readers))


def _reads_layers(node: DesignerNode) -> bool:
    return node.role in {None, SettingsRole.OUTPUT, SettingsRole.LOSS}


def _check_labels(nodes: Mapping[str, DesignerNode], link: DesignerLink) -> None:
    source, target = nodes[link.source], nodes[link.target]
    if source.type_name == "OneHotEncode" and target.role is None:
        raise refusal(f"{source.label} encodes labels, but {target.label} is a layer; link the data to it")
    if source.type_name != INPUT.name:
        return
    if target.role is None and link.source_pin == _LABELS_PIN:
        raise refusal(
            f"{source.label} feeds its labels (pin 1) into {target.label}; layers are fed from pin 0, the data"
        )
    if target.role is SettingsRole.LOSS and link.source_pin == 0 and link.target_pin == _LABELS_PIN:
        raise refusal(
            f"{source.label} feeds its data (pin 0) into {target.label} as target: training towards the input itself "
            "is known but not supported yet; feed pin 1, the labels"
        )


def _layers_feeding(
    node: DesignerNode, nodes: Mapping[str, DesignerNode], incoming: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting, seen = [node.node_id], {node.node_id}
    while waiting:
        for source in incoming.get(waiting.pop(), ()):
            if nodes[source].role is None:
                found[source] = None
            elif nodes[source].role in {SettingsRole.DATA, SettingsRole.OUTPUT} and source not in seen:
                seen.add(source)
                waiting.append(source)
    inputs_only_as_labels = node.role is not None
    return tuple(source for source in found if not (inputs_only_as_labels and nodes[source].type_name == INPUT.name))


def _incoming(links: Iterable[DesignerLink]) -> dict[str, list[str]]:
    incoming: dict[str, list[str]] = {}
    for link in links:
        incoming.setdefault(link.target, []).append(link.source)
    return incoming


def _ordered(layers: Sequence[DesignerNode], sources: Mapping[str, tuple[str, ...]]) -> list[str]:
    by_id = {node.node_id: node for node in layers}
    _check_sources(layers, sources, by_id)
    readers: dict[str, list[str]] = {}
    for node in layers:
        for source in sources[node.node_id]:
            readers.setdefault(source, []).append(node.node_id)
    chain = [_first(layers, sources).node_id]
    while following := readers.get(chain[-1]):
        if len(following) > 1:
            names = " and ".join(by_id[node_id].label for node_id in following[:3])
            raise refusal(f"{by_id[chain[-1]].label} feeds {names}: branches and several outputs are not supported yet")
        chain.append(following[0])
    _check_all_reached(layers, chain)
    return chain


def _check_sources(
    layers: Sequence[DesignerNode], sources: Mapping[str, tuple[str, ...]], by_id: Mapping[str, DesignerNode]
) -> None:
    for node in layers:
        feeding = sources[node.node_id]
        if node.type_name == INPUT.name and feeding:
            raise refusal(f"{node.label} is where the batch enters, but {by_id[feeding[0]].label} feeds it")
        if len(feeding) > 1:
            names = " and ".join(by_id[source].label for source in feeding[:3])
            raise refusal(f"{node.label} takes one input, got {names}; merge layers are not supported yet")


def _first(layers: Sequence[DesignerNode], sources: Mapping[str, tuple[str, ...]]) -> DesignerNode:
    inputs = [node for node in layers if node.type_name == INPUT.name]
    if len(inputs) > 1:
        raise refusal(f"{inputs[0].label} and {inputs[1].label}: graphs with several inputs are not supported yet")
    unfed = [node for node in layers if not sources[node.node_id] and node.type_name != INPUT.name]
    if not inputs and not unfed:
        raise refusal(f"the graph has a cycle through {layers[0].label}; layers cannot feed themselves")
    if unfed and (inputs or len(unfed) > 1):
        raise refusal(f"{unfed[-1].label} has nothing linked to its input; link it or remove it")
    return inputs[0] if inputs else unfed[0]


def _check_all_reached(layers: Sequence[DesignerNode], chain: Sequence[str]) -> None:
    reached = set(chain)
    for node in layers:
        if node.node_id not in reached:
            raise refusal(f"{node.label} is in a cycle that the input does not reach; layers cannot feed themselves")


def _check_readers(
    nodes: Mapping[str, DesignerNode], chain: Sequence[str], readers: Mapping[str, tuple[str, ...]]
) -> None:
    last = chain[-1]
    for reader, sources in readers.items():
        for source in sources:
            if source != last and not _is_logits_of(nodes, chain, source, nodes[reader]):
                raise refusal(
                    f"{nodes[reader].label} reads {nodes[source].label}, but the model ends with {nodes[last].label}; "
                    "several outputs are not supported yet"
                )


def _is_logits_of(nodes: Mapping[str, DesignerNode], chain: Sequence[str], source: str, reader: DesignerNode) -> bool:
    return nodes[chain[-1]].type_name == "softmax" and chain[-2] == source and reader.type_name == "CrossEntropyLoss"
