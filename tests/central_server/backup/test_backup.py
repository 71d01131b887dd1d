"""A backup of a running server holds every file its database refers to, and a new server starts on it."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from central_server.backup import backup as backup_module
from central_server.backup.backup import make_backup
from central_server.backup.database_copy import copy_database, referenced_artifacts
from central_server.main import main
from central_server.scheduler.effects import RemoveJob, SaveJob
from central_server.storage.store import SqlStore
from shared.errors import BadData, StoreUnavailable
from shared.pb import artifact_pb2, job_pb2
from tests.central_server.running_server import running_server, status_of, submit
from tests.storage_conformance.suite import a_deployment, a_finished_job

A_CSV = b"x,y\n1,0\n2,1\n" * 20


def put_file(state_dir: Path, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    path = state_dir / "artifacts" / sha256[:2] / sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256


async def a_state_with_files(state_dir: Path, *contents: bytes) -> SqlStore:
    store = SqlStore.open(f"sqlite:///{state_dir / 'central.sqlite3'}")
    for number, content in enumerate(contents, start=1):
        await store.commit([SaveJob(a_finished_job(f"job{number}", number, put_file(state_dir, content)))])
    return store


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "artifacts").glob("??/*")}


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


async def test_a_server_starts_on_what_was_restored_from_a_running_one(tmp_path: Path) -> None:
    original, copy, fresh = tmp_path / "original", tmp_path / "copy", tmp_path / "fresh"
    async with running_server(original) as server:
        uri = f"artifact://sha256:{hashlib.sha256(A_CSV).hexdigest()}"
        chunk = artifact_pb2.UploadChunk(sha256=uri[-64:], size_bytes=len(A_CSV), data=A_CSV)
        await server.artifacts.Upload(iter([chunk]))
        before = await submit(server, dataset_uri=f"{uri}?format=csv&target=y")
        assert await asyncio.to_thread(run, "backup", "--state-dir", original, "--to", copy) == 0
        await submit(server)
    assert await asyncio.to_thread(run, "restore", "--from", copy, "--state-dir", fresh) == 0
    async with running_server(fresh) as server:
        assert (await status_of(server, before)).state == "queued"
        listed = await server.jobs.ListJobs(job_pb2.ListJobsRequest())
        assert [job.job_id for job in listed.jobs] == [before]
        download = server.artifacts.Download(artifact_pb2.DownloadRequest(sha256=uri[-64:]))
        assert b"".join([piece.data async for piece in download]) == A_CSV


async def test_a_backup_renewed_has_what_is_new_and_not_what_is_gone(tmp_path: Path) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy"
    store = await a_state_with_files(state, b"one", b"two")
    make_backup(state / "central.sqlite3", state / "artifacts", copy)
    await store.commit([RemoveJob("job1"), SaveJob(a_finished_job("job3", 3, put_file(state, b"three")))])
    backup = make_backup(state / "central.sqlite3", state / "artifacts", copy)
    await store.close()
    assert (backup.artifacts, backup.missing) == (2, ())
    assert sorted(files_of(copy).values()) == [b"three", b"two"]


async def test_a_file_that_goes_while_the_backup_is_made_is_not_referred_to_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy"
    store = await a_state_with_files(state, b"one", b"two")
    loop = asyncio.get_running_loop()
    copies = 0

    def copy_and_then_delete_a_job(source: Path, target: Path) -> None:
        nonlocal copies
        copies += 1
        copy_database(source, target)
        if copies == 1:
            asyncio.run_coroutine_threadsafe(store.commit([RemoveJob("job1")]), loop).result()
            sha256 = hashlib.sha256(b"one").hexdigest()
            (state / "artifacts" / sha256[:2] / sha256).unlink()

    monkeypatch.setattr(backup_module, "copy_database", copy_and_then_delete_a_job)
    backup = await asyncio.to_thread(make_backup, state / "central.sqlite3", state / "artifacts", copy)
    await store.close()
    assert (copies, backup.missing) == (2, ())
    assert referenced_artifacts(copy / "central.sqlite3") == files_of(copy).keys()


async def test_a_file_that_the_server_has_lost_is_named_and_the_rest_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    store = await a_state_with_files(state, b"one", b"two")
    await store.close()
    lost = hashlib.sha256(b"one").hexdigest()
    (state / "artifacts" / lost[:2] / lost).unlink()
    assert run("backup", "--state-dir", state, "--to", tmp_path / "copy") == 1
    assert lost in capsys.readouterr().err
    assert list(files_of(tmp_path / "copy").values()) == [b"two"]


async def test_a_damaged_file_or_database_is_not_taken_for_a_backup(tmp_path: Path) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy"
    store = await a_state_with_files(state, b"one")
    await store.close()
    sha256 = hashlib.sha256(b"one").hexdigest()
    (state / "artifacts" / sha256[:2] / sha256).write_bytes(b"eno")
    with pytest.raises(BadData, match="damaged"):
        make_backup(state / "central.sqlite3", state / "artifacts", copy)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "central.sqlite3").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreUnavailable):
        copy_database(tmp_path / "none" / "central.sqlite3", tmp_path / "aside")


async def test_a_state_that_is_there_is_never_restored_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy"
    await (await a_state_with_files(state, b"one")).close()
    assert run("backup", "--state-dir", state, "--to", copy) == 0
    assert run("restore", "--from", copy, "--state-dir", state) == WRONG
    assert "exists already" in capsys.readouterr().err
    assert run("restore", "--from", tmp_path, "--state-dir", tmp_path / "new") == WRONG
    assert "there is no backup" in capsys.readouterr().err
    assert run("backup", "--state-dir", tmp_path / "nowhere", "--to", copy) == WRONG
    with sqlite3.connect(copy / "central.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize("words", [("backup", "--to"), ("restore", "--from")])
def test_a_postgresql_database_is_left_to_its_own_tools(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    command, folder = words
    url = "postgresql://ada:secret@127.0.0.1:1/cyxwiz"  # where nobody listens, nor is asked
    assert run(command, folder, tmp_path / "copy", "--state-dir", tmp_path, "--database", url) == WRONG
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "pg_dump" in sentence
    assert str(tmp_path / "artifacts") in sentence
    assert "secret" not in sentence
    assert list(tmp_path.iterdir()) == []


def test_artifacts_in_an_object_store_are_left_to_its_own_tools(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "s3://bucket/prefix"
    assert run("backup", "--to", tmp_path / "copy", "--state-dir", tmp_path, "--artifacts", url) == WRONG
    (sentence,) = capsys.readouterr().err.splitlines()
    assert url in sentence
    assert list(tmp_path.iterdir()) == []


WRONG = 2


async def test_weights_that_only_a_deployment_names_are_in_the_backup(tmp_path: Path) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy"
    store = await a_state_with_files(state)
    await store.put_deployment(a_deployment(1, put_file(state, b"weights")))
    await store.close()
    backup = make_backup(state / "central.sqlite3", state / "artifacts", copy)
    assert (backup.missing, list(files_of(copy).values())) == ((), [b"weights"])


def test_a_copy_from_before_there_were_deployments_is_read(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(old)) as database:
        database.execute("CREATE TABLE artifact_references (job_id TEXT, sha256 TEXT)")
        database.execute("INSERT INTO artifact_references VALUES ('job', 'abc')")
        database.commit()
    assert referenced_artifacts(old) == {"abc"}
