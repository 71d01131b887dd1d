"""Uploads and downloads: by content, resumed after cuts, never wrong."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from cyxwiz import errors
from cyxwiz.aio import Client
from shared.safetensors_format import TensorEntry, write_safetensors
from tests.cyxwiz.scripted_server import AWAY, Script, a_finished_job, a_job

DATA = random.Random(1).randbytes(3_500_000)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture
async def client(server: str) -> AsyncIterator[Client]:
    async with Client(server, retry_seconds=2) as client:
        yield client


async def test_an_upload_is_named_by_its_content(client: Client, script: Script, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    uri = await client.upload(tmp_path / "data")
    assert uri == f"artifact://sha256:{hashlib.sha256(DATA).hexdigest()}"
    assert list(script.files.values()) == [DATA]


async def test_what_the_server_has_is_not_sent_again(client: Client, script: Script) -> None:
    await client.upload(DATA)
    sent = len(script.asked("Upload"))
    await client.upload(DATA)
    assert len(script.asked("Upload")) == sent


async def test_a_cut_upload_goes_on_where_it_was(client: Client, script: Script) -> None:
    script.cut_uploads_after_chunks = [2]
    await client.upload(DATA)
    mebibyte = 1024 * 1024
    offsets = script.asked("Upload")
    assert offsets[:3] == [0, mebibyte, 2 * mebibyte]
    assert offsets[-2:] == [2 * mebibyte, 3 * mebibyte]
    assert list(script.files.values()) == [DATA]


async def test_an_upload_of_which_only_the_end_is_missing_is_ended(client: Client, script: Script) -> None:
    script.cut_uploads_after_chunks = [-1]
    await client.upload(DATA)
    assert script.asked("Upload")[-1] == len(DATA)
    assert list(script.files.values()) == [DATA]


async def test_an_empty_upload_is_an_upload(client: Client, script: Script) -> None:
    await client.upload(b"")
    assert list(script.files.values()) == [b""]


async def test_a_missing_file_is_said(client: Client, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidField, match="No such file"):
        await client.upload(tmp_path / "nothing")


async def test_a_download_survives_cuts(client: Client, script: Script, tmp_path: Path) -> None:
    a_finished_job({"model.safetensors": DATA}, script)
    script.cut_downloads_after = [1_000_000, 0, 500_500]
    (path,) = await client.job("job-1").download(tmp_path / "out")
    assert path.read_bytes() == DATA
    assert [request.offset for request in script.asked("Download")] == [0, 1_000_000, 1_000_000, 1_500_500]
    assert names_in(path.parent) == ["model.safetensors"]


async def test_a_partial_file_of_an_earlier_try_is_completed(client: Client, script: Script, tmp_path: Path) -> None:
    a_finished_job({"model.safetensors": DATA}, script)
    script.cut_downloads_after = [2_000_000, *([0] * 100)]
    job = client.job("job-1")
    with pytest.raises(errors.ServerUnreachable):
        await job.download(tmp_path)
    assert not (tmp_path / "model.safetensors").exists()
    script.cut_downloads_after = []
    script.received.clear()
    await job.download(tmp_path)
    assert script.asked("Download")[0].offset == 2_000_000
    assert (tmp_path / "model.safetensors").read_bytes() == DATA


async def test_a_file_that_is_there_and_right_is_kept(client: Client, script: Script, tmp_path: Path) -> None:
    a_finished_job({"model.safetensors": DATA}, script)
    (tmp_path / "model.safetensors").write_bytes(DATA)
    await client.job("job-1").download(tmp_path)
    assert not script.asked("Download")


async def test_wrong_bytes_never_get_the_files_name(client: Client, script: Script, tmp_path: Path) -> None:
    job = a_finished_job({"model.safetensors": DATA}, script)
    script.files[job.result.files[0].sha256] = DATA[:-1] + b"?"
    with pytest.raises(errors.TransferDamaged, match="should be"):
        await client.job("job-1").download(tmp_path)
    assert not names_in(tmp_path)


async def test_a_name_that_leaves_the_folder_is_refused(client: Client, script: Script, tmp_path: Path) -> None:
    a_finished_job({"../outside": b"x"}, script)
    with pytest.raises(errors.ServerFault, match="no plain file name"):
        await client.job("job-1").download(tmp_path / "in")
    assert not (tmp_path / "outside").exists()


async def test_a_job_without_result_cannot_be_downloaded(client: Client, script: Script, tmp_path: Path) -> None:
    script.jobs["job-1"] = a_job(state="running")
    with pytest.raises(errors.WrongState):
        await client.job("job-1").download(tmp_path)


async def test_a_result_is_weights_as_arrays(client: Client, script: Script, tmp_path: Path) -> None:
    weights = np.arange(6, dtype="<f4").reshape(2, 3)
    write_safetensors(tmp_path / "w", [TensorEntry("dense/kernel", "F32", (2, 3), weights.tobytes())])
    files = {"model.safetensors": (tmp_path / "w").read_bytes(), "model.json": json.dumps({"layers": [3]}).encode()}
    a_finished_job(files, script)
    model = await client.job("job-1").result()
    np.testing.assert_array_equal(model.weights["dense/kernel"], weights)
    assert model.definition == {"layers": [3]}
    assert model.result.final_metrics["test_accuracy"] == pytest.approx(0.98)


async def test_a_result_is_itself_a_mapping_of_its_arrays(client: Client, script: Script, tmp_path: Path) -> None:
    weights = np.arange(6, dtype="<f4").reshape(2, 3)
    write_safetensors(tmp_path / "w", [TensorEntry("dense/kernel", "F32", (2, 3), weights.tobytes())])
    a_finished_job({"model.safetensors": (tmp_path / "w").read_bytes(), "model.json": b"{}"}, script)
    model = await client.job("job-1").result()
    assert isinstance(model, Mapping)
    assert (list(model), len(model), "dense/kernel" in model, "other" in model) == (["dense/kernel"], 1, True, False)
    np.testing.assert_array_equal(model["dense/kernel"], weights)
    assert dict(model).keys() == model.weights.keys()
    assert model.scores == {"test_accuracy": pytest.approx(0.98)}
    assert repr(model) == "TrainedModel(1 array: dense/kernel (2, 3) float32)"


async def test_the_result_of_a_failed_job_is_its_error(client: Client, script: Script) -> None:
    job = a_job(state="failed")
    job.status.error.reason, job.status.error.message = "bad_data", "train.csv holds NaN"
    script.jobs["job-1"] = job
    with pytest.raises(errors.JobFailed, match=r"train\.csv holds NaN") as caught:
        await client.job("job-1").result()
    assert caught.value.job.error is not None
    assert caught.value.job.error.code == "bad_data"


async def test_the_result_of_a_cancelled_job_says_so(client: Client, script: Script) -> None:
    script.jobs["job-1"] = a_job(state="cancelled", reason="enough")
    with pytest.raises(errors.JobCancelled, match="enough"):
        await client.job("job-1").result()


async def test_a_download_starts_when_the_server_is_back(client: Client, script: Script, tmp_path: Path) -> None:
    a_finished_job({"model.safetensors": b"abc"}, script)
    script.refusals = [AWAY]
    await client.job("job-1").download(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == b"abc"
