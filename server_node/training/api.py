"""What the rest of a node calls: everything else in this package is its own business."""

from __future__ import annotations

from server_node.training.checkpoints.checkpoint import Checkpoint
from server_node.training.checkpoints.load import load_checkpoint
from server_node.training.checkpoints.save import save_checkpoint
from server_node.training.data.data_space import data_space_in
from server_node.training.environment import DatasetCache, ProgramCache, TrainingEnvironment, no_artifacts
from server_node.training.judging import Judging, prepare_judging
from server_node.training.judging_checkpoint import save_judged
from server_node.training.memory import MemoryAccount
from server_node.training.plan import PlanReport, plan_memory
from server_node.training.prepare import prepare
from server_node.training.prepared import PreparedTraining
from server_node.training.reports import ChunkKind, ChunkReport, MetricRow, RowKind
from server_node.training.results.training_result import TrainingResult
from server_node.training.results.write import WrittenFile, write_result
from server_node.training.results.write_judged import write_judged
from server_node.training.stopping import TrainingStopped
from server_node.training.train import train

__all__ = [
    "Checkpoint",
    "ChunkKind",
    "ChunkReport",
    "DatasetCache",
    "Judging",
    "MemoryAccount",
    "MetricRow",
    "PlanReport",
    "PreparedTraining",
    "ProgramCache",
    "RowKind",
    "TrainingEnvironment",
    "TrainingResult",
    "TrainingStopped",
    "WrittenFile",
    "data_space_in",
    "load_checkpoint",
    "no_artifacts",
    "plan_memory",
    "prepare",
    "prepare_judging",
    "save_checkpoint",
    "save_judged",
    "train",
    "write_judged",
    "write_result",
]
