"""What the process of a user's model does when asked: the usual engine's work, with the user's functions in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_never, cast

from server_node.execution.engine import Chunk, Row, Training, TrainingEngine
from server_node.execution.failures import code_and_sentence
from server_node.execution.jax_loading import load_engine
from server_node.training.layers import LAYERS
from server_node.training.layers.layer import Layer
from server_node.user_code.messages import (
    LONGEST_NOTE,
    LONGEST_SENTENCE,
    Answer,
    Begin,
    Failed,
    Finished,
    Planned,
    Question,
    Ready,
    SaidChunk,
    SaidRow,
    Saved,
    UserCodeFailed,
    Verb,
)
from server_node.user_code.user_functions import load_user_functions
from server_node.user_code.user_lines import sentence_of
from server_node.user_code.user_loss import use_loss
from server_node.user_code.user_network import UserNetwork
from shared.errors import BadData, OutOfMemory, UserMistake
from shared.job_spec import JobSpec, spec_from_json
from shared.model_definition.json_text import json_object_from
from shared.model_definition.kinds import KINDS
from shared.model_definition.kinds.layer_kind import LayerKind
from shared.user_model import FORM, UserModel, user_model_from_definition

RESULT_FOLDER = "result"


class ChildWork:
    """Answers questions about one job; what goes wrong is an answer too."""

    def __init__(self, begin: Begin) -> None:
        self._work = Path(begin.work_folder)
        self._artifacts = {Path(path).name: Path(path) for path in begin.artifacts}
        self._engine: TrainingEngine = load_engine(
            self._work,
            threads=None,
            data_roots=tuple(map(Path, begin.data_roots)),
            artifact_path=self._artifact_path,
            chunk_seconds=begin.chunk_seconds,
        ).engine
        self._model: UserModel | None = None
        self._training: Training | None = None
        self._chunks: Iterator[Chunk] = iter(())
        self._snapshots = 0

    def answer(self, question: Question) -> Answer:
        """Do what is asked."""
        try:
            return self._answer(question)
        except Exception as failure:  # noqa: BLE001 - everything is told to the node
            return Answer(failed=_failed(failure, self._model))

    def _answer(self, question: Question) -> Answer:
        match question.verb:
            case Verb.PLAN:
                plan = self._engine.plan(self._user_spec(question))
                return Answer(
                    planned=Planned(
                        memory_bytes=plan.memory_bytes, flops_per_step=plan.flops_per_step, layers=plan.layers
                    )
                )
            case Verb.PREPARE:
                return Answer(ready=self._prepare(question))
            case Verb.NEXT_CHUNK:
                chunk = next(self._chunks, None)
                return Answer(chunk=None if chunk is None else _said_chunk(chunk))
            case Verb.SNAPSHOT:
                return Answer(saved=self._save())
            case Verb.RESULT:
                return Answer(finished=self._finish())
            case _:
                assert_never(question.verb)

    def _prepare(self, question: Question) -> Ready:
        training = self._engine.prepare(
            self._user_spec(question),
            question.device_id,
            checkpoints=tuple(map(Path, question.checkpoints)),
            should_stop=lambda: False,
        )
        self._training = training
        self._chunks = training.chunks()
        return Ready(
            memory_bytes=training.memory_bytes,
            steps_total=training.steps_total,
            epochs=training.epochs,
            start_step=training.start_step,
            notes=tuple(note[:LONGEST_NOTE] for note in training.notes),
            past_rows=tuple(_said_row(row) for row in training.past_rows),
        )

    def _user_spec(self, question: Question) -> JobSpec:
        """Give the job, with its user's functions in the place of the one layer that its model is."""
        spec = spec_from_json(question.spec)
        model = self._model = user_model_from_definition(json_object_from(spec.model_definition))
        functions = load_user_functions(model)
        network = UserNetwork(functions)
        # The two tables are the process's own, and this process runs nothing but this model.
        cast("dict[str, Layer]", LAYERS)[FORM] = Layer(network.init, network.apply)
        cast("dict[str, LayerKind]", KINDS)[FORM] = LayerKind(
            name=FORM,
            aliases=(),
            designer_code=None,
            parameters=(),
            output_shape=network.output_shape,
            parameter_count=network.parameter_count,
        )
        if functions.loss is not None:
            use_loss(functions.loss, network)
        return spec

    def _save(self) -> Saved:
        self._snapshots += 1
        name = f"checkpoint-{self._snapshots}.safetensors"
        self._prepared().snapshot()(self._work / name)
        return Saved(name=name)

    def _finish(self) -> Finished:
        files, final_metrics = self._prepared().write_result(self._work / RESULT_FOLDER)
        return Finished(names=tuple(file.name for file in files), final_metrics=dict(final_metrics))

    def _prepared(self) -> Training:
        assert self._training is not None, "prepare is asked first"
        return self._training

    def _artifact_path(self, sha256: str) -> Path:
        if sha256 not in self._artifacts:
            raise BadData(f"the artifact sha256:{sha256} is not given to this job", field="dataset_uri")
        return self._artifacts[sha256]


def _failed(failure: Exception, model: UserModel | None) -> Failed:
    shown = None if model is None or isinstance(failure, UserMistake) else sentence_of(failure, model)
    code, sentence = code_and_sentence(failure)
    if shown is not None:
        code, sentence = (code if code == OutOfMemory.code else UserCodeFailed.code), shown
    field = failure.field if isinstance(failure, UserMistake) else ""
    return Failed(code=code, sentence=sentence[:LONGEST_SENTENCE], field=field[:200])


def _said_row(row: Row) -> SaidRow:
    return SaidRow(step=row.step, epoch=row.epoch, kind=str(row.kind), values=_floats(row.values))


def _said_chunk(chunk: Chunk) -> SaidChunk:
    return SaidChunk(
        step=chunk.step,
        epoch=chunk.epoch,
        samples_processed=chunk.samples_processed,
        elapsed_seconds=chunk.elapsed_seconds,
        metrics=None if chunk.metrics is None else _floats(chunk.metrics),
        history_row=None if chunk.history_row is None else _said_row(chunk.history_row),
        is_last=chunk.is_last,
    )


def _floats(values: Any) -> dict[str, float]:
    return {str(name): float(value) for name, value in values.items()}
