"""Checks what is written about a layer against its kind: names, types, ranges; fills in defaults, skips nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from shared.did_you_mean import did_you_mean, quoted
from shared.model_definition.graph import ParameterValue
from shared.model_definition.kinds.layer_kind import ARRIVING_WIDTH, LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import type_key
from shared.strict_values import flag_from, integer_from, integers_from, real_from, reals_from


class Described(Protocol):
    """What has parameters: a kind of layer, or a named architecture."""

    @property
    def name(self) -> str:
        """Its canonical name."""
        ...

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """What may be written about it."""
        ...

    @property
    def not_supported(self) -> Callable[[Parameters], str]:
        """The end of a sentence when the parameters ask for what is not offered, else empty."""
        ...


def read_parameters(kind: Described, written: Mapping[str, object], label: str) -> dict[str, ParameterValue]:
    """The checked parameters of a layer under their canonical names, defaults filled in.

    Args:
        kind: what the layer, or the model, is.
        written: what the definition says; null stands for the default.
        label: how messages name the layer.

    Raises:
        InvalidField: for an unknown name, one said twice, a wrong type, or a value out of range.
    """
    parameters = {spec.name: spec.default for spec in kind.parameters}
    parameters.update(
        {spec.name: _value(spec, value, label) for spec, value in _by_spec(kind, written, label) if value is not None}
    )
    if ending := kind.not_supported(parameters):
        raise refusal(f"{label} {ending}")
    return parameters


def _by_spec(kind: Described, written: Mapping[str, object], label: str) -> list[tuple[ParameterSpec, object]]:
    specs = {type_key(name): spec for spec in _specs_of(kind) for name in (spec.name, *spec.aliases)}
    found: dict[str, tuple[ParameterSpec, object]] = {}
    for name, value in written.items():
        spec = specs.get(type_key(name))
        if spec is None:
            raise _unknown_parameter(kind, name, label)
        if spec.name in found:
            raise refusal(f"{label} says {spec.name} twice, under two names; keep one")
        found[spec.name] = (spec, value)
    return list(found.values())


def _specs_of(kind: Described) -> tuple[ParameterSpec, ...]:
    """What may be written; the kind's own parameters stand last, since their names count first."""
    takes_input = isinstance(kind, LayerKind) and kind.least_inputs > 0
    return (ARRIVING_WIDTH, *kind.parameters) if takes_input else kind.parameters


def _unknown_parameter(kind: Described, name: str, label: str) -> Exception:
    names = [spec.name for spec in kind.parameters]
    takes = f"it takes {', '.join(names)}" if names else "it takes none"
    return refusal(f"{label}: unknown parameter {quoted(name)} of {kind.name}{did_you_mean(name, names)}; {takes}")


def _value(spec: ParameterSpec, value: object, label: str) -> ParameterValue:
    try:
        read = _read(spec, value)
    except ValueError as error:
        raise refusal(f"{label}: {spec.name} must be {error}, got {quoted(value)}") from None
    if not _is_in_range(spec, read):
        raise refusal(f"{label}: {spec.name} must be {_range_words(spec)}, got {quoted(value)}")
    return read


def _read(spec: ParameterSpec, value: object) -> ParameterValue:
    return _choice(spec, value) if spec.type is ParameterType.CHOICE else _READERS[spec.type](value)


def _choice(spec: ParameterSpec, value: object) -> str:
    is_word = isinstance(value, (str, int)) and not isinstance(value, bool)
    key = type_key(str(value)) if is_word else None
    by_key = {type_key(choice): choice for choice in spec.choices} | dict(spec.choice_aliases)
    found = by_key.get(key) if key is not None else None
    if found is None:
        raise ValueError(f"one of {', '.join(spec.choices)}")
    return found


def _pair(value: object) -> tuple[int, int]:
    numbers = integers_from(value)
    if len(numbers) > 2:
        raise ValueError("one whole number or [height, width]")
    return numbers[0], numbers[-1]


def _one_or_many(value: object) -> ParameterValue:
    numbers = reals_from(value)
    return numbers[0] if len(numbers) == 1 else ", ".join(map(repr, numbers))


_READERS: Mapping[ParameterType, Callable[[object], ParameterValue]] = {
    ParameterType.INTEGER: integer_from,
    ParameterType.REAL: real_from,
    ParameterType.FLAG: flag_from,
    ParameterType.PAIR: _pair,
    ParameterType.SHAPE: integers_from,
    ParameterType.REALS: _one_or_many,
}
"""Every type but a choice, which only its own words can read."""


def _is_in_range(spec: ParameterSpec, value: ParameterValue) -> bool:
    numbers: tuple[ParameterValue, ...] = value if isinstance(value, tuple) else (value,)
    if spec.type is ParameterType.REALS:
        numbers = reals_from(value)
    return all(_is_number_in_range(spec, number) for number in numbers)


def _is_number_in_range(spec: ParameterSpec, number: ParameterValue) -> bool:
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return True
    if spec.minimum is not None and (number < spec.minimum or (spec.open_minimum and number == spec.minimum)):
        return False
    return spec.maximum is None or number < spec.maximum or (number == spec.maximum and not spec.open_maximum)


def _range_words(spec: ParameterSpec) -> str:
    least = f"{'>' if spec.open_minimum else '>='} {spec.minimum}" if spec.minimum is not None else ""
    most = f"{'<' if spec.open_maximum else '<='} {spec.maximum}" if spec.maximum is not None else ""
    return " and ".join(words for words in (least, most) if words)
