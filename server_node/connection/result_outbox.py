"""Brings what belongs to an end to the server before it is said: the result's files, a checkpoint, the last telemetry.

It tries for as long as the node knows of the end; the journal makes it begin again in a new process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc.aio

from server_node.attempt_traces import NO_TRACE, AttemptTrace, AttemptTraces
from server_node.attempts.events import EndDeliverable, Event, ResultLost
from server_node.connection.artifact_transfer import upload
from server_node.connection.checkpoint_uploads import uploaded_at_the_end
from server_node.connection.telemetry_stream import TelemetryStream
from server_node.folders import AttemptFolders
from server_node.tidying import Tidying
from shared.backoff import Backoff
from shared.errors import ServerUnreachable
from shared.identifiers import AttemptKey
from shared.log_lines import log_event
from shared.node_messages import AttemptEnded, Outcome, ResultFile, StoredCheckpoint

_Brought = TypeVar("_Brought")
_LOG = logging.getLogger(__name__)
TELEMETRY_PATIENCE_SECONDS = 2.0
"""Rows that arrive after the end are not counted by the server, so the end waits for them, but not for ever."""


class ResultOutbox:
    """Delivers ends, several at once. For the event loop's thread.

    Args:
        tasks: owns the deliveries.
        post: where `EndDeliverable` and `ResultLost` go.
        tidying: removes what is dropped.
    """

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        post: Callable[[Event], None],
        channel: Callable[[], Awaitable[grpc.aio.Channel]],
        telemetry: TelemetryStream,
        folders: AttemptFolders,
        tidying: Tidying,
        uniform: Callable[[], float],
        backoff: Backoff | None = None,
        traces: AttemptTraces | None = None,
    ) -> None:
        self._tasks = tasks
        self._post = post
        self._channel = channel
        self._telemetry = telemetry
        self._folders = folders
        self._tidying = tidying
        self._uniform = uniform
        self._backoff = backoff or Backoff()
        self._traces = traces
        self._deliveries: dict[AttemptKey, asyncio.Task[None]] = {}

    def deliver(self, ended: AttemptEnded) -> None:
        """Begin to deliver; `EndDeliverable` is posted when everything is there."""
        self._stop(ended.key)
        if _can_be_said_at_once(ended):
            self._post(EndDeliverable(ended.key))
            return
        self._deliveries[ended.key] = self._tasks.create_task(self._deliver(ended), name=f"deliver {ended.key}")

    def drop_result(self, key: AttemptKey) -> None:
        """Stop delivering an end and remove its files, soon."""
        self._stop(key)
        if self._traces:
            self._traces.forget(key)
        self._tidying.soon(lambda: self._folders.drop_result(key))

    def drop_checkpoint(self, job_id: str) -> None:
        """Remove the checkpoints of a job that is over, soon."""
        self._tidying.soon(lambda: self._folders.drop_checkpoint(job_id))

    def _trace(self, key: AttemptKey) -> AttemptTrace:
        return self._traces.of(key) if self._traces else NO_TRACE

    def _stop(self, key: AttemptKey) -> None:
        delivery = self._deliveries.pop(key, None)
        if delivery is not None:
            delivery.cancel()

    async def _deliver(self, ended: AttemptEnded) -> None:
        try:
            with self._trace(ended.key).span_beside_run("node.upload_result", files=len(ended.files)):
                for file in ended.files:
                    await self._upload(ended.key, file)
        except OSError as lost:
            log_event(_LOG, "result_lost", is_error=True, attempt=ended.key, why=lost)
            self._post(ResultLost(ended.key, f"the result's files could not be read on the node: {lost}"))
            return
        checkpoint = await self._checkpoint(ended.key) if ended.outcome is Outcome.PREEMPTED else None
        await self._telemetry.wait_until_told(ended.key, timeout=TELEMETRY_PATIENCE_SECONDS)
        self._post(EndDeliverable(ended.key, checkpoint))

    async def _checkpoint(self, key: AttemptKey) -> StoredCheckpoint | None:
        """Bring the checkpoint of an attempt that was stopped to go on elsewhere."""

        async def bring() -> StoredCheckpoint | None:
            return await uploaded_at_the_end(self._channel, self._folders, key.job_id)

        return await self._until_it_is_there(key, bring)

    async def _upload(self, key: AttemptKey, file: ResultFile) -> None:
        path = self._folders.result(key) / file.name

        async def bring() -> None:
            await upload(await self._channel(), path, sha256=file.sha256, size_bytes=file.size_bytes)

        await self._until_it_is_there(key, bring)

    async def _until_it_is_there(self, key: AttemptKey, bring: Callable[[], Awaitable[_Brought]]) -> _Brought:
        failures = 0
        while True:
            try:
                return await bring()
            except ServerUnreachable as failure:
                failures += 1
                log_event(_LOG, "upload_failed", attempt=key, failures=failures, why=failure)
                await asyncio.sleep(self._backoff.wait_seconds(failures, self._uniform()))


def _can_be_said_at_once(ended: AttemptEnded) -> bool:
    """A cancel is waited for by a person, and leaves nothing worth waiting for."""
    return ended.outcome is Outcome.CANCELLED or ended.outcome is Outcome.DECLINED
