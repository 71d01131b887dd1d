"""Reads the nodes and links of a drawing as they are saved, one by one. What they mean together is for others.

Designer graphs and the templates of patterns are drawn alike and written differently: `Writing` says how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.did_you_mean import quoted
from shared.errors import TooLarge
from shared.model_definition.chain import check_number_of_nodes
from shared.model_definition.find_kind import find_kind, settings_name
from shared.model_definition.kinds.gaussian_sample import GAUSSIAN_SAMPLE
from shared.model_definition.latent_code import is_lambda, says_gaussian_sample
from shared.model_definition.refusal import FIELD, checked_name, refusal
from shared.model_definition.vocabulary import SETTINGS_ROLES, SettingsRole
from shared.strict_values import integer_from

MAX_LINKS = 100_000
_PARAMETERS_KEYS = ("parameters", "params")
_LINK_ENDS = (("from_node", "to_node"), ("from", "to"))
"""Either spelling is read in designer graphs and in patterns alike."""


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


@dataclass(frozen=True, slots=True)
class Writing:
    """How a kind of drawing writes its nodes and links.

    Attributes:
        read_id: a node's id from what is written, and the place for messages.
        pins: the keys of the pin numbers at the two ends.
        has_names_from_ids: whether a node without a name is called by its id.
        is_channels_first: whether written dimensions are (channels, height, width).
    """

    read_id: Callable[[object, str], str]
    pins: tuple[tuple[str, str], ...]
    has_names_from_ids: bool
    is_channels_first: bool


def designer_nodes(written: object, writing: Writing) -> dict[str, DesignerNode]:
    """The nodes by id, in the order in which they are written."""
    if not isinstance(written, list) or not written:
        raise refusal(f"nodes must be a list of at least one node, got {quoted(written)}")
    check_number_of_nodes(len(written))
    nodes: dict[str, DesignerNode] = {}
    for place, value in enumerate(written):
        node = _node(value, f"nodes[{place}]", writing)
        if node.node_id in nodes:
            raise refusal(f"node id {node.node_id} is there twice; ids must differ")
        nodes[node.node_id] = node
    return nodes


def designer_links(written: object, nodes: Mapping[str, DesignerNode], writing: Writing) -> list[DesignerLink]:
    """The links in the order in which they are written; one that is written twice is there once.

    Two links are the same when they join the same pins of the same nodes; where pin numbers are not saved, the opaque
    ids of the pins tell.
    """
    if written is None:
        return []
    if not isinstance(written, list):
        raise refusal(f"links must be a list, got {quoted(written)}")
    if len(written) > MAX_LINKS:
        raise TooLarge(f"a graph may have at most {MAX_LINKS} links, got {len(written)}", field=FIELD)
    links: dict[object, DesignerLink] = {}
    for place, value in enumerate(written):
        link, opaque_pins = _link(value, f"links[{place}]", writing)
        for end in (link.source, link.target):
            if end not in nodes:
                raise refusal(f"the link from node {link.source} to node {link.target} names no node {quoted(end)}")
        links.setdefault((link, opaque_pins), link)
    return list(links.values())


def _node(value: object, place: str, writing: Writing) -> DesignerNode:
    if not isinstance(value, dict):
        raise refusal(f"{place} must be an object, got {quoted(value)}")
    node_id = writing.read_id(value.get("id"), f"{place}.id")
    name = checked_name(value.get("name"), node_id if writing.has_names_from_ids else "", f"the name of node {node_id}")
    parameters = _parameters(value, node_id)
    label = f"node {node_id} ({name})" if name else f"node {node_id}"
    written = value.get("type")
    if is_lambda(written) and says_gaussian_sample(name, parameters):
        return DesignerNode(node_id, GAUSSIAN_SAMPLE.name, name, {})
    type_name = settings_name(written, label) or find_kind(written, label).name
    return DesignerNode(node_id, type_name, name, parameters)


def _link(value: object, place: str, writing: Writing) -> tuple[DesignerLink, object]:
    if not isinstance(value, dict):
        raise refusal(f"{place} must be an object, got {quoted(value)}")
    source_key, target_key = next((ends for ends in _LINK_ENDS if ends[0] in value), _LINK_ENDS[0])
    source_pin, target_pin = (_pin(value, keys, place) for keys in zip(*writing.pins, strict=True))
    link = DesignerLink(
        writing.read_id(value.get(source_key), f"{place}.{source_key}"),
        writing.read_id(value.get(target_key), f"{place}.{target_key}"),
        source_pin,
        target_pin,
    )
    opaque_pins = (
        None if source_pin is not None else str(value.get("from_pin")),
        None if target_pin is not None else str(value.get("to_pin")),
    )
    return link, opaque_pins


def _parameters(value: Mapping[str, object], node_id: str) -> Mapping[str, object]:
    """What is written under either key; nothing that is written is left out."""
    said = [value[key] for key in _PARAMETERS_KEYS if value.get(key)]
    if len(said) > 1:
        raise refusal(f"node {node_id} has {' and '.join(_PARAMETERS_KEYS)}; write all of them under one key")
    parameters = said[0] if said else {}
    if not isinstance(parameters, dict):
        raise refusal(f"node {node_id}: parameters must be an object, got {quoted(parameters)}")
    return parameters


def integer_id(value: object, place: str) -> str:
    """The id of a designer graph's node, a whole number."""
    try:
        return str(integer_from(value))
    except ValueError as error:
        raise refusal(f"{place} must be a node's id, {error}, got {quoted(value)}") from None


def text_id(value: object, place: str) -> str:
    """The id of a pattern's node: text, or a whole number."""
    if isinstance(value, str) and value:
        return checked_name(value, "")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise refusal(f"{place} must be a node's id, text such as conv1, got {quoted(value)}")


def _pin(value: Mapping[str, object], keys: tuple[str, ...], place: str) -> int | None:
    for key in keys:
        if value.get(key) is not None:
            return _pin_number(value[key], f"{place}.{key}")
    return None


def _pin_number(value: object, place: str) -> int:
    if isinstance(value, str) and value.lower() in _PIN_NAMES:
        return _PIN_NAMES[value.lower()]
    try:
        number = integer_from(value)
    except ValueError as error:
        raise refusal(f"{place} must be {error}, got {quoted(value)}") from None
    if number < 0:
        raise refusal(f"{place} must be >= 0, got {number}")
    return number


_PIN_NAMES = {"query": 0, "key": 1, "value": 2, "mask": 3, "predictions": 0, "data": 0, "labels": 1}
DESIGNER_WRITING = Writing(
    read_id=integer_id,
    pins=(("from_pin_index", "to_pin_index"),),
    has_names_from_ids=False,
    is_channels_first=False,
)
"""Numbers as ids; `from_pin` and `to_pin` are opaque."""
PATTERN_WRITING = Writing(
    read_id=text_id,
    pins=(("from_pin_index", "to_pin_index"), ("from_pin", "to_pin")),
    has_names_from_ids=True,
    is_channels_first=True,
)
"""Text as ids; pins, where any are written, are counted from 0."""
