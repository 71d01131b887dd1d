"""Reading a checkpoint back, and putting its numbers into the shape that a program's state has.

Whatever is wrong with the file is `UnusableCheckpoint`: a training can always start over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from server_node.training.best import BestSoFar
from server_node.training.checkpoints.checkpoint import Checkpoint
from server_node.training.checkpoints.save import BEST, FORMAT, named_leaves
from server_node.training.checkpoints.sealed import read_sealed
from server_node.training.program import Program
from server_node.training.reports import MetricRow, RowKind
from server_node.training.tensors import arrays_from_entries
from server_node.training.train_state import TrainState
from shared.errors import UserMistake


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
        arrays: by path in the state's tree, and in that of the best epoch's model.
        best: the best epoch so far, still without its model.
        has_best_model: whether `arrays` holds that.
    """

    structure_key: str
    step: int
    history: tuple[MetricRow, ...]
    elapsed_seconds: float
    samples_processed: int
    fingerprint: Mapping[str, str]
    arrays: Mapping[str, npt.NDArray[Any]]
    best: BestSoFar | None
    has_best_model: bool


def load_checkpoint(path: Path) -> SavedCheckpoint:
    """Read and check a file that `save_checkpoint` wrote.

    Raises:
        UnusableCheckpoint: it is missing or damaged.
    """
    try:
        file = read_sealed(path)
        return _saved(file.metadata, arrays_from_entries(file))
    except (OSError, UserMistake, KeyError, IndexError, ValueError, TypeError) as error:
        raise UnusableCheckpoint(f"{path.name} cannot be read: {error}") from error


def restored_checkpoint(saved: SavedCheckpoint, program: Program) -> Checkpoint:
    """Put the arrays of a file into the tree of a program's state.

    Raises:
        UnusableCheckpoint: it was made by another program.
    """
    if saved.structure_key != program.structure.portable_key():
        raise UnusableCheckpoint("it belongs to a model, optimizer or dataset of another structure")
    template = program.state_template
    wanted, wanted_best = named_leaves(template), _best_leaves(saved, template)
    _check_arrays({**wanted, **wanted_best}, saved.arrays)
    state: TrainState = jax.tree.unflatten(jax.tree.structure(template), [saved.arrays[name] for name in wanted])
    return Checkpoint(
        structure_key=saved.structure_key,
        step=saved.step,
        history=saved.history,
        elapsed_seconds=saved.elapsed_seconds,
        samples_processed=saved.samples_processed,
        fingerprint=saved.fingerprint,
        state=state,
        best=_with_model(saved, template, wanted_best),
    )


def _best_leaves(saved: SavedCheckpoint, template: TrainState) -> Mapping[str, jax.Array]:
    return named_leaves((template.weights, template.statistics), BEST) if saved.has_best_model else {}


def _with_model(saved: SavedCheckpoint, template: TrainState, names: Mapping[str, jax.Array]) -> BestSoFar | None:
    if saved.best is None or not saved.has_best_model:
        return saved.best
    tree = jax.tree.structure((template.weights, template.statistics))
    return replace(saved.best, model=jax.tree.unflatten(tree, [saved.arrays[name] for name in names]))


def _saved(metadata: Mapping[str, str], arrays: Mapping[str, npt.NDArray[Any]]) -> SavedCheckpoint:
    if metadata.get("format") != FORMAT:
        raise UnusableCheckpoint(f"expected the format {FORMAT}, got {metadata.get('format', 'none')}")
    best = json.loads(metadata["best"])
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
        best=BestSoFar(best[0], best[1], best[2], None) if best else None,
        has_best_model=bool(best and best[3]),
    )


def _check_arrays(wanted: Mapping[str, jax.Array], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    if set(wanted) != set(arrays):
        raise UnusableCheckpoint("it holds other arrays than the program's state")
    for name, leaf in wanted.items():
        if tuple(leaf.shape) != arrays[name].shape or np.dtype(leaf.dtype) != arrays[name].dtype:
            raise UnusableCheckpoint(
                f"{name}: expected {tuple(leaf.shape)} {leaf.dtype}, got {arrays[name].shape} {arrays[name].dtype}"
            )
