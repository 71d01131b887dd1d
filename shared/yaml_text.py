"""Reads YAML and JSON text into plain values, the way a person means it, and writes YAML that reads back the same.

YAML as PyYAML has it is version 1.1, where `1e-3` is a text and `no` is false; here numbers follow YAML 1.2 and
only `true` and `false` are truth values. A key written twice is refused, not silently the last one; so are references
(`*name`) by which a few lines would become gigabytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import Any

import yaml

from shared.errors import InvalidField, TooLarge

_RESOLVED_HERE = {
    "tag:yaml.org,2002:int": (r"[-+]?(?:0|[1-9][0-9_]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    "tag:yaml.org,2002:float": (
        r"[-+]?(?:(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
}
_FEW_VALUES = 100_000
_MOST_GROWTH = 10
"""More than so many values are refused where references make them so many times what is written."""
_DEEPEST = 100
"""Brackets in brackets: PyYAML looks at every open one at each character, and 1,000 of them take seconds."""
_DROPPED_TAGS = frozenset({*_RESOLVED_HERE, "tag:yaml.org,2002:timestamp"})


# The safe loader in Python: the one in C overruns its stack on deeply nested text instead of raising.
class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own name and shape
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _DROPPED_TAGS]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def fetch_flow_collection_start(self, TokenClass: type[yaml.Token]) -> None:  # noqa: N803 - PyYAML's own name
        if self.flow_level >= _DEEPEST:
            raise RecursionError
        super().fetch_flow_collection_start(TokenClass)

    def get_single_data(self) -> object:
        node = self.get_single_node()
        if node is None:
            return None
        _refuse_growth(node)
        return self.construct_document(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        _refuse_repeats([(str(key.value), key.start_mark.line + 1) for key, _ in node.value])
        return super().construct_mapping(node, deep)


for _tag, (_pattern, _first_characters) in _RESOLVED_HERE.items():
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), list(_first_characters))


def value_from_text(text: str, *, source: str, most_yaml: int | None = None) -> object:
    """Return what YAML or JSON `text` says.

    Args:
        text: any.
        source: names it in errors.
        most_yaml: of so many characters YAML is read, which takes ten seconds a megabyte; JSON takes hundredths.

    Raises:
        InvalidField: it is neither; the sentence names the line.
        TooLarge: it is longer than `most_yaml`, and no JSON.
    """
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text, object_pairs_hook=_without_repeats)
        except ValueError:
            pass  # a YAML flow mapping begins the same way
        except RecursionError as error:
            raise InvalidField(f"{source} is nested too deeply") from error
    if most_yaml is not None and len(text) > most_yaml:
        raise TooLarge(
            f"{source} may have {most_yaml:,} characters as YAML, got {len(text):,}: send it as JSON, "
            "or with 'cyxwiz submit'"
        )
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # _Loader is a safe loader  # nosec B506
    except yaml.YAMLError as error:
        raise InvalidField(f"{source} is neither YAML nor JSON: {_where(error)}") from error
    except RecursionError as error:
        raise InvalidField(f"{source} is nested too deeply") from error


class _Dumper(yaml.SafeDumper):
    """Quotes what `_Loader` would read as something else than the text it is."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # a person reads no anchors
        return True


def text_from_value(value: object) -> str:
    """Return YAML text from which `value_from_text` reads the same; keys stay in their order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _refuse_growth(node: yaml.Node) -> None:
    values_in: dict[int, int] = {}
    values = _values_in(node, values_in)
    if values > _FEW_VALUES and values > _MOST_GROWTH * len(values_in):
        written = f"{values:,} values of the {len(values_in):,} that are written"
        raise InvalidField(f"references (*name) would make {written}; write them out")


def _values_in(node: yaml.Node, values_in: dict[int, int]) -> int:
    """Return how many values a node is with every reference followed; `values_in` remembers them by node."""
    if id(node) in values_in:
        if not values_in[id(node)]:
            raise InvalidField(f"line {node.start_mark.line + 1} holds a reference (*name) to itself")
        return values_in[id(node)]
    values_in[id(node)] = 0
    parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    below = 0 if isinstance(node, yaml.ScalarNode) else sum(_values_in(part, values_in) for part in parts)
    values_in[id(node)] = 1 + below
    return 1 + below


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    _refuse_repeats([(key, 0) for key, _ in pairs])
    return dict(pairs)


def _refuse_repeats(keys: list[tuple[str, int]]) -> None:
    seen: set[str] = set()
    for key, line in keys:
        if key in seen:
            where = f" (line {line})" if line else ""
            raise InvalidField(f"{key!r} is written twice{where}; keep one", field=key)
        seen.add(key)


def _where(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} on line {error.problem_mark.line + 1}"
    return str(error).splitlines()[0]
