"""Which trackers a server has: as its operator says, or a sentence about why not."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from central_server.settings import Settings
from central_server.tracker_rules import TrackerName
from central_server.trackers.configured import trackers_from
from shared.clock import SystemClock
from shared.errors import InvalidField, NotSupported
from shared.pb import job_pb2
from tests.central_server.running_server import Server, running_server, submit, violated_fields


def names(settings: Settings) -> list[TrackerName]:
    return [tracker.name for tracker in trackers_from(settings, SystemClock())]


def test_without_settings_there_is_none() -> None:
    assert names(Settings()) == []


def test_each_setting_brings_its_tracker(tmp_path: Path) -> None:
    settings = Settings(tensorboard_dir=tmp_path / "boards", mlflow_tracking_uri="http://127.0.0.1:5000")
    assert names(settings) == [TrackerName.TENSORBOARD, TrackerName.MLFLOW]
    assert (tmp_path / "boards").is_dir()


@pytest.mark.parametrize(
    ("setting", "extra"), [("tensorboard_dir", "cyxwiz[tensorboard]"), ("mlflow_tracking_uri", "cyxwiz[mlflow]")]
)
def test_a_library_that_is_missing_is_named_with_its_extra(
    setting: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(NotSupported, match="not installed") as refusal:
        names(Settings.model_validate({setting: str(tmp_path / "there")}))
    assert extra in str(refusal.value)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidField, match="tensorboard_dir must be a folder"):
        names(Settings(tensorboard_dir=tmp_path / "file" / "boards"))


def test_a_server_without_trackers_loads_none_of_their_libraries() -> None:
    program = (
        "import sys, central_server.main, central_server.process; "
        "print(*{'mlflow', 'tensorboardX', 'opentelemetry.sdk'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


async def test_a_job_that_asks_for_a_tracker_that_is_not_there_is_refused(server: Server) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await submit(server, trackers=job_pb2.Trackers(mlflow=True))
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violated_fields(refusal.value) == ["trackers.mlflow"]
    assert "--mlflow-tracking-uri" in str(refusal.value.details())


async def test_a_job_may_choose_among_what_there_is(tmp_path: Path) -> None:
    async with running_server(tmp_path, tensorboard_dir=tmp_path / "boards") as server:
        job_id = await submit(server, trackers=job_pb2.Trackers(tensorboard=False, mlflow_experiment="mine"))
        job = await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=job_id))
        assert job.config.trackers == job_pb2.Trackers(tensorboard=False, mlflow_experiment="mine")
