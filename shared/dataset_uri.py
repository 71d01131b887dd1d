"""What a dataset URI says, as one of five records; what is known of the data without opening it is `dataset_facts`.

This file reads text only: it opens no file, and whether a path may be read is the node's decision.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote

from shared.dataset_options import (
    AS_THEY_ARE,
    TARGET_IS_INPUT,
    FileFormat,
    FileOptions,
    file_format_from,
    file_options_from,
)
from shared.did_you_mean import did_you_mean, quoted
from shared.errors import InvalidField
from shared.remote_location import check_no_credentials, check_remote_location, secret_name_from
from shared.synthetic_dataset import SyntheticDataset, synthetic_dataset_from

LONGEST_URI = 4_096
_SCHEMES = ("builtin", "synthetic", "file", "https", "s3", "gs", "artifact")
_BUILTIN = ("digits",)
_TARGET = "target"
_INPUT_AS_TARGET = f"{_TARGET}={TARGET_IS_INPUT}"
_SHA256 = re.compile(r"sha256:([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class BuiltinDataset:
    """A dataset shipped with us: `digits`.

    Attributes:
        name: of the dataset.
        reconstructs_input: whether an example's target is the example itself.
    """

    name: str
    reconstructs_input: bool = False


@dataclass(frozen=True, slots=True)
class FileDataset:
    """Files a node can see.

    Attributes:
        path: absolute, or relative to one of the node's data roots; never checked here.
        format: None when content and name shall tell.
        options: how the format is to be read.
    """

    path: str
    format: FileFormat | None
    options: FileOptions = AS_THEY_ARE


@dataclass(frozen=True, slots=True)
class ArtifactDataset:
    """A file uploaded through the central server.

    Attributes:
        sha256: lower-case hex of its content.
        format: None when the content shall tell.
        options: how the format is to be read.
    """

    sha256: str
    format: FileFormat | None
    options: FileOptions = AS_THEY_ARE


@dataclass(frozen=True, slots=True)
class RemoteDataset:
    """One file elsewhere, fetched by the node.

    Attributes:
        url: without parameters, which are all for us.
        format: None when content and name shall tell.
        options: how the format is to be read.
        secret: the name under which the node's operator keeps what it is read with; empty for nothing.
    """

    url: str
    format: FileFormat | None
    options: FileOptions = AS_THEY_ARE
    secret: str = ""


DatasetUri = BuiltinDataset | SyntheticDataset | FileDataset | ArtifactDataset | RemoteDataset


def parse_dataset_uri(text: str) -> DatasetUri:
    """The dataset that a URI names.

    Raises:
        InvalidField: with field `dataset_uri`, for anything that is not one of the URIs we can open.
    """
    _check_text(text)
    scheme, separator, rest = text.partition("://")
    if not separator:
        _refuse(f"must be a URI such as builtin://digits or file:///data/train.npz, got {quoted(text)}")
    location, _, query = rest.partition("?")
    match scheme.lower():
        case "builtin":
            return _builtin(location, query)
        case "synthetic":
            return synthetic_dataset_from(location, _query_values(query))
        case "file":
            return _file(location, _query_values(query))
        case "https" | "s3" | "gs" as known:
            return _remote(known, location, query)
        case "artifact":
            return _artifact(location, _query_values(query))
        case other:
            raise _unknown_scheme(other)


def with_input_as_target(text: str) -> str:
    """The URI that asks for reconstruction, unless it says by itself what the target is."""
    _, mark, query = text.partition("?")
    if any(part.partition("=")[0] == _TARGET for part in query.split("&")):
        return text
    return f"{text}{'&' if query else '' if mark else '?'}{_INPUT_AS_TARGET}"


def reconstructs_input(dataset: DatasetUri) -> bool:
    """Whether an example's target is the example itself, as far as the URI says."""
    match dataset:
        case FileDataset() | ArtifactDataset() | RemoteDataset():
            return dataset.options.reconstructs_input
        case _:
            return dataset.reconstructs_input


def _check_text(text: str) -> None:
    if not text:
        _refuse("is missing; name one, such as builtin://digits")
    if len(text) > LONGEST_URI:
        _refuse(f"must be at most {LONGEST_URI} characters, got {len(text)}")
    if not text.isprintable():
        _refuse(f"must not hold control characters, got {quoted(text)}")


def _builtin(name: str, query: str) -> BuiltinDataset:
    if name not in _BUILTIN:
        _refuse(f"must be builtin://digits, the only one shipped; got builtin://{name}{did_you_mean(name, _BUILTIN)}")
    if query not in {"", _INPUT_AS_TARGET}:
        _refuse(f"builtin://{name} takes no parameter but {_INPUT_AS_TARGET}, got {quoted(query)}")
    return BuiltinDataset(name, reconstructs_input=bool(query))


def _file(location: str, values: Mapping[str, str]) -> FileDataset:
    said = _format_from(values)
    authority, slash, rest = location.partition("/")
    named = file_format_from(authority) if authority else None
    if said is not None and named is not None and said is not named:
        _refuse(f"says format {named} before the path and {said} after it; leave one out")
    path = unquote(rest if authority else slash + rest)
    if not path.strip("/") or not path.isprintable():
        _refuse(f"must name a path, such as file:///data/train.npz, got {quoted('file://' + location)}")
    return FileDataset(path, said or named, file_options_from(values))


def _artifact(location: str, values: Mapping[str, str]) -> ArtifactDataset:
    found = _SHA256.fullmatch(location)
    if found is None:
        _refuse(f"must be artifact://sha256: and 64 hexadecimal digits, got {quoted('artifact://' + location)}")
    return ArtifactDataset(found[1].lower(), _format_from(values), file_options_from(values))


def _remote(scheme: str, location: str, query: str) -> RemoteDataset:
    check_remote_location(scheme, location)
    check_no_credentials(part.partition("=")[0] for part in query.split("&"))
    values = _query_values(query)
    secret = secret_name_from(values.pop("secret")) if "secret" in values else ""
    url = f"{scheme}://{location}"
    return RemoteDataset(url, _format_from(values), file_options_from(values), secret)


def _query_values(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, separator, value = part.partition("=")
        if not separator or not name:
            _refuse(f"parameters are written name=value, got {quoted(part)}")
        if name in values:
            _refuse(f"says {quoted(name)} twice")
        values[name] = unquote(value)
    return values


def _format_from(values: Mapping[str, str]) -> FileFormat | None:
    return file_format_from(values["format"]) if "format" in values else None


def _unknown_scheme(scheme: str) -> InvalidField:
    if scheme == "mock":
        return _refusal(
            "mock:// is not offered, nothing here is mocked; use synthetic://, which makes learnable data from a seed"
        )
    if scheme == "http":
        return _refusal("http:// is not offered, since anyone on the way could change the data; use https://")
    hint = did_you_mean(scheme, _SCHEMES)
    return _refusal(f"unknown scheme {quoted(scheme)}{hint}; use one of {', '.join(_SCHEMES)}")


def _refuse(ending: str) -> NoReturn:
    raise _refusal(ending)


def _refusal(ending: str) -> InvalidField:
    return InvalidField(f"dataset_uri: {ending}", field="dataset_uri")
