"""Ways in which a designer may save the same drawing; each gives a new definition and changes nothing that it means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.judged_models.drawing import CODES

Definition = Mapping[str, Any]
_NAMES = {code: name for name, code in CODES.items()}
_ALIASES = {
    "DatasetInput": "Input",
    "GlobalAvgPool": "GlobalAvgPool2D",
    "BatchNorm": "BatchNorm2D",
    "Concatenate": "Concat",
    "CrossEntropyLoss": "CrossEntropy",
}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _with(definition: Definition, node: Callable[[dict[str, Any]], dict[str, Any]]) -> Definition:
    return {**definition, "nodes": [node(dict(one)) for one in definition["nodes"]]}


def _named(spelled: Callable[[str], str]) -> Callable[[Definition], Definition]:
    def node(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "type": spelled(_NAMES[one["type"]]) if isinstance(one["type"], int) else one["type"]}

    return lambda definition: _with(definition, node)


def _snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()


def _ids_as_text(definition: Definition) -> Definition:
    links = [{**one, "from_node": str(one["from_node"]), "to_node": str(one["to_node"])} for one in definition["links"]]
    return {**_with(definition, lambda one: {**one, "id": str(one["id"]), "type": str(one["type"])}), "links": links}


def _values_as_numbers(definition: Definition) -> Definition:
    def node(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "parameters": {name: _number(value) for name, value in one.get("parameters", {}).items()}}

    return _with(definition, node)


def _number(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def _params_and_ends(definition: Definition) -> Definition:
    links = [
        {"from": one["from_node"], "to": one["to_node"], **{key: pin for key, pin in one.items() if "pin" in key}}
        for one in definition["links"]
    ]

    def node(one: dict[str, Any]) -> dict[str, Any]:
        params = one.pop("parameters", {})
        return {**one, "params": params}

    return {**_with(definition, node), "links": links}


def _upper_parameters(definition: Definition) -> Definition:
    def node(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "parameters": {name.upper(): value for name, value in one.get("parameters", {}).items()}}

    return _with(definition, node)


def _embellished(definition: Definition) -> Definition:
    """Fields that other versions of the designer save: none of them is ours to understand."""

    def node(one: dict[str, Any]) -> dict[str, Any]:
        pins = [{"id": 10 * one["id"], "name": "Input", "type": "Tensor"}]
        return {**one, "x": 3.5, "color": None, "collapsed": False, "inputs": pins, "outputs": [], "comment": "ä\\n"}

    links = [
        {**one, "id": 90 + place, "color": "#fff", "link_type": 1} for place, one in enumerate(definition["links"])
    ]
    beside = {"metadata": {"author": {"name": "x"}}, "canvas": {"zoom": 1.5}, "subgraphs": [], "framework": 1}
    return {**_with(definition, node), **beside, "links": links}


def _nameless(definition: Definition) -> Definition:
    return _with(definition, lambda one: {key: value for key, value in one.items() if key != "name"})


def _doubled_links(definition: Definition) -> Definition:
    return {**definition, "links": [*definition["links"], *definition["links"]]}


def _links_backwards(definition: Definition) -> Definition:
    has_indices = all("to_pin_index" in one for one in definition["links"])
    return {**definition, "links": definition["links"][::-1] if has_indices else definition["links"]}


REWRITINGS: Mapping[str, Callable[[Definition], Definition]] = {
    "names": _named(str),
    "aliases": _named(lambda name: _ALIASES.get(name, name)),
    "upper_names": _named(str.upper),
    "snake_names": _named(_snake),
    "kebab_names": _named(lambda name: _snake(name).replace("_", "-")),
    "ids_and_codes_as_text": _ids_as_text,
    "values_as_numbers": _values_as_numbers,
    "params_from_to": _params_and_ends,
    "upper_parameters": _upper_parameters,
    "embellished": _embellished,
    "nameless": _nameless,
    "doubled_links": _doubled_links,
    "links_backwards": _links_backwards,
}
