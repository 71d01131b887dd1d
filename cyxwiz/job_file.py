"""Reads a job file: YAML or JSON, the model file it may name, and the `key=value` overrides given beside it.

An ONNX file that it names is found here and read by `onnx_start`, when the job is sent.

It knows how a file is written, not what a job needs; `shared.job_spec` checks that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.did_you_mean import quoted
from shared.errors import InvalidField
from shared.job_text import MAX_JOB_FILE_BYTES, kind_in_words, mapping_from_text, text_within_limit
from shared.model_definition.json_text import MAX_MODEL_DEFINITION_BYTES
from shared.user_model import FORM, LARGEST_SOURCE_BYTES, UserModel, user_model_from_bytes
from shared.yaml_text import value_from_text

ONNX_FORM = "onnx"
"""The key of a model that is an ONNX file."""


def read_job_file(path: Path, overrides: Sequence[str] = ()) -> dict[str, object]:
    """Return the keys of the job file at `path`, changed by `overrides`; a model file is relative to it.

    Raises:
        InvalidField: it cannot be read, or is no mapping.
        TooLarge: it could never be sent.
    """
    text = _read_within_limit(path, MAX_JOB_FILE_BYTES, what="job file")
    return job_mapping_from_text(text, source=str(path), folder=path.parent, overrides=overrides)


def job_mapping_from_text(text: str, *, source: str, folder: Path, overrides: Sequence[str] = ()) -> dict[str, object]:
    """Return the keys of a job file's text, changed by `overrides`.

    An override stands for the same words in the file: the model file it names is relative to `folder` too.
    """
    value = mapping_from_text(text, source=source)
    for override in overrides:
        if _changes_what_the_model_file_holds(override):
            value = with_model_file(value, folder)
        value = with_overrides(value, [override])
    return with_model_file(value, folder)


def with_model_file(job: Mapping[str, object], folder: Path) -> dict[str, object]:
    """Return `job` with `model: {file: NAME}` or `model: {python: NAME}` replaced by what the file holds.

    Of `model: {onnx: NAME}` the path is made whole, and the file is left unread.

    Raises:
        InvalidField: the file cannot be read, or is no mapping, or no model in Python.
    """
    model = job.get("model")
    if isinstance(model, Mapping) and isinstance(name := model.get(FORM), str):
        return {**job, "model": {**model, **_user_model(name, folder).definition()}}
    if isinstance(model, Mapping) and isinstance(name := model.get(ONNX_FORM), str):
        return {**job, "model": {**model, ONNX_FORM: str((folder / Path(name).expanduser()).absolute())}}
    if not (isinstance(model, Mapping) and "file" in model):
        return dict(job)
    _refuse_keys_beside_file(model)
    name = model["file"]
    if not isinstance(name, str) or not name:
        raise InvalidField(f"model.file must be the path of a model file, got {name!r}", field="model.file")
    path = folder / Path(name).expanduser()
    text = _read_within_limit(path, MAX_MODEL_DEFINITION_BYTES, what="model file")
    value = value_from_text(text, source=str(path))
    if not isinstance(value, dict):
        raise InvalidField(f"{path} must hold a model as a mapping, got {kind_in_words(value)}", field="model.file")
    return {**job, "model": value}


def _user_model(name: str, folder: Path) -> UserModel:
    path = folder / Path(name).expanduser()
    data = _bytes_up_to(path, LARGEST_SOURCE_BYTES, what="model file")
    return user_model_from_bytes(path.name, data)


def with_overrides(job: Mapping[str, object], overrides: Sequence[str]) -> dict[str, object]:
    """Return `job` with each `dotted.key=value` put in; values are read as YAML, numbers index lists.

    Raises:
        InvalidField: an override is not `key=value`, or its path leads through something that has no keys.
    """
    changed: dict[str, object] = dict(job)
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not all(key.split(".")):
            raise InvalidField(f"--set wants key=value such as hyperparameters.learning_rate=0.01, got {override!r}")
        if not text.strip():
            raise InvalidField(f"{key} is empty: give a value, as in --set epochs=5", field=key)
        changed = _as_mapping(_with_value(changed, key.split("."), value_from_text(text, source=override), key))
    return changed


def with_setting(job: Mapping[str, object], key: str, value: object) -> dict[str, object]:
    """Return `job` with the value put in at a dotted path; numbers index lists.

    Raises:
        InvalidField: the path leads through something that has no keys.
    """
    return _as_mapping(_with_value(dict(job), key.split("."), value, key))


def _read_within_limit(path: Path, limit_bytes: int, *, what: str) -> str:
    return text_within_limit(_bytes_up_to(path, limit_bytes, what=what), limit_bytes, what=f"{what} {path}")


def _bytes_up_to(path: Path, limit_bytes: int, *, what: str) -> bytes:
    """Return what the file holds, one byte over the limit at most."""
    try:
        with path.open("rb") as file:
            return file.read(limit_bytes + 1)
    except OSError as error:
        raise InvalidField(f"cannot read {what} {path}: {error.strerror or error}", field=what) from error


def _with_value(container: object, path: list[str], value: object, key: str) -> object:
    if not path:
        return value
    name, rest = path[0], path[1:]
    if container is None:
        container = {}
    if isinstance(container, dict):
        return {**container, name: _with_value(container.get(name), rest, value, key)}
    if isinstance(container, list) and name.isascii() and name.isdigit() and int(name) < len(container):
        index = int(name)
        return [*container[:index], _with_value(container[index], rest, value, key), *container[index + 1 :]]
    raise InvalidField(f"--set {key}: there is no {name!r} in {kind_in_words(container)}", field=key)


def _as_mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _changes_what_the_model_file_holds(override: str) -> bool:
    return override.startswith("model.") and not override.startswith(
        ("model.file=", f"model.{FORM}=", f"model.{ONNX_FORM}=")
    )


def _refuse_keys_beside_file(model: Mapping[str, object]) -> None:
    for key in model:
        if key != "file":
            raise InvalidField(
                f"model has the unknown key {quoted(key)} beside 'file': a model is in a file or written out",
                field=f"model.{key}",
            )
