"""What a checkpoint holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server_node.training.best import BestSoFar
from server_node.training.reports import MetricRow
from server_node.training.train_state import TrainState


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training at a chunk boundary.

    Attributes:
        structure_key: `ProgramStructure.portable_key` of the program that can go on from it.
        step: finished steps.
        history: the rows so far.
        elapsed_seconds: wall time of training so far.
        samples_processed: examples trained on so far.
        fingerprint: where it was made.
        state: a copy of the state, on the host or on the device.
        best: the best epoch so far, where there is validation.
    """

    structure_key: str
    step: int
    history: tuple[MetricRow, ...]
    elapsed_seconds: float
    samples_processed: int
    fingerprint: Mapping[str, str]
    state: TrainState
    best: BestSoFar | None = None
