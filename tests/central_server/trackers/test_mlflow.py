"""What MLflow's own client reads of what we told MLflow: its database, its files, and a real server."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central_server.trackers import mlflow as mlflow_module
from central_server.trackers.mlflow import MlflowTracker
from central_server.trackers.tracker import TrackerAway
from shared.lifecycle import JobState
from tests.central_server.trackers.tracked_store import START_MS, Story

pytestmark = [
    pytest.mark.slow,  # MLflow takes seconds to load
    pytest.mark.filterwarnings("ignore"),  # and uses what other libraries call old
]


@pytest.fixture(scope="module", autouse=True)
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


def a_client(uri: str) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=uri)


def runs_of(client: Any, experiment: str) -> list[Any]:
    found = client.get_experiment_by_name(experiment)
    return list(client.search_runs([found.experiment_id])) if found else []


def points(client: Any, run: Any, key: str = "loss") -> list[tuple[int, float, int]]:
    return [(point.step, point.value, point.timestamp) for point in client.get_metric_history(run.info.run_id, key)]


@pytest.mark.parametrize("kind", ["database", "files"])
async def test_a_job_is_a_run_with_its_curve_settings_tags_and_end(
    kind: str, database: str, tmp_path: Path, story: Story
) -> None:
    uri = database if kind == "database" else f"file:{tmp_path}/mlruns"
    await story.run_job(spec={"name": "digits", "batch_size": 64, "labels": {"team": "vision"}})
    async with story.feeding(MlflowTracker(uri, "one-job")) as feeding:
        await story.add_rows(1, 2)
        await feeding.tell()
        await story.add_rows(3, loss=float("nan"))
        await story.end()
        await feeding.tell()
    client = a_client(uri)
    (run,) = runs_of(client, "one-job")
    assert [point[0] for point in points(client, run)] == [1, 2, 3]
    assert points(client, run)[0] == (1, 0.5, START_MS + 1)
    assert points(client, run, "final/test_accuracy") == [(10, 0.75, START_MS + 60_000)]
    assert points(client, run, "final/duration_seconds")[0][1] == 60.0
    assert (run.data.params["batch_size"], run.data.params["optimizer"]) == ("64", "adam")
    tags = run.data.tags
    assert (tags["cyxwiz.job_id"], tags["label.team"], tags["cyxwiz.state"]) == ("job", "vision", "succeeded")
    assert (run.info.run_name, run.info.status, run.info.start_time) == ("digits", "FINISHED", START_MS)
    assert run.info.end_time == START_MS + 60_000


async def test_nothing_is_repeated_after_restarts_and_attempts_that_are_run_again(database: str, story: Story) -> None:
    await story.run_job()
    await story.add_rows(1, 2)
    async with story.feeding(MlflowTracker(database, "restarts")) as feeding:
        await feeding.tell()
    story.forget_memory()
    story.clock.now_ms += 5_000
    await story.begin_again()
    await story.add_rows(1, 2, 3)  # told anew by the second attempt, and so at other times
    async with story.feeding(MlflowTracker(database, "restarts")) as feeding:
        await feeding.tell()
        await story.end(state=JobState.FAILED)
        await feeding.tell()
    client = a_client(database)
    (run,) = runs_of(client, "restarts")
    assert [step for step, _, _ in points(client, run)] == [1, 2, 3]
    assert (run.info.status, run.data.tags["cyxwiz.reason"]) == ("FAILED", "for a reason")


async def test_a_job_names_its_experiment(database: str, story: Story) -> None:
    from shared.tracker_choice import TrackerChoice

    await story.run_job(spec={"trackers": TrackerChoice(mlflow_experiment="mine")})
    async with story.feeding(MlflowTracker(database, "default")) as feeding:
        await feeding.tell()
    client = a_client(database)
    assert len(runs_of(client, "mine")) == 1
    assert runs_of(client, "default") == []


async def test_an_experiment_that_was_deleted_there_stops_its_own_jobs_alone(
    database: str, story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    from shared.tracker_choice import TrackerChoice

    client = a_client(database)
    client.delete_experiment(client.create_experiment("gone"))
    await story.run_job("a", spec={"trackers": TrackerChoice(mlflow_experiment="gone")})
    await story.run_job("b")
    async with story.feeding(MlflowTracker(database, "beside")) as feeding:
        await feeding.tell()
    assert caplog.messages.count("tracker_refused") == 1
    assert len(runs_of(client, "beside")) == 1


async def test_deleting_a_job_leaves_its_run(database: str, story: Story) -> None:
    await story.run_job()
    await story.add_rows(1)
    async with story.feeding(MlflowTracker(database, "deleted")) as feeding:
        await feeding.tell()
        await story.delete()
        await feeding.tell()
    client = a_client(database)
    (run,) = runs_of(client, "deleted")
    assert (run.info.lifecycle_stage, run.info.status) == ("active", "KILLED")
    assert len(points(client, run)) == 1


async def test_large_histories_go_in_calls_that_mlflow_takes(
    database: str, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story.run_job()
    await story.add_rows(*range(1, 2_101))
    async with story.feeding(MlflowTracker(database, "large")) as feeding:
        await feeding.tell()
    client = a_client(database)
    (run,) = runs_of(client, "large")
    assert [step for step, _, _ in points(client, run)] == list(range(1, 2_101))


async def test_a_real_server_is_told_over_http_and_waited_for(
    tmp_path: Path, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mlflow_module._ENVIRONMENT, "MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    await story.run_job()
    await story.add_rows(1)
    with a_server(tmp_path) as uri:
        tracker = MlflowTracker(uri, "over-http")
        async with story.feeding(tracker) as feeding:
            await feeding.tell()
            client = a_client(uri)
            (run,) = runs_of(client, "over-http")
            assert [step for step, _, _ in points(client, run)] == [1]


async def test_a_server_that_is_not_there_is_away(story: Story) -> None:
    await story.run_job()
    async with story.feeding(MlflowTracker("http://127.0.0.1:9", "nowhere")) as feeding:
        with pytest.raises(TrackerAway, match="MLflow did not do it"):
            await feeding.tell()


class a_server:  # noqa: N801 - reads as what it gives
    """MLflow's own server application, over HTTP on the loopback."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        os.environ["_MLFLOW_SERVER_FILE_STORE"] = f"sqlite:///{self._folder}/server.db"
        os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = str(self._folder / "artifacts")
        from mlflow.server import app
        from werkzeug.serving import make_server

        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
