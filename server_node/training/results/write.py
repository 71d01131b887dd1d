"""A result as files: `model.safetensors`, `model.json`, `metrics.json`, each written whole or not at all."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from server_node.training.results.training_result import TrainingResult
from server_node.training.tensors import tensor_entries
from shared.safetensors_format import write_safetensors

WEIGHTS_FILE, MODEL_FILE, METRICS_FILE = "model.safetensors", "model.json", "metrics.json"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file of a result, as it lies on the disk."""

    path: Path
    sha256: str
    size_bytes: int


def write_result(result: TrainingResult, definition: str, directory: Path) -> tuple[WrittenFile, ...]:
    """Write the three files into a folder, made when missing; the weights come first.

    Args:
        result: what was learned.
        definition: the model definition as it was submitted, JSON.
        directory: where to.
    """
    directory.mkdir(parents=True, exist_ok=True)
    weights = directory / WEIGHTS_FILE
    digest, size = write_safetensors(weights, tensor_entries(result.weights), {"format": "cyxwiz", "model": MODEL_FILE})
    model = {"definition": json.loads(definition), **result.description, "weights": _weights_table(result)}
    rows = [{"step": row.step, "epoch": row.epoch, "kind": row.kind, **row.values} for row in result.history]
    metrics = {"final": dict(result.final_metrics), "history": rows}
    return (
        WrittenFile(weights, digest, size),
        _write_json(directory / MODEL_FILE, model),
        _write_json(directory / METRICS_FILE, metrics),
    )


def _weights_table(result: TrainingResult) -> dict[str, Any]:
    return {name: {"shape": list(array.shape), "dtype": str(array.dtype)} for name, array in result.weights.items()}


def _write_json(path: Path, value: dict[str, Any]) -> WrittenFile:
    content = (json.dumps(value, indent=2) + "\n").encode()
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return WrittenFile(path, sha256(content).hexdigest(), len(content))
