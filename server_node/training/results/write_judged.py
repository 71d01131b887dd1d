"""The files of a job that trained nothing: `metrics.json`, and the predictions as `predictions.npy` and `.npz`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO, Any

import numpy as np

from server_node.training.judging import Judging
from server_node.training.metrics.task import Task
from server_node.training.results.write import METRICS_FILE, WrittenFile, write_json
from shared.atomic_file import atomic_writer

PREDICTIONS_FILE, ARCHIVE_FILE = "predictions.npy", "predictions.npz"
_TAKEN = frozenset({"predictions", "classes", "file", "allow_pickle"})
"""What an output in an archive cannot be called: arrays that are there anyway, and `savez`'s own parameters."""


def write_judged(judging: Judging, directory: Path) -> tuple[WrittenFile, ...]:
    """Write the files into a folder, made when missing.

    The archive holds `predictions`, and `classes` too, the most likely one of each, where the model tells classes; and
    every output by its name where the model has several, `predictions` being the first. `_output` follows a name that
    is taken.
    """
    directory.mkdir(parents=True, exist_ok=True)
    final = dict(judging.metrics())
    metrics = write_json(directory / METRICS_FILE, {"final": final, "history": []})
    predictions = judging.predictions
    if predictions is None:
        return (metrics,)
    arrays: dict[str, Any] = {"predictions": predictions}
    if judging.prepared.setup.structure.task is Task.CLASSES:
        arrays["classes"] = predictions.argmax(axis=-1).astype(np.int32)
    arrays |= {_free_name(name): output for name, output in judging.all_predictions.items()}
    plain, archive = directory / PREDICTIONS_FILE, directory / ARCHIVE_FILE
    with atomic_writer(plain) as file:
        np.save(file, predictions, allow_pickle=False)
    with atomic_writer(archive) as file:
        np.savez(file, allow_pickle=False, **arrays)
    return (_described(plain), _described(archive), metrics)


def _free_name(name: str) -> str:
    return f"{name}_output" if name.lower() in _TAKEN else name


def _described(path: Path) -> WrittenFile:
    with path.open("rb") as file:
        return WrittenFile(path, _digest(file), path.stat().st_size)


def _digest(file: IO[bytes]) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # a file opened in binary
