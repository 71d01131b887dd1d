"""A result as files: `model.safetensors`, `model.json`, `metrics.json`, each written whole or not at all.

Where validation chose an earlier epoch's weights, those of the last step lie beside them as `last.safetensors`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from server_node.training.results.training_result import TrainingResult, WeightArray
from server_node.training.tensors import tensor_entries
from shared.atomic_file import atomic_writer
from shared.safetensors_format import write_safetensors
from shared.trained_on import TrainedOn, trained_on_metadata

WEIGHTS_FILE, MODEL_FILE, METRICS_FILE = "model.safetensors", "model.json", "metrics.json"
LAST_WEIGHTS_FILE = "last.safetensors"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file of a result, as it lies on the disk."""

    path: Path
    sha256: str
    size_bytes: int


def write_result(result: TrainingResult, definition: str, directory: Path) -> tuple[WrittenFile, ...]:
    """Write the files into a folder, made when missing; the weights come first.

    Args:
        result: what was learned.
        definition: the model definition as it was submitted, JSON.
        directory: where to.
    """
    directory.mkdir(parents=True, exist_ok=True)
    weights = _write_weights(directory / WEIGHTS_FILE, result.weights, result.trained_on)
    model = {"definition": json.loads(definition), **result.description, "weights": _weights_table(result)}
    files = (
        weights,
        write_json(directory / MODEL_FILE, model),
        write_json(directory / METRICS_FILE, _metrics(result)),
    )
    if result.last_weights is None:
        return files
    return (*files, _write_weights(directory / LAST_WEIGHTS_FILE, result.last_weights, result.trained_on))


def _write_weights(path: Path, weights: Mapping[str, WeightArray], trained_on: TrainedOn) -> WrittenFile:
    metadata = {"format": "cyxwiz", "model": MODEL_FILE, **trained_on_metadata(trained_on)}
    written = write_safetensors(path, tensor_entries(weights), metadata)
    return WrittenFile(path, written.sha256, written.size_bytes)


def _metrics(result: TrainingResult) -> Mapping[str, Any]:
    rows = [{"step": row.step, "epoch": row.epoch, "kind": row.kind, **row.values} for row in result.history]
    return {"final": dict(result.final_metrics), "history": rows}


def _weights_table(result: TrainingResult) -> Mapping[str, Any]:
    return {name: {"shape": list(array.shape), "dtype": str(array.dtype)} for name, array in result.weights.items()}


def write_json(path: Path, value: Mapping[str, Any]) -> WrittenFile:
    """Write JSON text that people can read, whole or not at all."""
    content = (json.dumps(value, indent=2) + "\n").encode()
    with atomic_writer(path) as file:
        file.write(content)
    return WrittenFile(path, sha256(content).hexdigest(), len(content))
