"""A training that is ready to run: its program, its data, its state, and what it has to show so far.

One thread owns it at a time. Only `train` moves it forward; a snapshot may be saved by another thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np

from server_node.training.best import BestSoFar, Model, is_better
from server_node.training.checkpoints.checkpoint import Checkpoint
from server_node.training.checkpoints.copying import copy_tree
from server_node.training.checkpoints.fingerprint import fingerprint
from server_node.training.data.data_space import DataSpace
from server_node.training.data.device_dataset import DeviceDataset, HostDataset
from server_node.training.data.splits import Indices, epoch_order, filled
from server_node.training.data.visits import FedVisit, ResidentVisit, Visit
from server_node.training.data.window_reader import WindowReader, window_order
from server_node.training.device_failures import device_failures
from server_node.training.evaluation_sums import EvaluationSums
from server_node.training.memory import MemoryAccount
from server_node.training.numbers import Numbers
from server_node.training.program import Program
from server_node.training.reports import MetricRow, RowKind
from server_node.training.results.training_result import Outcome, TrainingResult, result_of
from server_node.training.setup import TrainingSetup
from server_node.training.steps import EvaluationRange, Source
from server_node.training.train_state import Readings, TrainState, read_state, unpack_readings


@dataclass(frozen=True, slots=True)
class DeviceParts:
    """What training holds beside the state, on its device but for data that are fed."""

    dataset: DeviceDataset | HostDataset
    space: DataSpace
    numbers: Numbers
    zero_sums: EvaluationSums


class PreparedTraining:
    """See the module.

    Attributes:
        setup: what is trained, on which examples, for how long.
        program: the executables.
        memory: what it takes of its device.
        start_step: finished steps when it was prepared; 0 unless it resumes.
        resume_note: a sentence for the job's log when a resume is not, or may not be, exact; else None.
        history: the rows so far, those before a resume included.
        elapsed_seconds: wall time of training so far, the time before a resume included.
        step: finished steps.
        evaluation: what the last evaluations found, by metric name.
        best: the best epoch so far, where there is validation.
    """

    def __init__(
        self,
        setup: TrainingSetup,
        program: Program,
        parts: DeviceParts,
        state: TrainState,
        memory: MemoryAccount,
        restored: Checkpoint | None = None,
        resume_note: str | None = None,
    ) -> None:
        """Take over `state`, which nobody else may use afterwards."""
        self.setup = setup
        self.program = program
        self.memory = memory
        self.resume_note = resume_note
        self.start_step = self.step = restored.step if restored else 0
        self.history: list[MetricRow] = list(restored.history) if restored else []
        self.elapsed_seconds = restored.elapsed_seconds if restored else 0.0
        self.evaluation: dict[str, float] = {}
        self.best: BestSoFar | None = restored.best if restored else None
        self._parts = parts
        self._state = state
        self._visit: tuple[int, Visit] | None = None
        self._window_order: jax.Array | None = None

    @property
    def steps_total(self) -> int:
        """Steps of the whole job."""
        return self.setup.steps_total

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one epoch, the last of them perhaps on a partial batch."""
        return self.setup.steps_per_epoch

    @property
    def epochs(self) -> int:
        """Passes over the training examples."""
        return self.setup.epochs

    @property
    def epochs_in_history(self) -> int:
        """How many epochs have their row."""
        return sum(row.kind is RowKind.EPOCH for row in self.history)

    @property
    def is_done(self) -> bool:
        """Whether no step is left, or enough epochs have brought nothing; only asked at the end of an epoch."""
        return self.step >= self.steps_total or self._has_lost_patience

    @property
    def _has_lost_patience(self) -> bool:
        patience = self.setup.hyperparameters.early_stopping_patience
        best_epoch = self.best.epoch if self.best else 0
        return patience > 0 and self.epochs_in_history - best_epoch >= patience

    def judge(self, row: MetricRow) -> None:
        """Add the row of an epoch to the history, and keep its weights when its validation was the best so far."""
        self.history.append(row)
        loss = row.values["val_loss"]
        if is_better(loss, self.best):
            model = copy_tree(self.current_model()) if self.setup.keeps_best else None
            self.best = BestSoFar(row.epoch, row.step, loss, model)

    def chosen_model(self) -> Model:
        """Give the weights and statistics that are the job's result: the best epoch's where they are kept."""
        if self.best is None or self.best.model is None:
            return self.current_model()
        placed: Model = jax.device_put(self.best.model, self.program.device)
        return placed

    def current_model(self) -> Model:
        """Give the weights, or their average, and the statistics as they are now."""
        return self._state.judged_weights, self._state.statistics

    def run_chunk(self, steps: int) -> Readings:
        """Train so many steps, at least one and inside one epoch, and wait for them."""
        epoch, first_step = divmod(self.step, self.steps_per_epoch)
        batches = self.setup.structure.batches_per_step
        packed = None
        with device_failures(f"training step {self.step + 1}"):
            for part in self._visit_of(epoch).parts(first_step * batches, steps * batches):
                self._state, packed = self.program.train_chunk(
                    self._state, part.source, part.order, self._parts.numbers, np.int32(part.batches // batches)
                )
                packed.block_until_ready()  # the visit frees this part's window when it is asked for the next
            assert packed is not None, "a chunk has at least one step"
            readings = unpack_readings(packed)
        self.step = readings.step
        if self.step % self.steps_per_epoch == 0:
            self._visit = None  # what comes next, validation say, has windows of its own
        return readings

    def readings(self) -> Readings:
        """Read where training stands; `run_chunk` gives the same more quickly."""
        return read_state(self._state)

    @property
    def numbers(self) -> Numbers:
        """The job's numbers, on the device."""
        return self._parts.numbers

    @property
    def zero_sums(self) -> EvaluationSums:
        """Sums over no examples, on the device."""
        return self._parts.zero_sums

    def visit(self, indices: Indices) -> Visit:
        """Begin to visit the examples of a split in their order."""
        return self._visited(filled(indices, self.setup.structure.order_length))

    def evaluate_chunk(
        self, model: Model, sums: EvaluationSums | None, source: Source, part: EvaluationRange
    ) -> EvaluationSums:
        """Add what a model says of some batches of a visit to the sums, None for a start, and wait for them."""
        with device_failures("evaluating"):
            given = self._parts.zero_sums if sums is None else sums
            added: EvaluationSums = self.program.evaluate_chunk(model, source, self._parts.numbers, given, part)
            added.basic.loss.block_until_ready()
            return added

    def snapshot(self) -> Checkpoint:
        """Copy everything that a resume needs, at a chunk boundary.

        The copy stays valid while training goes on; its arrays are fetched by whoever saves it.
        """
        return Checkpoint(
            structure_key=self.setup.structure.portable_key(),
            step=self.step,
            history=tuple(self.history),
            elapsed_seconds=self.elapsed_seconds,
            samples_processed=self.setup.samples_after(self.step),
            fingerprint=fingerprint(self.program.device),
            state=copy_tree(self._state),
            best=self.best,
        )

    def result(self) -> TrainingResult:
        """Fetch the weights and put them beside what they achieved."""
        chosen, last = jax.device_get((self.chosen_model(), self._last_model()))
        return result_of(self.setup, self._parts.dataset.form, self._outcome(), chosen, last)

    def _last_model(self) -> Model | None:
        """Give the last step's model where it is not the chosen one."""
        is_chosen = self.best is None or self.best.model is None or self.best.step == self.step
        return None if is_chosen else self.current_model()

    def _outcome(self) -> Outcome:
        is_best = self.best is not None and self.best.model is not None
        step = self.best.step if self.best and is_best else self.step
        rows = [row for row in self.history if row.kind is RowKind.EPOCH and row.step <= step]
        metrics = {**(rows[-1].values if rows else {}), **self.evaluation}
        if self.best is not None:
            metrics["best_epoch"] = float(self.best.epoch)
        return Outcome(metrics, tuple(self.history), step, is_best=is_best)

    def _visit_of(self, epoch: int) -> Visit:
        if self._visit is None or self._visit[0] != epoch:
            splits, structure, settings = self.setup.splits, self.setup.structure, self.setup.hyperparameters
            order = epoch_order(splits.train, settings.seed, epoch, structure.order_length, shuffle=settings.shuffle)
            self._visit = (epoch, self._visited(order))
        return self._visit[1]

    def _visited(self, order: Indices) -> Visit:
        structure, dataset, device = self.setup.structure, self._parts.dataset, self.program.device
        if isinstance(dataset, DeviceDataset):
            return ResidentVisit(dataset.source, jax.device_put(order, device))
        assert structure.fed_rows is not None, "a program for fed data knows its window"
        if self._window_order is None:
            self._window_order = jax.device_put(window_order(structure.order_length, structure.fed_rows), device)
        reader = WindowReader(dataset.dataset, structure.fed_rows, device)
        return FedVisit(reader, order, structure.batch_size, self._window_order, self._parts.space.feeding)
