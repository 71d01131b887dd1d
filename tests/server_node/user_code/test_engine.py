"""Users' models in real processes: they train as ours do, resume to the same bits, and end when they must."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from server_node.execution.engine import PreparationStopped
from server_node.execution.engine_choice import EngineChoice
from server_node.training.api import DatasetCache, ProgramCache, TrainingEnvironment, no_artifacts, prepare, train
from server_node.user_code import sandbox
from server_node.user_code.engine import PROCESS_BYTES, UserCodeEngine, UserCodeSettings, UserTraining
from server_node.user_code.messages import UserCodeFailed
from server_node.user_code.sandbox import bubblewrap
from shared.errors import NotSupported, OutOfMemory
from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.node_messages import ResultFile
from tests.server_node.user_code.models import DATASET, MLP, a_user_job, that_does

GIB = 2**30
Rows = list[tuple[int, dict[str, float]]]


def never() -> bool:
    return False


@pytest.fixture
def engine(tmp_path: Path) -> UserCodeEngine:
    return an_engine(tmp_path)


def an_engine(state_dir: Path, *, memory_bytes: int = 8 * GIB) -> UserCodeEngine:
    return UserCodeEngine(UserCodeSettings(state_dir, (), state_dir.joinpath, 0.05, memory_bytes))


def prepared(engine: UserCodeEngine, spec: JobSpec, *checkpoints: Path) -> UserTraining:
    return engine.prepare(spec, "cpu:0", checkpoints=checkpoints, should_stop=never)


def history(chunks: Iterator[Any]) -> Rows:
    rows = [chunk.history_row for chunk in chunks if chunk.history_row is not None]
    return [(row.step, without_time(row.values)) for row in rows]


def without_time(values: Any) -> dict[str, float]:
    return {name: value for name, value in values.items() if name != "elapsed_ms"}


def processes_here() -> list[psutil.Process]:
    """Return the processes of users' models; other tests of this run may have clusters of their own up."""
    return [one for one in psutil.Process().children(recursive=True) if _runs_user_code(one)]


def _runs_user_code(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and any("user_code" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def weights_of(files: tuple[ResultFile, ...]) -> str:
    return next(file.sha256 for file in files if file.name == "model.safetensors")


@pytest.mark.slow
@pytest.mark.timeout(300)  # four processes, each of which loads JAX and compiles
def test_an_interrupted_job_ends_with_the_bits_of_an_uninterrupted_one(tmp_path: Path, engine: UserCodeEngine) -> None:
    spec = a_user_job()
    whole = prepared(engine, spec)
    rows = history(whole.chunks())
    files, final = whole.write_result(tmp_path / "whole")
    whole.close()
    assert [step for step, _ in rows] == [7, 14, 21]
    assert final["loss"] == rows[-1][1]["loss"]
    assert json.loads((tmp_path / "whole" / "model.json").read_text())["output_shape"] == [3]

    cut = prepared(engine, spec)
    list(islice(cut.chunks(), 2))
    checkpoint = tmp_path / "checkpoint.safetensors"
    cut.snapshot()(checkpoint)
    cut.close()
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(checkpoint.read_bytes()[:-1])
    resumed = prepared(engine, spec, damaged, checkpoint)
    assert 0 < resumed.start_step < 21
    past = [(row.step, without_time(row.values)) for row in resumed.past_rows]
    assert past + history(resumed.chunks()) == rows
    again, _ = resumed.write_result(tmp_path / "resumed")
    resumed.close()
    assert weights_of(again) == weights_of(files)

    weights = weights_of(files)
    (tmp_path / weights).write_bytes((tmp_path / "whole" / "model.safetensors").read_bytes())
    judging = {"job_type": "evaluation", "weights": f"artifact://sha256:{weights}"}
    judged = prepared(engine, spec.model_copy(update=judging))
    list(judged.chunks())
    _, found = judged.write_result(tmp_path / "judged")
    judged.close()
    assert found["accuracy"] > 0.9
    assert list((tmp_path / "user_code").iterdir()) == []
    assert processes_here() == []


@pytest.mark.slow
@pytest.mark.parametrize("own_loss", [False, True])
def test_a_model_that_computes_what_ours_does_has_its_losses(engine: UserCodeEngine, *, own_loss: bool) -> None:
    common = {"dataset": DATASET, "batch_size": 16, "epochs": 3, "hyperparameters": {"seed": 7}}
    layers = [{"type": "dense", "units": 16, "activation": "relu"}, {"type": "dense", "units": 3}]
    ours = prepare(
        job_spec_from_mapping({"model": {"layers": layers}, **common}),
        TrainingEnvironment(ProgramCache(), DatasetCache(), (), no_artifacts),
    )
    drawn = {name: array.tolist() for name, array in ours.result().weights.items()}
    wanted = history(train(ours))
    theirs = prepared(engine, a_user_job(_with_weights(drawn) + own_loss * _CROSS_ENTROPY, **common))
    found = history(theirs.chunks())
    theirs.close()
    assert theirs.memory_bytes > PROCESS_BYTES
    assert [step for step, _ in found] == [step for step, _ in wanted]
    for (_, one), (_, other) in zip(found, wanted, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-5)
        assert one["accuracy"] == other["accuracy"]


_CROSS_ENTROPY = """
def loss(params, batch, *, key):
    scores = jax.nn.log_softmax(apply(params, batch["x"], key=key, train=True))
    return -scores[jnp.arange(len(scores)), batch["y"]]
"""


def _with_weights(drawn: dict[str, Any]) -> str:
    (w1, b1), (w2, b2) = _pairs(drawn)
    return (
        f"import jax, jax.numpy as jnp\nW = [jnp.array(a) for a in ({w1}, {b1}, {w2}, {b2})]\n"
        "def init(key, input_shape):\n    return W\n"
        "def apply(params, x, *, key, train):\n    a, b, c, d = params\n"
        "    return jax.nn.relu(x @ a + b) @ c + d\n"
    )


def _pairs(drawn: dict[str, Any]) -> list[tuple[Any, Any]]:
    layers = list(dict.fromkeys(name.split(".")[0] for name in drawn))
    of_layer = [[values for name, values in drawn.items() if name.split(".")[0] == layer] for layer in layers]
    return [(max(pair, key=np.ndim), min(pair, key=np.ndim)) for pair in of_layer]


def test_a_cancel_kills_a_model_that_never_returns(tmp_path: Path, engine: UserCodeEngine) -> None:
    endless = that_does("open('entered', 'w').close()\n    while True: pass")
    stop = threading.Event()
    outcome = _in_thread(lambda: engine.prepare(a_user_job(endless), "cpu:0", checkpoints=(), should_stop=stop.is_set))
    _wait_until(lambda: list(tmp_path.glob("user_code/*/entered")))
    assert processes_here()
    asked = time.monotonic()
    stop.set()
    assert isinstance(outcome(), PreparationStopped)
    assert time.monotonic() - asked < 5
    assert processes_here() == []


def test_without_bubblewrap_a_cancel_reaches_what_hides_in_a_session_of_its_own(
    tmp_path: Path, engine: UserCodeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "bubblewrap", lambda: None)
    hidden = """if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        open("pid", "w").write(str(os.getpid()))
        os.rename("pid", "entered")
        time.sleep(1000)
    time.sleep(1000)"""
    stop = threading.Event()
    job = a_user_job(that_does(hidden))
    outcome = _in_thread(lambda: engine.prepare(job, "cpu:0", checkpoints=(), should_stop=stop.is_set))
    (entered,) = _wait_until(lambda: list(tmp_path.glob("user_code/*/entered")))
    process = psutil.Process(int(entered.read_text()))
    stop.set()
    assert isinstance(outcome(), PreparationStopped)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_model_that_takes_all_memory_meets_its_limit(tmp_path: Path) -> None:
    engine = an_engine(tmp_path, memory_bytes=3 * GIB)
    with pytest.raises(OutOfMemory, match=r'mine\.py, line 4, "hog = np\.ones'):
        prepared(engine, a_user_job(that_does("hog = np.ones(2**29)")))


def test_an_error_shows_the_users_own_line(engine: UserCodeEngine) -> None:
    source = MLP.replace('hidden @ params["out"]["w"]', 'x @ params["out"]["w"]')
    with pytest.raises(UserCodeFailed) as failure:
        prepared(engine, a_user_job(source))
    assert failure.value.message.startswith('mine.py, line 21, "return x @ params["out"]["w"] + params["out"]["b"]": ')
    assert "TypeError" in failure.value.message


def test_a_process_that_ends_itself_is_told_with_its_last_words(engine: UserCodeEngine) -> None:
    with pytest.raises(UserCodeFailed, match=r"ended by itself \(signal SIGABRT\).*last words: .*so long"):
        prepared(engine, a_user_job(that_does("print('so long', flush=True); os.abort()")))


@pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap is not installed here, or may not make namespaces")
def test_under_bubblewrap_there_is_no_network_and_nothing_of_the_node(
    tmp_path: Path, engine: UserCodeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYXWIZ_TOKEN", "secret")
    (tmp_path / "journal").write_text("of the node")
    node = socket.create_server(("127.0.0.1", 0))
    attempts = f"""found = []
    def attempt(name, what):
        try:
            what()
        except OSError as error:
            return
        found.append(name)
    attempt("network", lambda: socket.create_connection(("127.0.0.1", {node.getsockname()[1]}), 1))
    attempt("private folder", lambda: open("mine", "w").close())
    attempt("journal", lambda: open({str(tmp_path / "journal")!r}).close())
    attempt("system", lambda: open("/usr/mine", "w").close())
    attempt("code", lambda: open({__file__!r}).close())
    attempt("passwords", lambda: open("/etc/passwd").close())
    found += [name for name in os.environ if name.startswith("CYXWIZ")]
    found += [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) > 100]
    raise RuntimeError(f"could do {{found}}")"""
    with node, pytest.raises(UserCodeFailed, match=r"could do \['private folder'\]$"):
        prepared(engine, a_user_job(that_does(attempts)))


def test_data_elsewhere_is_refused_before_anything_starts(engine: UserCodeEngine) -> None:
    with pytest.raises(NotSupported, match="runs without network and cannot fetch its dataset"):
        prepared(engine, a_user_job(dataset="https://example.com/data.npz"))
    assert processes_here() == []


def test_a_node_that_does_not_allow_it_refuses_and_starts_nothing(engine: UserCodeEngine) -> None:
    choice = EngineChoice(engine, None)
    with pytest.raises(NotSupported, match="--allow-user-code"):
        choice.plan(a_user_job())
    with pytest.raises(NotSupported):
        choice.prepare(a_user_job(), "cpu:0", checkpoints=(), should_stop=never)
    assert processes_here() == []


def _in_thread(function: Callable[[], object]) -> Callable[[], object]:
    outcomes: list[object] = []

    def body() -> None:
        try:
            outcomes.append(function())
        except BaseException as failure:  # noqa: BLE001 - handed to the test
            outcomes.append(failure)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()

    def outcome() -> object:
        thread.join(30)
        assert outcomes, "the call did not end"
        return outcomes[0]

    return outcome


def _wait_until(holds: Callable[[], list[Path]]) -> list[Path]:
    until = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.02)
    return found
