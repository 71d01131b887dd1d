"""What is particular to a store in a SQLite file: durability, the lock, and databases that fail."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from central_server.scheduler.effects import SaveJob
from central_server.storage.store import SqlStore
from shared.errors import InvalidField, NotSupported, StoreUnavailable
from tests.builders import a_job


def url_of(path: Path) -> str:
    return f"sqlite:///{path / 'central.sqlite3'}"


def copy_of_database(path: Path) -> Path:
    copy = path / "copy"
    copy.mkdir()
    for file in path.glob("central.sqlite3*"):
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


async def test_a_commit_is_on_disk_when_it_returns(tmp_path: Path) -> None:
    store = SqlStore.open(url_of(tmp_path))
    await store.commit([SaveJob(a_job("kept"))])
    copy = copy_of_database(tmp_path)
    await store.close()
    again = SqlStore.open(url_of(copy))
    assert [job.job_id for job in (await again.load()).jobs] == ["kept"]
    await again.close()


async def test_writes_are_synced_in_full(tmp_path: Path) -> None:
    store = SqlStore.open(url_of(tmp_path))
    with store._engines.writer.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    await store.close()


def test_a_second_server_is_refused_with_the_process_that_holds_it(tmp_path: Path) -> None:
    store = SqlStore.open(url_of(tmp_path))
    program = f"from central_server.storage.store import SqlStore; SqlStore.open({url_of(tmp_path)!r})"
    second = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert second.returncode != 0
    assert "another central server (process" in second.stderr
    asyncio.run(store.close())


async def test_the_lock_is_free_after_a_close(tmp_path: Path) -> None:
    for _ in range(2):
        store = SqlStore.open(url_of(tmp_path))
        await store.close()


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("mysql://somewhere/db", NotSupported),
        ("what", InvalidField),
        ("sqlite://", InvalidField),
        ("sqlite:///:memory:", InvalidField),
    ],
)
def test_other_databases_are_refused_with_a_sentence(url: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="sqlite:///"):
        SqlStore.open(url)


def test_a_directory_that_cannot_be_made_is_a_machine_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        SqlStore.open(url_of(tmp_path / "file" / "deeper"))


def test_a_file_that_is_no_database_is_a_machine_failure(tmp_path: Path) -> None:
    (tmp_path / "central.sqlite3").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        SqlStore.open(url_of(tmp_path))


async def test_a_commit_that_fails_writes_nothing_of_its_batch(tmp_path: Path) -> None:
    store = SqlStore.open(url_of(tmp_path))
    broken = a_job("broken", sequence=2**70)
    with pytest.raises((StoreUnavailable, OverflowError)):
        await store.commit([SaveJob(a_job("good")), SaveJob(broken)])
    assert (await store.load()).jobs == ()
    await store.close()


async def test_a_failure_tells_neither_the_statement_nor_what_went_with_it(tmp_path: Path) -> None:
    store = SqlStore.open(url_of(tmp_path))
    await store.put_facts({"one": "kept"})
    with pytest.raises(StoreUnavailable, match="did not do it: LIKE or GLOB pattern too complex") as failure:
        await store.facts("secret" * 20_000)
    assert "SELECT" not in str(failure.value)
    assert "secret" not in str(failure.value)
    await store.close()
