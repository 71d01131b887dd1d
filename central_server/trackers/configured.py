"""The trackers that an operator has set up; their libraries are loaded only then, and named when they are missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Protocol

from central_server.tracker_rules import TrackerName
from central_server.trackers.mlflow import MlflowTracker
from central_server.trackers.tensorboard import TensorBoardTracker
from central_server.trackers.tracker import Tracker
from shared.clock import Clock
from shared.errors import InvalidField, NotSupported


class TrackerSettings(Protocol):
    """What of the server's settings matters here."""

    @property
    def tensorboard_dir(self) -> Path | None:
        """Where event files are written."""
        ...

    @property
    def mlflow_tracking_uri(self) -> str:
        """Where MLflow is."""
        ...

    @property
    def mlflow_experiment(self) -> str:
        """The experiment of jobs that name none."""
        ...


def trackers_from(settings: TrackerSettings, clock: Clock) -> tuple[Tracker, ...]:
    """Return the trackers that are set up.

    Raises:
        NotSupported: the library of one is not installed.
        InvalidField: the folder cannot be made.
    """
    trackers: list[Tracker] = []
    if settings.tensorboard_dir:
        _refuse_missing("tensorboardX", TrackerName.TENSORBOARD, "tensorboard_dir")
        trackers.append(TensorBoardTracker(_made(settings.tensorboard_dir), clock))
    if settings.mlflow_tracking_uri:
        _refuse_missing("mlflow", TrackerName.MLFLOW, "mlflow_tracking_uri")
        trackers.append(MlflowTracker(settings.mlflow_tracking_uri, settings.mlflow_experiment))
    return tuple(trackers)


def _refuse_missing(module: str, extra: TrackerName, setting: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise NotSupported(
            f"{setting} needs the library {module}, which is not installed: pip install 'cyxwiz[{extra}]', "
            "or start without it",
            field=setting,
        )


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise InvalidField(
            f"tensorboard_dir must be a folder that can be written, and {folder} cannot be made: {failure.strerror}",
            field="tensorboard_dir",
        ) from None
    return folder
