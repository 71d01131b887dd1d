"""Telemetry, results and datasets against a real server: told until acknowledged, uploaded once, resumed, checked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc.aio
import pytest

from server_node.attempts.events import CheckpointUploaded, EndDeliverable, Event, ResultLost
from server_node.checkpoint_files import checkpoint_step, described, generations
from server_node.connection.artifact_cache import ArtifactCache
from server_node.connection.artifact_transfer import download, upload
from server_node.connection.checkpoint_fetch import bring_checkpoint
from server_node.connection.checkpoint_uploads import CheckpointUploads
from server_node.connection.dialing import dial
from server_node.connection.result_outbox import ResultOutbox
from server_node.connection.telemetry_buffer import TelemetryBuffer
from server_node.connection.telemetry_stream import TelemetryStream
from server_node.folders import AttemptFolders
from server_node.kept_artifacts import KeptArtifacts
from server_node.telemetry_records import HistoryRow
from server_node.tidying import Tidying
from server_node.training.checkpoints.sealed import write_sealed
from shared.backoff import Backoff
from shared.errors import BadData, MachineFailure
from shared.log_lines import FIELDS
from shared.node_messages import OfferAttempt, Outcome, ResultFile
from tests.server_node.builders import a_key, an_end, an_offer
from tests.server_node.connection.files_touched import files_touched_in_this_thread
from tests.server_node.connection.scripted_server import ScriptedServer

QUICK = Backoff(first_seconds=0.01, cap_seconds=0.02, floor_seconds=0.005)
CONTENT = bytes(range(256)) * 5000
SHA = hashlib.sha256(CONTENT).hexdigest()


class Delivery:
    """A telemetry stream and an outbox on one channel, and what they posted."""

    def __init__(self, channel: grpc.aio.Channel, tasks: asyncio.TaskGroup, folder: Path) -> None:
        self.channel = channel
        self.folders = AttemptFolders(folder)
        self.posted: asyncio.Queue[Event] = asyncio.Queue()
        self.telemetry = TelemetryStream("node-1", channel=self.get_channel, uniform=lambda: 0.5, backoff=QUICK)
        self.tidying = Tidying()
        self.outbox = ResultOutbox(
            tasks=tasks,
            post=self.posted.put_nowait,
            channel=self.get_channel,
            telemetry=self.telemetry,
            folders=self.folders,
            tidying=self.tidying,
            uniform=lambda: 0.5,
            backoff=QUICK,
        )

    async def get_channel(self) -> grpc.aio.Channel:
        return self.channel

    async def next_event(self) -> Event:
        return await asyncio.wait_for(self.posted.get(), 10)

    def a_result(self, content: bytes = CONTENT) -> ResultFile:
        folder = self.folders.result(a_key())
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.safetensors").write_bytes(content)
        return ResultFile("model.safetensors", hashlib.sha256(content).hexdigest(), len(content))


@asynccontextmanager
async def a_delivery(server: ScriptedServer, folder: Path) -> AsyncIterator[Delivery]:
    async with dial(server.address) as channel, asyncio.TaskGroup() as tasks:
        delivery = Delivery(channel, tasks, folder)
        running = tasks.create_task(delivery.telemetry.run())
        try:
            yield delivery
        finally:
            running.cancel()
            delivery.tidying.close()


def a_row(step: int = 1) -> HistoryRow:
    return HistoryRow(a_key(), step, 1, 5, {"loss": 0.5})


def rows_at(server: ScriptedServer) -> list[int]:
    return [row.row.step for batch in server.batches for row in batch.rows]


async def test_rows_wait_for_a_session_and_name_it_once(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_delivery(server, tmp_path) as delivery:
        delivery.telemetry.add(a_row(1))
        await asyncio.sleep(0.05)
        assert not server.batches
        delivery.telemetry.open_session("s1")
        await server.until(lambda: rows_at(server) == [1])
        delivery.telemetry.add(a_row(2))
        await server.until(lambda: rows_at(server) == [1, 2])
        assert [(batch.node_id, batch.session_id) for batch in server.batches] == [("node-1", "s1"), ("", "")]


async def test_rows_that_were_not_acknowledged_are_told_again_in_the_next_session(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_delivery(server, tmp_path) as delivery:
        server.acknowledges_telemetry = False
        delivery.telemetry.open_session("s1")
        delivery.telemetry.add(a_row(1))
        await server.until(lambda: rows_at(server) == [1])
        assert not await delivery.telemetry.wait_until_told(a_key(), timeout=0.05)
        server.acknowledges_telemetry = True
        delivery.telemetry.open_session("s2")
        assert await delivery.telemetry.wait_until_told(a_key(), timeout=5)
        assert rows_at(server) == [1, 1]


async def test_an_end_is_deliverable_when_its_files_and_rows_are_there(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_delivery(server, tmp_path) as delivery:
        file = delivery.a_result()
        delivery.telemetry.open_session("s1")
        delivery.telemetry.add(a_row(3))
        delivery.outbox.deliver(an_end(files=(file,)))
        assert await delivery.next_event() == EndDeliverable(a_key())
        assert server.artifacts == {SHA: CONTENT}
        assert rows_at(server) == [3]


async def test_a_cancelled_end_waits_for_nothing(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_delivery(server, tmp_path) as delivery:
        delivery.telemetry.add(a_row())
        delivery.outbox.deliver(an_end(outcome=Outcome.CANCELLED))
        assert delivery.posted.get_nowait() == EndDeliverable(a_key())


async def test_an_upload_goes_on_where_the_last_one_was_cut(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_delivery(server, tmp_path) as delivery:
        server.artifacts[SHA] = CONTENT[:70_000]
        path = delivery.folders.result(a_key()) / delivery.a_result().name
        await upload(delivery.channel, path, sha256=SHA, size_bytes=len(CONTENT))
        assert server.artifacts[SHA] == CONTENT
        await upload(delivery.channel, path, sha256=SHA, size_bytes=len(CONTENT))
        assert server.uploads == 1


async def test_an_empty_file_can_be_uploaded(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_delivery(server, tmp_path) as delivery:
        file = delivery.a_result(b"")
        await upload(delivery.channel, delivery.folders.result(a_key()) / file.name, sha256=file.sha256, size_bytes=0)


async def test_uploading_is_tried_until_the_server_is_back(tmp_path: Path) -> None:
    server = await ScriptedServer().start()
    await server.stop()
    async with a_delivery(server, tmp_path) as delivery:
        delivery.outbox.deliver(an_end(files=(delivery.a_result(),)))
        await asyncio.sleep(0.1)
        assert delivery.posted.empty()
        async with server:
            assert await delivery.next_event() == EndDeliverable(a_key())


async def test_a_result_that_is_gone_is_said_to_be_lost(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_delivery(server, tmp_path) as delivery:
        delivery.outbox.deliver(an_end(files=(ResultFile("model.safetensors", SHA, 5),)))
        lost = await delivery.next_event()
        assert isinstance(lost, ResultLost)


async def test_dropping_a_result_stops_its_delivery_and_removes_its_files(tmp_path: Path) -> None:
    server = await ScriptedServer().start()
    await server.stop()
    async with a_delivery(server, tmp_path) as delivery:
        delivery.outbox.deliver(an_end(files=(delivery.a_result(),)))
        delivery.outbox.drop_result(a_key())
        await delivery.tidying.settled()
        assert not delivery.folders.result(a_key()).parent.exists()
        await asyncio.sleep(0.05)
        assert delivery.posted.empty()


def a_cache(channel: grpc.aio.Channel, folder: Path, *, limit_bytes: int = 2**30) -> ArtifactCache:
    async def get_channel() -> grpc.aio.Channel:
        return channel

    kept = KeptArtifacts(folder, limit_bytes)
    return ArtifactCache(kept, channel=get_channel, uniform=lambda: 0.5, backoff=QUICK)


async def test_two_who_want_one_artifact_fetch_it_once(tmp_path: Path) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel:
        server.artifacts[SHA] = CONTENT
        cache = a_cache(channel, tmp_path)
        first, second = await asyncio.gather(cache.bring(SHA, a_key()), cache.bring(SHA, a_key("other")))
        assert first == second
        assert first.read_bytes() == CONTENT
        assert server.downloads == [0]


async def test_a_cut_download_goes_on_from_what_is_here(tmp_path: Path) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel:
        server.artifacts[SHA] = CONTENT
        (tmp_path / f"{SHA}.part").write_bytes(CONTENT[:5000])
        assert (await a_cache(channel, tmp_path).bring(SHA, a_key())).read_bytes() == CONTENT
        assert server.downloads == [5000]


async def test_other_content_never_appears_under_the_name(tmp_path: Path) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel:
        server.artifacts[SHA] = b"something else"
        with pytest.raises(MachineFailure, match="other content"):
            await download(channel, SHA, tmp_path / SHA)
        assert os.listdir(tmp_path) == []  # noqa: PTH208 - the names alone


async def test_an_artifact_that_the_server_does_not_have_is_bad_data(tmp_path: Path) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel:
        with pytest.raises(BadData, match="not on the central server"):
            await a_cache(channel, tmp_path).bring(SHA, a_key())


async def test_an_artifact_larger_than_all_that_is_kept_is_refused_but_for_a_checkpoint(tmp_path: Path) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel:
        server.artifacts[SHA] = CONTENT
        cache = a_cache(channel, tmp_path, limit_bytes=len(CONTENT) - 1)
        with pytest.raises(BadData, match="must be at most"):
            await cache.bring(SHA, a_key())
        assert (await cache.bring(SHA, a_key(), of_any_size=True)).read_bytes() == CONTENT


async def test_room_is_made_before_an_artifact_comes(tmp_path: Path) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel:
        other = b"another dataset"
        for content in (CONTENT, other):
            server.artifacts[hashlib.sha256(content).hexdigest()] = content
        cache, kept = a_cache(channel, tmp_path, limit_bytes=len(CONTENT)), KeptArtifacts(tmp_path, len(CONTENT))
        await cache.bring(hashlib.sha256(other).hexdigest(), a_key("other"))
        await cache.bring(SHA, a_key())
        assert len(os.listdir(tmp_path)) == 2  # noqa: PTH208 - the names alone; the other is held
        kept.make_room()
        assert os.listdir(tmp_path) == [SHA]  # noqa: PTH208 - the same


async def test_a_damaged_checkpoint_here_counts_for_nothing(tmp_path: Path) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel:
        folders, elsewhere = AttemptFolders(tmp_path / "node"), a_checkpoint(tmp_path / "elsewhere", 7)
        offer = offered(elsewhere, 7)
        assert offer.checkpoint is not None
        server.artifacts[offer.checkpoint.sha256] = elsewhere.read_bytes()
        newest = a_checkpoint(folders.checkpoint(offer.key.job_id), 9)
        newest.write_bytes(newest.read_bytes()[:-1] + b"!")
        await bring_checkpoint(offer, folders, a_cache(channel, tmp_path / "cache"), keep=2)
        assert [checkpoint_step(path) for path in generations(newest)] == [7, 0]


async def test_no_file_is_touched_in_the_event_loop(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_delivery(server, tmp_path / "node") as delivery:
        elsewhere = a_checkpoint(tmp_path / "elsewhere", 7)
        offer, file = offered(elsewhere, 7), delivery.a_result()
        assert offer.checkpoint is not None
        server.artifacts[offer.checkpoint.sha256] = elsewhere.read_bytes()
        delivery.telemetry.open_session("s1")
        cache = a_cache(delivery.channel, delivery.folders.artifacts)
        with files_touched_in_this_thread(tmp_path) as touched:
            await bring_checkpoint(offer, delivery.folders, cache, keep=2)
            delivery.outbox.deliver(an_end(files=(file,)))
            assert isinstance(await delivery.next_event(), EndDeliverable)
            delivery.outbox.deliver(an_end(outcome=Outcome.PREEMPTED))
            said = await delivery.next_event()
            assert isinstance(said, EndDeliverable)
            assert said.checkpoint is not None
            await cache.bring(SHA, a_key())
            delivery.outbox.drop_result(a_key())
            delivery.outbox.drop_checkpoint(a_key().job_id)
            await delivery.tidying.settled()
        assert touched == []
        assert [path.name for path in (tmp_path / "node").rglob("*") if path.is_file()] == [SHA]


def a_checkpoint(path: Path, step: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sealed(path, [], {"step": str(step), "fingerprint": json.dumps({"device": "one"})})
    return path


def offered(path: Path, step: int) -> OfferAttempt:
    return replace(an_offer(), checkpoint=replace(described(path), step=step))


@pytest.mark.parametrize(("here", "there", "afterwards"), [(0, 7, 7), (5, 7, 7), (7, 7, 7), (9, 7, 9)])
async def test_the_further_checkpoint_is_gone_on_from(tmp_path: Path, here: int, there: int, afterwards: int) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel:
        folders, elsewhere = AttemptFolders(tmp_path / "node"), a_checkpoint(tmp_path / "elsewhere", there)
        offer = offered(elsewhere, there)
        assert offer.checkpoint is not None
        server.artifacts[offer.checkpoint.sha256] = elsewhere.read_bytes()
        if here:
            a_checkpoint(folders.checkpoint(offer.key.job_id), here)
        await bring_checkpoint(offer, folders, a_cache(channel, tmp_path / "cache"), keep=2)
        assert checkpoint_step(folders.checkpoint(offer.key.job_id)) == afterwards
        assert server.downloads == ([0] if afterwards > here else [])


async def test_a_checkpoint_that_is_gone_leaves_the_older_one(tmp_path: Path) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel:
        folders = AttemptFolders(tmp_path / "node")
        offer = offered(a_checkpoint(tmp_path / "elsewhere", 7), 7)
        a_checkpoint(folders.checkpoint(offer.key.job_id), 3)
        await bring_checkpoint(offer, folders, a_cache(channel, tmp_path / "cache"), keep=2)
        assert checkpoint_step(folders.checkpoint(offer.key.job_id)) == 3


async def test_a_stopped_attempts_checkpoint_is_there_before_its_end_is_said(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_delivery(server, tmp_path) as delivery:
        path = a_checkpoint(delivery.folders.checkpoint(a_key().job_id), 5)
        delivery.outbox.deliver(an_end(outcome=Outcome.PREEMPTED))
        said = await delivery.next_event()
        assert said == EndDeliverable(a_key(), described(path))
        assert list(server.artifacts.values()) == [path.read_bytes()]


async def test_checkpoints_go_up_now_and_then_and_never_two_at_once(tmp_path: Path) -> None:
    async with ScriptedServer() as server, dial(server.address) as channel, asyncio.TaskGroup() as tasks:
        moments, posted = [0.0], asyncio.Queue[Event]()

        async def get_channel() -> grpc.aio.Channel:
            return channel

        folders = AttemptFolders(tmp_path)
        uploads = CheckpointUploads(
            tasks=tasks,
            post=posted.put_nowait,
            channel=get_channel,
            folders=folders,
            interval_seconds=60.0,
            clock=lambda: moments[0],
        )
        for step in (1, 2):  # the second while the first is on its way
            a_checkpoint(folders.checkpoint(a_key().job_id), step)
            await asyncio.to_thread(uploads.saved, a_key())
        event = await asyncio.wait_for(posted.get(), 10)
        assert isinstance(event, CheckpointUploaded)
        assert event.checkpoint.step == 1
        for moment, step, is_due in ((30.0, 3, False), (61.0, 4, True)):
            moments[0] = moment
            a_checkpoint(folders.checkpoint(a_key().job_id), step)
            await asyncio.to_thread(uploads.saved, a_key())
            await asyncio.sleep(0.1)
            assert posted.empty() is not is_due
        assert len(server.artifacts) == 2


def test_dropped_records_are_counted_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def no_channel() -> grpc.aio.Channel:
        raise AssertionError("nothing is sent")

    buffer = TelemetryBuffer(row_bound=1)
    telemetry = TelemetryStream("node-1", channel=no_channel, uniform=lambda: 0.5, buffer=buffer)
    for step in range(9):
        telemetry.add(HistoryRow(a_key(), step=step, epoch=1, at_ms=1, values={}))
    assert buffer.dropped == 8
    told = [getattr(record, FIELDS)["total"] for record in caplog.records if record.msg == "telemetry_dropped"]
    assert told == [1, 2, 4, 8]
