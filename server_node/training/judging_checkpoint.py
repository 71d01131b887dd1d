"""An evaluation or prediction at a chunk boundary, as a file and back; one that cannot be used means starting over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from server_node.training.checkpoints.sealed import read_sealed, write_sealed
from server_node.training.evaluation_sums import EvaluationSums
from server_node.training.tensors import arrays_from_entries, tensor_entries
from shared.errors import UserMistake

FORMAT = "cyxwiz-judging-4"
PREDICTIONS, SUMS = "predictions", "sums"


@dataclass(frozen=True, slots=True)
class JudgedSoFar:
    """What is done.

    Attributes:
        key: names job type, weights and program; only the same may go on from it.
        batches: finished ones.
        sums: of an evaluation, on the host: a tree, or its arrays by path when read from a file; None for none.
        predictions: rows of a prediction, `(examples so far, …)`, output by output.
        fingerprint: where it was made.
    """

    key: str
    batches: int
    sums: Any
    predictions: tuple[npt.NDArray[np.float32], ...]
    fingerprint: Mapping[str, str]

    def sums_like(self, template: EvaluationSums) -> EvaluationSums | None:
        """Put arrays read from a file into the tree of a program's sums."""
        if not self.sums:
            return None
        names = _paths(template)
        restored: EvaluationSums = jax.tree.unflatten(jax.tree.structure(template), [self.sums[name] for name in names])
        return restored


def save_judged(judged: JudgedSoFar, path: Path) -> None:
    """Write it whole or not at all."""
    arrays: dict[str, npt.NDArray[Any]] = {
        f"{PREDICTIONS}{place}": output for place, output in enumerate(judged.predictions)
    }
    if judged.sums is not None:
        arrays |= {SUMS + name: np.asarray(leaf) for name, leaf in _paths(judged.sums).items()}
    metadata = {"format": FORMAT, "key": judged.key, "batches": str(judged.batches)}
    metadata["fingerprint"] = json.dumps(dict(judged.fingerprint))
    write_sealed(path, tensor_entries(arrays), metadata)


def load_judged(path: Path, key: str) -> JudgedSoFar | None:
    """Read a file that `save_judged` wrote for the same key; None where there is nothing to go on from."""
    try:
        file = read_sealed(path)
        if file.metadata.get("format") != FORMAT or file.metadata.get("key") != key:
            return None
        arrays = arrays_from_entries(file)
        sums = {name.removeprefix(SUMS): array for name, array in arrays.items() if name.startswith(SUMS)}
        made_by = json.loads(file.metadata["fingerprint"])
        return JudgedSoFar(key, int(file.metadata["batches"]), sums, _predictions(arrays), made_by)
    except (OSError, UserMistake, KeyError, ValueError):
        return None


def _predictions(arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[npt.NDArray[Any], ...]:
    count = sum(name.startswith(PREDICTIONS) for name in arrays)
    return tuple(arrays[f"{PREDICTIONS}{place}"] for place in range(count))


def _paths(tree: Any) -> dict[str, Any]:
    leaves, _ = jax.tree.flatten_with_path(tree)
    return {jax.tree_util.keystr(path): leaf for path, leaf in leaves}
