"""Jobs that train nothing: they evaluate a finished model, or predict with it, batch by batch.

An evaluation judges the dataset's own test examples, or all of them where it has none; a prediction is made for every
example, in the order of the dataset. Like training, it stops at every chunk boundary and can be saved there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from server_node.training.checkpoints.fingerprint import fingerprint
from server_node.training.data.splits import Indices
from server_node.training.device_failures import device_failures
from server_node.training.environment import TrainingEnvironment
from server_node.training.evaluation_sums import EvaluationSums, evaluation_values
from server_node.training.judging_checkpoint import JudgedSoFar, load_judged
from server_node.training.pace import Pace
from server_node.training.prepare import prepare
from server_node.training.prepared import PreparedTraining
from server_node.training.program import PredictBatch, compile_predict
from server_node.training.reports import ChunkKind, ChunkReport, MetricRow, RowKind
from server_node.training.steps import EvaluationRange
from server_node.training.stopping import ShouldStop, never_stop, stop_here
from server_node.training.train import Clock
from shared.job_spec import JobSpec
from shared.model_definition.graph import Shape

Predictions = npt.NDArray[np.float32]
EPOCH = 1


def prepare_judging(
    spec: JobSpec,
    environment: TrainingEnvironment,
    *,
    checkpoints: Sequence[Path] = (),
    should_stop: ShouldStop = never_stop,
    device: jax.Device | None = None,
) -> Judging:
    """Make an evaluation or a prediction ready to run; takes and raises what `prepare` does."""
    prepared = prepare(spec, environment, should_stop=should_stop, device=device)
    predict = compile_predict(prepared.program) if spec.job_type == "inference" else None
    stop_here(should_stop)
    key = f"{spec.job_type} {spec.weights} {prepared.setup.structure.portable_key()}"
    usable = (judged for path in checkpoints if (judged := load_judged(path, key)) is not None)
    return Judging(prepared, predict, key, next(usable, None))


class Judging:
    """One evaluation or prediction; used by one thread.

    Attributes:
        prepared: the model and the data, which stay as they are.
        start_batch: finished batches when it was prepared; 0 unless it resumes.
    """

    def __init__(
        self, prepared: PreparedTraining, predict: PredictBatch | None, key: str, restored: JudgedSoFar | None
    ) -> None:
        """Begin, or go on from what was restored."""
        self.prepared = prepared
        self._predict = predict
        self._key = key
        self._finished = restored.batches if restored else 0
        self.start_batch = self._finished
        self._sums: EvaluationSums | None = None
        if restored and predict is None:
            self._sums = restored.sums_like(prepared.zero_sums)
        rows = self._indices.size if predict else 0
        self._predictions = tuple(np.zeros((rows, *shape), np.float32) for shape in self._outputs)
        if restored and predict:
            for all_rows, found in zip(self._predictions, restored.predictions, strict=True):
                all_rows[: len(found)] = found
        self._elapsed_seconds = 0.0

    @property
    def batches(self) -> int:
        """How many there are in all."""
        return -(-self._indices.size // self._batch_size)

    @property
    def memory_bytes(self) -> int:
        """The account of the prepared model and data, and the predictions."""
        return self.prepared.memory.total_bytes + sum(output.nbytes for output in self._predictions)

    def run(self, *, chunk_seconds: float = 0.05, clock: Clock = time.perf_counter) -> Iterator[ChunkReport]:
        """Go through what is left, yielding after every chunk; nothing runs on the device between two reports."""
        pace, visit = Pace(chunk_seconds), self.prepared.visit(self._indices)
        while self._finished < self.batches:
            started, chunk = clock(), pace.steps(self.batches - self._finished)
            for part in visit.parts(self._finished, chunk):
                self._judge(part.source, part.order, part.batches)
            seconds = clock() - started
            pace.record(chunk, seconds)
            self._elapsed_seconds += seconds
            yield self._report()

    def snapshot(self) -> JudgedSoFar:
        """Copy what a resume needs, at a chunk boundary."""
        rows = min(self._finished * self._batch_size, len(self._predictions[0]))
        sums: Any = None if self._sums is None else jax.device_get(self._sums)
        predictions = tuple(output[:rows].copy() for output in self._predictions)
        return JudgedSoFar(self._key, self._finished, sums, predictions, fingerprint(self.prepared.program.device))

    @property
    def predictions(self) -> Predictions | None:
        """The first output of every example, in the order of the dataset; None for an evaluation."""
        return None if self._predict is None else self._predictions[0]

    @property
    def all_predictions(self) -> Mapping[str, Predictions]:
        """All outputs by name, where the model has several; else none."""
        names = self.prepared.setup.structure.network.output_names
        return dict(zip(names, self._predictions, strict=True)) if self._predict is not None and names else {}

    def metrics(self) -> Mapping[str, float]:
        """Give what was found: the values of an evaluation, and how many examples there were."""
        values = {} if self._sums is None else dict(evaluation_values(self.prepared.setup.structure, self._sums))
        return {**values, "examples": float(min(self._finished * self._batch_size, self._indices.size))}

    def _judge(self, source: Any, order: jax.Array, batches: int) -> None:
        model = self.prepared.current_model()
        if self._predict is None:
            where = _range(order, self._indices.size, self._finished, batches)
            self._sums = self.prepared.evaluate_chunk(model, self._sums, source, where)
            self._finished += batches
            return
        for _ in range(batches):
            where = _range(order, self._indices.size, self._finished, 1)
            with device_failures("predicting"):
                found = jax.device_get(self._predict(model, source, self.prepared.numbers, where))
            start = self._finished * self._batch_size
            for all_rows, output in zip(
                self._predictions, found if isinstance(found, tuple) else (found,), strict=True
            ):
                rows = all_rows[start : start + self._batch_size]
                rows[:] = output[: len(rows)]
            self._finished += 1

    @property
    def _indices(self) -> Indices:
        test, structure = self.prepared.setup.splits.test, self.prepared.setup.structure
        if self._predict is None and test.size:
            return test
        return np.arange(structure.examples, dtype=np.int32)

    @property
    def _batch_size(self) -> int:
        return self.prepared.setup.structure.batch_size

    @property
    def _outputs(self) -> tuple[Shape, ...]:
        network = self.prepared.setup.structure.network
        return tuple(network.layers[position].output_shape for position in network.outputs)

    def _report(self) -> ChunkReport:
        is_last, metrics = self._finished == self.batches, self.metrics()
        has_row = is_last and self._predict is None
        return ChunkReport(
            step=self._finished,
            steps_total=self.batches,
            epoch=EPOCH,
            epochs=EPOCH,
            samples_processed=int(metrics["examples"]),
            elapsed_seconds=self._elapsed_seconds,
            metrics=metrics,
            history_row=MetricRow(self._finished, EPOCH, RowKind.EPOCH, metrics) if has_row else None,
            kind=ChunkKind.EVALUATION,
            is_last=is_last,
        )


def _range(order: jax.Array, examples: int, first_batch: int, batches: int) -> EvaluationRange:
    scalars = np.int32(examples), np.int32(first_batch), np.int32(batches)
    return EvaluationRange(order, *scalars)  # type: ignore[arg-type]  # host twins
