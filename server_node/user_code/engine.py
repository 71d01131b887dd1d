"""The training engine for models that users wrote: the same face as the real one, with a process behind each training.

May be used from any thread; a training by one at a time.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from server_node.execution.engine import PreparationStopped
from server_node.user_code.handed_over import hand_over
from server_node.user_code.limits import limits_for
from server_node.user_code.messages import (
    Begin,
    Planned,
    Question,
    Ready,
    SaidChunk,
    SaidRow,
    UserCodeFailed,
    Verb,
)
from server_node.user_code.process import GiveUp, UserProcess
from server_node.user_code.sandbox import bubblewrap
from shared.dataset_uri import ArtifactDataset, FileDataset, RemoteDataset, parse_dataset_uri
from shared.errors import CyxWizError, NotSupported
from shared.job_spec import JobSpec, spec_to_json
from shared.node_messages import ResultFile

RESULT_FOLDER = "result"
WORK_FOLDERS = "user_code"
PROCESS_BYTES = 320 * 2**20
"""What a process holds beside its arrays: the interpreter, JAX, the compiler."""
STOP_PATIENCE_SECONDS = 10.0
PLAN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class UserCodeSettings:
    """What every such process of a node is made with.

    Attributes:
        state_dir: the node's own folder.
        data_roots: the folders that `file://` URIs may read.
        artifact_path: from an artifact's SHA-256 to where it lies.
        chunk_seconds: about how long one compiled call takes.
        memory_bytes: the most address space of a process.
    """

    state_dir: Path
    data_roots: tuple[Path, ...]
    artifact_path: Callable[[str], Path]
    chunk_seconds: float
    memory_bytes: int


class UserCodeEngine:
    """Makes trainings and plans of models that users wrote in Python."""

    def __init__(self, settings: UserCodeSettings) -> None:
        """Remove what an earlier process of this node may have left."""
        self._settings = settings
        shutil.rmtree(settings.state_dir / WORK_FOLDERS, ignore_errors=True)

    def prepare(
        self, spec: JobSpec, device_id: str, *, checkpoints: Sequence[Path], should_stop: Callable[[], bool]
    ) -> UserTraining:
        """Start a process and let it load, compile, restore; see `TrainingEngine.prepare`.

        Raises:
            UserCodeFailed: the user's code raised, and where.
        """
        process = self._started(spec, device_id, checkpoints)
        try:
            return self._prepared(process, spec, device_id, checkpoints, should_stop)
        except BaseException:
            process.end()
            raise

    def plan(self, spec: JobSpec) -> Planned:
        """Compile on abstract shapes in a process that ends with it; see `TrainingEngine.plan`."""
        device_id = "cuda:0" if spec.resources.device == "cuda" else "cpu:0"
        process = self._started(spec, device_id, ())
        try:
            give_up = _after(PLAN_SECONDS)
            process.begin(self._begin(process, spec, device_id), give_up)
            planned = process.ask(Question(verb=Verb.PLAN, spec=spec_to_json(spec), device_id=device_id), give_up)
        finally:
            process.end()
        if planned.planned is None:
            raise _no_answer("plan")
        return planned.planned.model_copy(update={"memory_bytes": planned.planned.memory_bytes + PROCESS_BYTES})

    def _started(self, spec: JobSpec, device_id: str, checkpoints: Sequence[Path]) -> UserProcess:
        readable = [*self._data_roots_of(spec), *self._artifacts_of(spec)]
        readable += [checkpoint.resolve() for checkpoint in checkpoints]
        uses_gpu = not device_id.startswith("cpu")
        return UserProcess(self._settings.state_dir / WORK_FOLDERS, readable, uses_gpu=uses_gpu)

    def _prepared(
        self,
        process: UserProcess,
        spec: JobSpec,
        device_id: str,
        checkpoints: Sequence[Path],
        should_stop: Callable[[], bool],
    ) -> UserTraining:
        def give_up() -> None:
            if should_stop():
                raise PreparationStopped

        process.begin(self._begin(process, spec, device_id), give_up)
        where = tuple(str(checkpoint.resolve()) for checkpoint in checkpoints)
        question = Question(verb=Verb.PREPARE, spec=spec_to_json(spec), device_id=device_id, checkpoints=where)
        ready = process.ask(question, give_up).ready
        if ready is None:
            raise _no_answer("prepare")
        return UserTraining(process, ready, should_stop, self._settings.memory_bytes)

    def _begin(self, process: UserProcess, spec: JobSpec, device_id: str) -> Begin:
        return Begin(
            limits=limits_for(spec, device_id, self._settings.memory_bytes),
            data_roots=tuple(map(str, self._settings.data_roots)),
            artifacts=tuple(map(str, self._artifacts_of(spec))),
            chunk_seconds=self._settings.chunk_seconds,
            work_folder=str(process.work),
        )

    def _data_roots_of(self, spec: JobSpec) -> Sequence[Path]:
        dataset = parse_dataset_uri(spec.dataset)
        if isinstance(dataset, RemoteDataset):
            raise NotSupported(
                "a user's own model runs without network and cannot fetch its dataset; upload the data, or give the "
                f"node a copy and use file://; got {spec.dataset[:200]}",
                field="dataset_uri",
            )
        return self._settings.data_roots if isinstance(dataset, FileDataset) else ()

    def _artifacts_of(self, spec: JobSpec) -> Sequence[Path]:
        """Give the local files of the job's uploaded dataset and of the weights it begins with."""
        dataset = parse_dataset_uri(spec.dataset)
        digests = [dataset.sha256] if isinstance(dataset, ArtifactDataset) else []
        digests += [spec.weights_sha256] if spec.weights else []
        return tuple(self._settings.artifact_path(digest).resolve() for digest in digests)


class UserTraining:
    """One prepared training in a process of its own; the process ends with `close`, or when nobody holds this."""

    def __init__(
        self, process: UserProcess, ready: Ready, should_stop: Callable[[], bool], largest_file_bytes: int
    ) -> None:
        self._process = process
        self._ready = ready
        self._should_stop = should_stop
        self._largest_file_bytes = largest_file_bytes

    @property
    def memory_bytes(self) -> int:
        """The compiler's account plus data, state, and the process itself."""
        return self._ready.memory_bytes + PROCESS_BYTES

    @property
    def steps_total(self) -> int:
        """Steps of the whole job."""
        return self._ready.steps_total

    @property
    def epochs(self) -> int:
        """Epochs of the whole job."""
        return self._ready.epochs

    @property
    def start_step(self) -> int:
        """The step it resumes from; 0 for the beginning."""
        return self._ready.start_step

    @property
    def notes(self) -> Sequence[str]:
        """The engine's own notes, and how the user's code is walled in."""
        walls = (
            "under bubblewrap, without network" if bubblewrap() else "under resource limits only: no bubblewrap here"
        )
        return (f"the model is its user's own code; it runs in a process of its own, {walls}", *self._ready.notes)

    @property
    def past_rows(self) -> Sequence[SaidRow]:
        """The history that the checkpoint brought along."""
        return self._ready.past_rows

    def chunks(self) -> Iterator[SaidChunk]:
        """Train; between two reports nothing runs on the device.

        Raises:
            PreparationStopped: a stop was asked for, and the process did not come to the end of a chunk in time.
        """
        while (chunk := self._process.ask(Question(verb=Verb.NEXT_CHUNK), self._patience()).chunk) is not None:
            yield chunk

    def snapshot(self) -> Callable[[Path], None]:
        """Let the process write its state, and return what puts that in its place."""
        saved = self._process.ask(Question(verb=Verb.SNAPSHOT), self._patience()).saved
        if saved is None:
            raise _no_answer("snapshot")
        work, name, largest = self._process.work, saved.name, self._largest_file_bytes

        def write(path: Path) -> None:
            hand_over(work, name, path, largest)

        return write

    def write_result(self, folder: Path) -> tuple[tuple[ResultFile, ...], Mapping[str, float]]:
        """Let the process write the result's files, take them over, and return them with the final metrics."""
        finished = self._process.ask(Question(verb=Verb.RESULT), self._patience()).finished
        if finished is None:
            raise _no_answer("result")
        folder.mkdir(parents=True, exist_ok=True)
        source = self._process.work / RESULT_FOLDER
        files = tuple(hand_over(source, name, folder / name, self._largest_file_bytes) for name in finished.names)
        return files, finished.final_metrics

    def close(self) -> None:
        """Kill the process and everything of it; the device is free afterwards."""
        self._process.end()

    def _patience(self) -> GiveUp:
        """Wait for ever until a stop is asked for, then a while: a chunk is short, unless the user's code hangs."""
        asked_at: float | None = None

        def give_up() -> None:
            nonlocal asked_at
            if asked_at is None and self._should_stop():
                asked_at = time.monotonic()
            if asked_at is not None and time.monotonic() - asked_at > STOP_PATIENCE_SECONDS:
                self.close()
                raise PreparationStopped

        return give_up


def _after(seconds: float) -> GiveUp:
    until = time.monotonic() + seconds

    def give_up() -> None:
        if time.monotonic() > until:
            raise UserCodeFailed(f"the user's model was not planned within {seconds:g} s; does its init end?")

    return give_up


def _no_answer(asked: str) -> CyxWizError:
    return UserCodeFailed(f"the process of the user's model gave no answer to {asked}")
