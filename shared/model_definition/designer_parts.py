"""Reads a designer graph's nodes and links as they are saved, one by one. What they mean together is for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.did_you_mean import quoted
from shared.errors import TooLarge
from shared.model_definition.chain import check_number_of_nodes
from shared.model_definition.find_kind import find_kind, settings_name
from shared.model_definition.refusal import FIELD, checked_name, refusal
from shared.model_definition.vocabulary import SETTINGS_ROLES, SettingsRole
from shared.strict_values import integer_from

MAX_LINKS = 100_000


@dataclass(frozen=True, slots=True)
class DesignerNode:
    """One saved node; `type_name` is the kind of a layer, or the designer's name of a node that is none."""

    node_id: str
    type_name: str
    name: str
    parameters: Mapping[str, object]

    @property
    def role(self) -> SettingsRole | None:
        """What a node that is no layer does."""
        return SETTINGS_ROLES.get(self.type_name)

    @property
    def label(self) -> str:
        """How messages name the node."""
        return f"node {self.node_id} ({self.name or self.type_name})"


@dataclass(frozen=True, slots=True)
class DesignerLink:
    """One saved link; pin numbers count from 0 and are None where only opaque pin ids are saved."""

    source: str
    target: str
    source_pin: int | None
    target_pin: int | None


def designer_nodes(written: object) -> dict[str, DesignerNode]:
    """The nodes by id, in the order in which they are written."""
    if not isinstance(written, list) or not written:
        raise refusal(f"nodes must be a list of at least one node, got {quoted(written)}")
    check_number_of_nodes(len(written))
    nodes: dict[str, DesignerNode] = {}
    for place, value in enumerate(written):
        node = _node(value, f"nodes[{place}]")
        if node.node_id in nodes:
            raise refusal(f"node id {node.node_id} is there twice; ids must differ")
        nodes[node.node_id] = node
    return nodes


def designer_links(written: object, nodes: Mapping[str, DesignerNode]) -> list[DesignerLink]:
    """The links in the order in which they are written; one that is written twice is there once."""
    if written is None:
        return []
    if not isinstance(written, list):
        raise refusal(f"links must be a list, got {quoted(written)}")
    if len(written) > MAX_LINKS:
        raise TooLarge(f"a graph may have at most {MAX_LINKS} links, got {len(written)}", field=FIELD)
    links = [_link(value, f"links[{place}]") for place, value in enumerate(written)]
    for link in links:
        for end in (link.source, link.target):
            if end not in nodes:
                raise refusal(f"the link from node {link.source} to node {link.target} names no node {quoted(end)}")
    return list(dict.fromkeys(links))


def _node(value: object, place: str) -> DesignerNode:
    if not isinstance(value, dict):
        raise refusal(f"{place} must be an object, got {quoted(value)}")
    node_id = _id(value.get("id"), f"{place}.id")
    name = checked_name(value.get("name"), "")
    parameters = value.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise refusal(f"node {node_id}: parameters must be an object, got {quoted(parameters)}")
    label = f"node {node_id} ({name})" if name else f"node {node_id}"
    written = value.get("type")
    type_name = settings_name(written, label) or find_kind(written, label).name
    return DesignerNode(node_id, type_name, name, parameters)


def _link(value: object, place: str) -> DesignerLink:
    if not isinstance(value, dict):
        raise refusal(f"{place} must be an object, got {quoted(value)}")
    return DesignerLink(
        _id(value.get("from_node"), f"{place}.from_node"),
        _id(value.get("to_node"), f"{place}.to_node"),
        _pin(value.get("from_pin_index"), f"{place}.from_pin_index"),
        _pin(value.get("to_pin_index"), f"{place}.to_pin_index"),
    )


def _id(value: object, place: str) -> str:
    try:
        return str(integer_from(value))
    except ValueError as error:
        raise refusal(f"{place} must be a node's id, {error}, got {quoted(value)}") from None


def _pin(value: object, place: str) -> int | None:
    if value is None:
        return None
    try:
        return integer_from(value)
    except ValueError as error:
        raise refusal(f"{place} must be {error}, got {quoted(value)}") from None
