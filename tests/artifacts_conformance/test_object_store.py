"""The conformance suite on an S3 bucket, and what only an object store has to show."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from central_server.artifacts.bucket import Bucket, Found
from central_server.artifacts.object_store import NOTE_AGAIN_SECONDS, ObjectArtifacts
from shared.clock import SystemClock
from shared.errors import InvalidField, MachineFailure
from tests.artifacts_conformance.suite import (
    CONTENT,
    MOST_BYTES,
    SHA256,
    ArtifactsConformance,
    LaterClock,
    a_sweep,
    is_there,
    uploaded,
)
from tests.s3_server import BUCKET, an_s3_server

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")  # moto's own

_PREFIXES = itertools.count(1)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The URL of a bucket, which the environment says how to reach."""
    with an_s3_server() as server, patch.dict(os.environ, server.environment):
        yield f"s3://{BUCKET}"


@pytest.fixture
def url(s3: str) -> str:
    """A place that nothing was written to."""
    return f"{s3}/some/prefix-{next(_PREFIXES)}"


@pytest.fixture
def artifacts(url: str, tmp_path: Path) -> ObjectArtifacts:
    return opened(url, tmp_path / "staging")


def opened(url: str, staging: Path, *, seconds_later: float = 0.0) -> ObjectArtifacts:
    made = ObjectArtifacts(Bucket(url), staging, most_bytes=MOST_BYTES, clock=LaterClock(seconds_later))
    made.open()
    return made


async def everything(url: str) -> list[Found]:
    return [found async for found in Bucket(url).all()]


class TestObjectStore(ArtifactsConformance):
    """The suite runs as it is."""


async def test_another_server_reads_what_one_has_taken(artifacts: ObjectArtifacts, url: str, tmp_path: Path) -> None:
    await uploaded(artifacts, CONTENT)
    other = opened(url, tmp_path / "other")
    assert await other.read(SHA256, 5, 100) == CONTENT[5:]


async def test_an_artifact_lies_where_a_directory_would_have_it(artifacts: ObjectArtifacts, url: str) -> None:
    await artifacts.put(CONTENT)
    assert f"{SHA256[:2]}/{SHA256}" in {found.key for found in await everything(url)}


async def test_opening_leaves_nothing_behind(artifacts: ObjectArtifacts, url: str) -> None:
    assert await everything(url) == []


async def test_whoever_asks_keeps_an_artifact_from_a_sweep_of_another_server(
    artifacts: ObjectArtifacts, url: str, tmp_path: Path
) -> None:
    await artifacts.put(CONTENT)
    await asyncio.sleep(1.1)  # the store's clock has whole seconds
    before = SystemClock().unix_ms() / 1000 - 0.05
    await opened(url, tmp_path / "asked", seconds_later=NOTE_AGAIN_SECONDS).has(SHA256)
    third = opened(url, tmp_path / "third")
    assert await third.older_than(before - 1) == []
    assert not await third.remove_if_older(SHA256, before - 1)
    assert await is_there(third)


async def test_whoever_asks_while_it_is_removed_is_told_that_it_is_gone(artifacts: ObjectArtifacts) -> None:
    await artifacts.put(CONTENT)
    remove, has_begun = Bucket.remove, asyncio.Event()

    async def remove_slowly(bucket: Bucket, key: str) -> None:
        has_begun.set()
        await asyncio.sleep(0.1)
        await remove(bucket, key)

    with patch.object(Bucket, "remove", remove_slowly):
        async with asyncio.TaskGroup() as tasks:
            removal = tasks.create_task(artifacts.remove_if_older(SHA256, SystemClock().unix_ms() / 1000 + 1))
            await has_begun.wait()
            told = tasks.create_task(artifacts.has(SHA256))
    assert removal.result()
    assert not told.result()


async def test_a_note_is_seldom_written_and_goes_with_its_artifact(artifacts: ObjectArtifacts, url: str) -> None:
    await artifacts.put(CONTENT)
    with patch.object(Bucket, "write", side_effect=AssertionError("noted again")):
        assert await artifacts.has(SHA256)
    artifacts.release(frozenset({SHA256}))
    await a_sweep(artifacts, 12).sweep()
    assert await everything(url) == []


async def test_an_upload_that_the_store_did_not_take_stays_for_another_try(artifacts: ObjectArtifacts) -> None:
    with (
        patch.object(Bucket, "create", side_effect=MachineFailure("the store is away")),
        pytest.raises(MachineFailure, match="away"),
    ):
        await uploaded(artifacts, CONTENT)
    assert await artifacts.partial_size(SHA256) == len(CONTENT)
    token = artifacts.begin_upload(SHA256, len(CONTENT))
    await artifacts.append(SHA256, token, len(CONTENT), b"")
    await artifacts.finish_upload(SHA256, token)
    assert await artifacts.read(SHA256, 0, 100) == CONTENT


async def test_a_store_that_knows_no_conditions_is_written_without(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    bucket = Bucket(url)
    await bucket.create("key", b"content")
    assert await bucket.read("key", 0, 7) == b"content"


async def test_what_a_crash_left_aside_is_swept(artifacts: ObjectArtifacts, tmp_path: Path) -> None:
    left = tmp_path / "staging" / f"{SHA256}.00000000"
    await asyncio.to_thread(left.write_bytes, CONTENT)
    await a_sweep(artifacts, 8 * 24 * 3600).sweep_unused()
    assert not await asyncio.to_thread(left.exists)


def test_a_bucket_that_does_not_exist_is_the_operators_mistake(s3: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidField, match=r"s3://elsewhere cannot be written: .*the bucket has to exist"):
        opened("s3://elsewhere", tmp_path)


async def test_a_store_that_is_away_is_a_failure_of_the_machine(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("central_server.artifacts.bucket._RETRIES", {"max_retries": 0})
    bucket = Bucket(s3)
    with pytest.raises(MachineFailure, match=r"s3://bucket cannot be used now: .*; try again later"):
        bucket.check_access()
    with pytest.raises(MachineFailure):
        await bucket.find("key")
    with pytest.raises(MachineFailure):
        _ = [found async for found in bucket.all()]


@pytest.mark.parametrize("url", ["gs://bucket/prefix", "az://container/prefix"])
def test_the_other_clouds_are_opened_by_their_urls(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    assert Bucket(url).url == url


def test_a_url_whose_environment_lacks_something_is_the_operators_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(InvalidField, match=r"cannot be opened: .*Account must be specified"):
        Bucket("az://container/prefix")
