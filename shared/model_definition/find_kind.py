"""From a layer's type as written to its kind; what we do not run is refused as unknown or as not offered yet."""

from __future__ import annotations

import re

from shared.did_you_mean import did_you_mean, quoted
from shared.model_definition.kinds import KINDS
from shared.model_definition.kinds.layer_kind import LayerKind
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import DESIGNER_NAMES, SETTINGS_ROLES, designer_name, type_key

_KIND_BY_KEY = {type_key(name): kind for kind in KINDS.values() for name in (kind.name, *kind.aliases)}
_KIND_BY_CODE = {kind.designer_code: kind for kind in KINDS.values() if kind.designer_code is not None}
_NAMES = (*KINDS, *DESIGNER_NAMES)
_CODE = re.compile(r"[0-9]{1,9}")
_WHY_NOT = {
    "Lambda": "it holds code, and code in a model definition is never run; draw it with layers, say function=sampling "
    "for a draw from a Gaussian, or write the model in Python (model: {python: my_model.py})",
    "Subgraph": "it refers to a drawing that is not in this definition; draw its layers here",
}


def find_kind(written: object, place: str) -> LayerKind:
    """The kind of a layer from its name (any spelling) or its integer code.

    Args:
        written: what stands as the type.
        place: how messages name the node, such as `layer 3`.

    Raises:
        InvalidField: for a type that is missing, unknown, no layer, or not offered yet.
    """
    code = _code_from(written)
    if code is not None:
        return _kind_of_code(code, place)
    if not isinstance(written, str) or not written.strip():
        raise refusal(f"{place} must have a type such as dense, got {quoted(written)}")
    kind = _KIND_BY_KEY.get(type_key(written))
    return kind if kind is not None else _refuse_name(written, place)


def settings_name(written: object, place: str) -> str | None:
    """The designer's name of a node that is no layer, from its code or its name; None when it should be a layer."""
    name: str | None = None
    code = _code_from(written)
    if code is not None:
        name = _name_of_code(code, place)
    elif isinstance(written, str):
        name = designer_name(written)
    return name if name in SETTINGS_ROLES else None


def _code_from(written: object) -> int | None:
    """An integer code, also as the text that a designer makes of every value; None for anything else."""
    if isinstance(written, str) and _CODE.fullmatch(written.strip()):
        return int(written)
    return written if isinstance(written, int) and not isinstance(written, bool) else None


def _kind_of_code(code: int, place: str) -> LayerKind:
    kind = _KIND_BY_CODE.get(code)
    return kind if kind is not None else _refuse_name(_name_of_code(code, place), place)


def _name_of_code(code: int, place: str) -> str:
    if not 0 <= code < len(DESIGNER_NAMES):
        raise refusal(f"{place} has unknown layer code {code}; codes are 0 to {len(DESIGNER_NAMES) - 1}")
    return DESIGNER_NAMES[code]


def _refuse_name(written: str, place: str) -> LayerKind:
    known = designer_name(written)
    if known in SETTINGS_ROLES:
        raise refusal(f"{place}: {known} is no layer; say what it says in the job's own fields, or draw it in a graph")
    if known in _WHY_NOT:
        raise refusal(f"{place}: {known} is known but not supported yet: {_WHY_NOT[known]}")
    if known is not None:
        raise refusal(f"{place}: {known} is known but not supported yet; supported are {', '.join(KINDS)}")
    hint = did_you_mean(written, _NAMES) or f"; supported are {', '.join(KINDS)}"
    raise refusal(f"{place}: unknown layer {quoted(written)}{hint}")
