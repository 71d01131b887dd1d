"""What a job may say of trackers: which of those that its server has, and the name of an experiment.

Never where they are. A job that could name an address or a path would let whoever submits it make the central server
call, or write to, whatever the server can reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator

from shared.did_you_mean import did_you_mean, quoted
from shared.errors import InvalidField

_KEYS: Final = ("tensorboard", "mlflow")
_MLFLOW_KEYS: Final = ("experiment",)


class TrackerChoice(BaseModel):
    """Which trackers a job's metrics go to.

    Attributes:
        tensorboard: whether they go to TensorBoard's event files; None leaves it to the server.
        mlflow: whether they go to MLflow; None leaves it to the server.
        mlflow_experiment: MLflow's experiment for this job; empty for the server's own.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    tensorboard: bool | None = None
    mlflow: bool | None = None
    mlflow_experiment: Annotated[str, StringConstraints(max_length=200)] = ""

    @field_validator("mlflow_experiment")
    @classmethod
    def _must_be_printable(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError(f"must not hold control characters, got {quoted(value)}")
        return value


def tracker_choice_from_value(value: object) -> TrackerChoice:
    """The choice that a job file writes as `{tensorboard: true, mlflow: {experiment: NAME}}`.

    Raises:
        InvalidField: with the dotted `field`.
    """
    said = _mapping(value, "trackers", _KEYS)
    mlflow = said.get("mlflow")
    experiment = _experiment(mlflow) if isinstance(mlflow, Mapping) else ""
    return TrackerChoice(
        tensorboard=_yes_or_no(said.get("tensorboard"), "trackers.tensorboard"),
        mlflow=True if isinstance(mlflow, Mapping) else _yes_or_no(mlflow, "trackers.mlflow"),
        mlflow_experiment=experiment,
    )


def _experiment(value: object) -> str:
    said = _mapping(value, "trackers.mlflow", _MLFLOW_KEYS)
    name = said.get("experiment", "")
    if not isinstance(name, str) or not name.isprintable() or len(name) > 200:
        raise InvalidField(
            f"trackers.mlflow.experiment must be a name of at most 200 printable characters, got {quoted(name)}",
            field="trackers.mlflow.experiment",
        )
    return name


def _mapping(value: object, field: str, known: tuple[str, ...]) -> Mapping[object, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidField(f"{field} must be a mapping such as {{{known[0]}: …}}, got {quoted(value)}", field=field)
    for name in value:
        if name not in known:
            hint = did_you_mean(str(name), known) or f"; known are {', '.join(known)}"
            raise InvalidField(
                f"unknown field {quoted(f'{field}.{name}')}{hint}; where metrics go is for the operator to say",
                field=f"{field}.{name}"[:100],
            )
    return value


def _yes_or_no(value: object, field: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise InvalidField(f"{field} must be true or false, got {quoted(value)}", field=field)
