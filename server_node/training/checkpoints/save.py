"""Writing a checkpoint: one safetensors file, its numbers as tensors, the rest as JSON in the file's metadata."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np

from server_node.training.checkpoints.checkpoint import Checkpoint
from server_node.training.tensors import tensor_entries
from server_node.training.train_state import TrainState
from shared.safetensors_format import write_safetensors

FORMAT = "cyxwiz-checkpoint-1"


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> tuple[str, int]:
    """Write a checkpoint whole or not at all, and give its SHA-256 in hex and its size in bytes.

    May run on another thread than training.
    """
    arrays = {name: np.asarray(leaf) for name, leaf in named_leaves(checkpoint.state).items()}
    return write_safetensors(path, tensor_entries(arrays), _metadata(checkpoint))


def named_leaves(state: TrainState) -> dict[str, jax.Array]:
    """Give every array of a state under its path in the tree."""
    leaves, _ = jax.tree.flatten_with_path(state)
    return {jax.tree_util.keystr(path): leaf for path, leaf in leaves}


def _metadata(checkpoint: Checkpoint) -> dict[str, str]:
    rows = [[row.step, row.epoch, row.kind, dict(row.values)] for row in checkpoint.history]
    return {
        "format": FORMAT,
        "structure_key": checkpoint.structure_key,
        "step": str(checkpoint.step),
        "history": json.dumps(rows),
        "elapsed_seconds": repr(checkpoint.elapsed_seconds),
        "samples_processed": str(checkpoint.samples_processed),
        "fingerprint": json.dumps(dict(checkpoint.fingerprint)),
    }
