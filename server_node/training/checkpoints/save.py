"""Writing a checkpoint: one safetensors file, its numbers as tensors, the rest as JSON in the file's metadata."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np

from server_node.training.best import Model
from server_node.training.checkpoints.checkpoint import Checkpoint
from server_node.training.checkpoints.sealed import write_sealed
from server_node.training.tensors import tensor_entries
from server_node.training.train_state import TrainState

FORMAT = "cyxwiz-checkpoint-3"
BEST = "best"
"""What the names of the best epoch's arrays begin with."""


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> tuple[str, int]:
    """Write a checkpoint whole or not at all, and give its SHA-256 in hex and its size in bytes.

    May run on another thread than training.
    """
    leaves = named_leaves(checkpoint.state)
    if checkpoint.best is not None and checkpoint.best.model is not None:
        leaves |= named_leaves(checkpoint.best.model, BEST)
    arrays = {name: np.asarray(leaf) for name, leaf in leaves.items()}
    return write_sealed(path, tensor_entries(arrays), _metadata(checkpoint))


def named_leaves(tree: TrainState | Model, prefix: str = "") -> dict[str, jax.Array]:
    """Give every array of a tree under its path in the tree."""
    leaves, _ = jax.tree.flatten_with_path(tree)
    return {prefix + jax.tree_util.keystr(path): leaf for path, leaf in leaves}


def _metadata(checkpoint: Checkpoint) -> dict[str, str]:
    best = checkpoint.best
    rows = [[row.step, row.epoch, row.kind, dict(row.values)] for row in checkpoint.history]
    return {
        "format": FORMAT,
        "structure_key": checkpoint.structure_key,
        "step": str(checkpoint.step),
        "history": json.dumps(rows),
        "elapsed_seconds": repr(checkpoint.elapsed_seconds),
        "samples_processed": str(checkpoint.samples_processed),
        "fingerprint": json.dumps(dict(checkpoint.fingerprint)),
        "best": json.dumps(best and [best.epoch, best.step, best.loss, best.model is not None]),
    }
