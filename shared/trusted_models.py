"""Makes pydantic records again from JSON that this program wrote itself, without checking each value once more.

A server that starts reads a hundred thousand jobs; checking what was checked before it was stored took most of that
time. What does not fit a record's fields is left to pydantic, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from types import NoneType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel

_Record = TypeVar("_Record", bound=BaseModel)
_Convert = Callable[[Any], Any]


def trusted(kind: type[_Record], values: Mapping[str, Any]) -> _Record:
    """Return the record of values as `json.loads` gives them from what `model_dump_json` wrote.

    Args:
        kind: a record whose fields are plain, closed sets, tuples of plain values, mappings, or other such records.
        values: by field; fields that were added later may be missing. What `converted` gave is taken too.

    Raises:
        KeyError, TypeError, ValueError: the values were not written from such a record.
    """
    form = _form_of(kind)
    fields = {**form.defaults, **values}
    for name in form.made_anew:
        if name not in values:
            fields[name] = kind.model_fields[name].get_default(call_default_factory=True)
    if len(fields) != len(form.defaults) or not form.required <= values.keys():
        raise KeyError(f"{kind.__name__} has not exactly the fields {sorted(form.defaults)}, got {sorted(values)}")
    for name, convert in form.conversions:
        if name in values:
            fields[name] = convert(values[name])
    record = kind.__new__(kind)
    object.__setattr__(record, "__dict__", fields)
    object.__setattr__(record, "__pydantic_fields_set__", form.names)
    object.__setattr__(record, "__pydantic_extra__", None)
    object.__setattr__(record, "__pydantic_private__", None)
    return record


def converted(kind: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return some of a record's values as its fields hold them, for `trusted`; done once for what many records share.

    Raises:
        KeyError, TypeError, ValueError: the values were not written from such a record.
    """
    conversions = {name: convert for name, convert in _form_of(kind).conversions if name in values}
    return {**values, **{name: convert(values[name]) for name, convert in conversions.items()}}


def _shared(kind: type[_Record], values: Mapping[str, Any]) -> _Record:
    """Return one record for all equal values: thousands of jobs have the same retries, resources or rates."""
    try:
        record = _made_once(kind, tuple(values), tuple(values.values()))
    except TypeError:
        return trusted(kind, values)  # a value that cannot be hashed
    return cast("_Record", record)


@lru_cache(maxsize=4096)
def _made_once(kind: type[BaseModel], names: tuple[str, ...], values: tuple[Any, ...]) -> BaseModel:
    return trusted(kind, dict(zip(names, values, strict=True)))


class _Form:
    """What is known of a kind of record beforehand."""

    def __init__(self, kind: type[BaseModel]) -> None:
        fields = kind.model_fields
        self.names = set(fields)
        self.required = {name for name, field in fields.items() if field.is_required()}
        self.made_anew = tuple(name for name, field in fields.items() if field.default_factory is not None)
        # All of them, so that a record made from these has its fields in their order.
        self.defaults: dict[str, Any] = {name: field.default for name, field in fields.items()}
        found = ((name, _conversion(field.annotation)) for name, field in fields.items())
        self.conversions = tuple((name, convert) for name, convert in found if convert is not None)


@cache
def _form_of(kind: type[BaseModel]) -> _Form:
    return _Form(kind)


def _conversion(annotation: Any) -> _Convert | None:
    """Return what turns a value of JSON into the field's own; None where that is the same."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _conversion(get_args(annotation)[0])
    if origin is Union or origin is type(int | None):
        return _conversion_of_union(get_args(annotation))
    if origin in {tuple, dict}:  # a copy: records made of the same values share nothing that can be changed
        return cast("_Convert", origin)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return {str(member): member for member in annotation}.__getitem__
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return lambda values: values if isinstance(values, annotation) else _shared(annotation, values)
    return None


def _conversion_of_union(kinds: tuple[Any, ...]) -> _Convert | None:
    converts = [convert for kind in kinds if kind is not NoneType and (convert := _conversion(kind)) is not None]
    if not converts:
        return None
    only = converts[0]
    return lambda value: None if value is None else only(value)
