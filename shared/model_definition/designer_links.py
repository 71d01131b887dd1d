"""A drawing's links as they can be followed: what feeds a node, straight or through data and output nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from shared.model_definition.designer_parts import DesignerLink, DesignerNode
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.pins import SELF_ATTENTION
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import SettingsRole

_PASSED_THROUGH = frozenset({SettingsRole.DATA, SettingsRole.OUTPUT})


@dataclass(frozen=True, slots=True)
class Feed:
    """One value that reaches a node: from which layer, from which of its pins, to which pin; None where not said."""

    source: str
    source_pin: int | None
    target_pin: int | None


class LinkedDrawing:
    """Nodes with their links in the order of pins: by pin number where all links of a node say one, else as written."""

    def __init__(self, nodes: Mapping[str, DesignerNode], links: Iterable[DesignerLink]) -> None:
        self.nodes = nodes
        self._incoming: dict[str, list[DesignerLink]] = {}
        for link in links:
            _check_labels_stay_labels(nodes, link)
            self._incoming.setdefault(link.target, []).append(link)
        for incoming in self._incoming.values():
            if all(link.target_pin is not None for link in incoming):
                incoming.sort(key=lambda link: link.target_pin or 0)

    def sources_of_losses(self) -> set[str]:
        """The ids of the layers and inputs whose values, or labels, reach a loss."""
        losses = [node_id for node_id, node in self.nodes.items() if node.role is SettingsRole.LOSS]
        return {feed.source for loss in losses for link in self.links_to(loss) for feed in self.feeds_by(link)}

    def links_to(self, node_id: str) -> list[DesignerLink]:
        """The links that reach the node, in the order of its pins."""
        return self._incoming.get(node_id, [])

    def feeds_of(self, node_id: str) -> tuple[Feed, ...]:
        """The layers whose values reach the node, in the order of its pins."""
        found: list[Feed] = []
        for link in self.links_to(node_id):
            found += [feed for feed in self.feeds_by(link) if not _is_doubled(feed, link, found)]
        return tuple(_without_own_keys(found)) if self.nodes[node_id].type_name == SELF_ATTENTION else tuple(found)

    def feeds_by(self, link: DesignerLink) -> list[Feed]:
        """The layers whose values come along a link: one, or what feeds the data or output node at its start."""
        if self.nodes[link.source].role is None:
            return [Feed(link.source, link.source_pin, link.target_pin)]
        found: dict[str, None] = {}
        waiting, seen = [link.source], {link.source}
        while waiting:
            node_id = waiting.pop()
            if self.nodes[node_id].role not in _PASSED_THROUGH:
                continue
            for source in (incoming.source for incoming in self.links_to(node_id)):
                if self.nodes[source].role is None:
                    found[source] = None
                elif source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return [Feed(source, None, link.target_pin) for source in found]


def _without_own_keys(feeds: list[Feed]) -> list[Feed]:
    """Self-attention takes its query as key and value, too: links that say so are left out, a mask stays."""
    query = feeds[:1]
    return query + [replace(feed, target_pin=1) for feed in feeds[1:] if feed.source != query[0].source]


def _is_doubled(feed: Feed, link: DesignerLink, found: Iterable[Feed]) -> bool:
    """Whether a value that came through data nodes is there already."""
    return feed.source != link.source and any(feed.source == other.source for other in found)


def _check_labels_stay_labels(nodes: Mapping[str, DesignerNode], link: DesignerLink) -> None:
    source, target = nodes[link.source], nodes[link.target]
    if source.type_name == "OneHotEncode" and target.role is None:
        raise refusal(f"{source.label} encodes labels, but {target.label} is a layer; link the data to it")
    if source.type_name == INPUT.name and target.role is None and link.source_pin == 1:
        raise refusal(
            f"{source.label} feeds its labels (pin 1) into {target.label}; layers are fed from pin 0, the data. "
            "A decoder that is fed its target needs a second DatasetInput and a dataset of two inputs"
        )
