"""Reading a checkpoint back, and putting its numbers into the shape that a program's state has.

Whatever is wrong with the file is `UnusableCheckpoint`: a training can always start over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from server_node.training.checkpoints.checkpoint import Checkpoint
from server_node.training.checkpoints.save import FORMAT, named_leaves
from server_node.training.program import Program
from server_node.training.reports import MetricRow, RowKind
from server_node.training.tensors import arrays_from_entries
from server_node.training.train_state import TrainState
from shared.errors import UserMistake
from shared.safetensors_format import read_safetensors


class UnusableCheckpoint(UserMistake):
    """The file is missing, damaged, or of another job's program."""

    code = "unusable_checkpoint"


@dataclass(frozen=True, slots=True)
class SavedCheckpoint:
    """A checkpoint as its file holds it, before a program has given its arrays their places.

    Attributes:
        structure_key: see `Checkpoint`.
        step: finished steps.
        history: the rows so far.
        elapsed_seconds: wall time of training so far.
        samples_processed: examples trained on so far.
        fingerprint: where it was made.
        arrays: by path in the state's tree.
    """

    structure_key: str
    step: int
    history: tuple[MetricRow, ...]
    elapsed_seconds: float
    samples_processed: int
    fingerprint: Mapping[str, str]
    arrays: Mapping[str, npt.NDArray[Any]]


def load_checkpoint(path: Path) -> SavedCheckpoint:
    """Read and check a file that `save_checkpoint` wrote.

    Raises:
        UnusableCheckpoint: it is missing or damaged.
    """
    try:
        file = read_safetensors(path)
        return _saved(file.metadata, arrays_from_entries(file))
    except (OSError, UserMistake, KeyError, ValueError, TypeError) as error:
        raise UnusableCheckpoint(f"{path.name} cannot be read: {error}") from error


def restored_checkpoint(saved: SavedCheckpoint, program: Program) -> Checkpoint:
    """Put the arrays of a file into the tree of a program's state.

    Raises:
        UnusableCheckpoint: it was made by another program.
    """
    if saved.structure_key != program.structure.portable_key():
        raise UnusableCheckpoint("it belongs to a model, optimizer or dataset of another structure")
    wanted = named_leaves(program.state_template)
    _check_arrays(wanted, saved.arrays)
    state: TrainState = jax.tree.unflatten(
        jax.tree.structure(program.state_template), [saved.arrays[name] for name in wanted]
    )
    return Checkpoint(
        structure_key=saved.structure_key,
        step=saved.step,
        history=saved.history,
        elapsed_seconds=saved.elapsed_seconds,
        samples_processed=saved.samples_processed,
        fingerprint=saved.fingerprint,
        state=state,
    )


def _saved(metadata: Mapping[str, str], arrays: Mapping[str, npt.NDArray[Any]]) -> SavedCheckpoint:
    if metadata.get("format") != FORMAT:
        raise UnusableCheckpoint(f"expected the format {FORMAT}, got {metadata.get('format', 'none')}")
    return SavedCheckpoint(
        structure_key=metadata["structure_key"],
        step=int(metadata["step"]),
        history=tuple(
            MetricRow(step, epoch, RowKind(kind), values)
            for step, epoch, kind, values in json.loads(metadata["history"])
        ),
        elapsed_seconds=float(metadata["elapsed_seconds"]),
        samples_processed=int(metadata["samples_processed"]),
        fingerprint=json.loads(metadata["fingerprint"]),
        arrays=arrays,
    )


def _check_arrays(wanted: Mapping[str, jax.Array], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    if set(wanted) != set(arrays):
        raise UnusableCheckpoint("it holds other arrays than the program's state")
    for name, leaf in wanted.items():
        if tuple(leaf.shape) != arrays[name].shape or np.dtype(leaf.dtype) != arrays[name].dtype:
            raise UnusableCheckpoint(
                f"{name}: expected {tuple(leaf.shape)} {leaf.dtype}, got {arrays[name].shape} {arrays[name].dtype}"
            )
