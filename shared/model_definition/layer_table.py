"""Writes the reference of layers and named architectures, `docs/reference/layers.md`, from the code.

`python -m shared.model_definition.layer_table > docs/reference/layers.md`. A test holds the file against this.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping

from shared.errors import InvalidField, OurBug
from shared.model_definition import kinds
from shared.model_definition.architectures import ARCHITECTURES
from shared.model_definition.architectures.architecture import Architecture
from shared.model_definition.graph import Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.kinds.layer_kind import LayerKind, ParameterSpec, ParameterType
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.settings_nodes import SETTINGS_NODES
from shared.model_definition.vocabulary import DESIGNER_NAMES

_HEAD = """\
# Layers

Made from the code by `python -m shared.model_definition.layer_table`; do not edit.

Shapes are those of one example, without the batch; images are channels-last. Type names and parameter names are matched
without regard to case, `_` and `-`; *code* is the integer type in designer graphs. Each layer is shown on an example:
its shape coming in and going out and the numbers that it then learns; `cyxwiz plan` says both for a whole model.

Any layer may say how wide its input is (`in_features`, `in_channels`, `input_size`, `input_dim`, `num_features` or
`num_channels`): that is checked against what arrives, and changes nothing.

"""
_SHAPES: tuple[Shape, ...] = ((28, 28, 32), (16, 512), (16, 28, 28, 32), (64,), (28, 1, 32))
_VECTOR: Shape = (64,)
_ON_VECTORS = frozenset({"dense", "embedding"})
_WRITTEN: Mapping[str, Mapping[str, object]] = {
    "reshape": {"shape": "-1, 784, 32"},
    "view": {"shape": "-1, 784, 32"},
    "tensor_reshape": {"shape": "-1, 14, 14, 128"},
    "permute": {"dims": "0, 3, 1, 2"},
    "normalize": {"mean": 0.5, "std": 0.5},
}
_SETTINGS_HEAD = """
## Nodes that say something about the job

They stand in a designer graph or a pattern beside the layers. The job's own fields win.

| node | code | says | takes |
|---|---|---|---|
"""


def layer_table() -> str:
    """The whole page."""
    families = {name: list(found) for name, found in _families()}
    parts = [_HEAD]
    for title, members in families.items():
        parts.append(f"## {title}\n\n")
        parts += [_section(kind) for kind in members]
    parts += [_SETTINGS_HEAD, *_settings_rows(), "\n## Named architectures\n\n"]
    parts.append('Written `{"architecture": "resnet", "depth": 18}`; small unless its parameters say otherwise.\n\n')
    parts += [_section(architecture) for architecture in ARCHITECTURES.values()]
    return "".join(parts).rstrip() + "\n"


def _families() -> Iterator[tuple[str, list[LayerKind]]]:
    """Kinds by the file that defines them: its first sentence is their common title."""
    seen: set[str] = set()
    for module_info in pkgutil.iter_modules(kinds.__path__):
        module = importlib.import_module(f"{kinds.__name__}.{module_info.name}")
        own = [kind for kind in dict.fromkeys(_names_in(vars(module).values())) if kind not in seen]
        if own:
            seen.update(own)
            yield _first_sentence(module.__doc__), [KINDS[name] for name in own]


def _names_in(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, LayerKind) and one.name in KINDS:
                yield one.name


def _first_sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").split("\n\n")[0].split()).rstrip(".")


def _section(described: LayerKind | Architecture) -> str:
    names = ", ".join(f"`{alias}`" for alias in described.aliases)
    facts = [f"also {names}"] if names else []
    if isinstance(described, LayerKind):
        facts += _facts(described)
    head = f"### `{described.name}`\n\n" + ("; ".join(facts) + ".\n\n" if facts else "")
    if isinstance(described, LayerKind):
        head += _example(described)
    if not described.parameters:
        return head
    rows = "".join(_row(spec) for spec in described.parameters)
    return f"{head}| parameter | default | values | also |\n|---|---|---|---|\n{rows}\n"


def _facts(kind: LayerKind) -> list[str]:
    facts = [] if kind.designer_code is None else [f"code {kind.designer_code}"]
    if (kind.least_inputs, kind.most_inputs) != (1, 1):
        most = "any number of" if kind.most_inputs is None else str(kind.most_inputs)
        facts.append(f"takes {kind.least_inputs} to {most} inputs" if most != "0" else "takes no input")
    return facts


def _example(kind: LayerKind) -> str:
    """The first of the example shapes that the layer takes, what it makes of it, and what it learns."""
    written = _WRITTEN.get(kind.name, {})
    parameters = read_parameters(kind, written, kind.name)
    for shape in (_VECTOR, *_SHAPES) if kind.name in _ON_VECTORS else _SHAPES:
        arriving = (shape,) * max(kind.least_inputs, 1)
        with contextlib.suppress(InvalidField):
            given = kind.output_shape(parameters, arriving)
            count = kind.parameter_count(parameters, arriving)
            said = "".join(f" with {name} {value}" for name, value in written.items())
            return f"`{shape}` → `{given}`{said}, {count:,} parameters.\n\n"
    raise OurBug(f"no example for layer {kind.name}; add a shape that it takes")


def _row(spec: ParameterSpec) -> str:
    also = ", ".join(f"`{alias}`" for alias in spec.aliases)
    return f"| `{spec.name}` | {_value(spec.default)} | {_values(spec)} | {also} |\n"


def _value(value: object) -> str:
    if value is None:
        return "not said"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{list(value)}" if isinstance(value, tuple) else str(value)


def _values(spec: ParameterSpec) -> str:
    if spec.type is ParameterType.CHOICE:
        return ", ".join(spec.choices)
    if spec.type is ParameterType.FLAG:
        return "true, false"
    bounds = [
        f"{'>' if spec.open_minimum else '≥'} {spec.minimum}" if spec.minimum is not None else "",
        f"{'<' if spec.open_maximum else '≤'} {spec.maximum}" if spec.maximum is not None else "",
    ]
    return ", ".join([spec.type.value, *(bound for bound in bounds if bound)])


def _settings_rows() -> Iterator[str]:
    for name, node in SETTINGS_NODES.items():
        code = DESIGNER_NAMES.index(name)
        if node.refused:
            yield f"| {name} | {code} | refused: {node.refused} | |\n"
            continue
        says = ", ".join(f"`{key}` {value}" for key, value in node.says.items())
        takes = ", ".join(f"`{key}` → `{value}`" for key, value in node.becomes.items())
        yield f"| {name} | {code} | {says} | {takes} |\n"


if __name__ == "__main__":
    sys.stdout.write(layer_table())
