"""Brings checkpoints of running attempts to the server now and then, so that another node can go on from them.

At most one upload of a job is under way; between two lies `interval_seconds`. What is saved meanwhile stays here.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc.aio

from server_node.attempt_traces import NO_TRACE, AttemptTrace
from server_node.attempts.events import CheckpointUploaded, Event
from server_node.checkpoint_files import described, hold_copy
from server_node.connection.artifact_transfer import upload
from server_node.folders import AttemptFolders
from shared.errors import ServerUnreachable
from shared.identifiers import AttemptKey
from shared.log_lines import log_event
from shared.node_messages import StoredCheckpoint

_LOG = logging.getLogger(__name__)


class CheckpointUploads:
    """Made in the event loop; `saved` is called by the threads that save.

    Args:
        tasks: owns the uploads.
        post: where `CheckpointUploaded` goes.
        interval_seconds: between the ends of two uploads of one job.
        trace: gives the trace of an attempt.
    """

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        post: Callable[[Event], None],
        channel: Callable[[], Awaitable[grpc.aio.Channel]],
        folders: AttemptFolders,
        interval_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        trace: Callable[[AttemptKey], AttemptTrace] = lambda _key: NO_TRACE,
    ) -> None:
        self._tasks = tasks
        self._post = post
        self._channel = channel
        self._folders = folders
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._trace = trace
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._due: dict[str, float] = {}
        self._under_way: set[str] = set()

    def saved(self, key: AttemptKey) -> None:
        """A checkpoint was written; take it along when an upload is due."""
        if not self._begin(key.job_id):
            return
        copy = self._folders.checkpoint_on_its_way(key.job_id)
        if hold_copy(self._folders.checkpoint(key.job_id), copy):
            self._loop.call_soon_threadsafe(self._start, key, copy)
        else:
            self._end(key.job_id)

    def _begin(self, job_id: str) -> bool:
        now = self._clock()
        with self._lock:
            # What is past binds nobody, and jobs come and go for as long as the node lives.
            self._due = {job: due for job, due in self._due.items() if due > now}
            if job_id in self._under_way or job_id in self._due:
                return False
            self._under_way.add(job_id)
            return True

    def _end(self, job_id: str) -> None:
        with self._lock:
            self._under_way.discard(job_id)
            self._due[job_id] = self._clock() + self._interval_seconds

    def _start(self, key: AttemptKey, copy: Path) -> None:
        self._tasks.create_task(self._upload(key, copy), name=f"checkpoint of {key}")

    async def _upload(self, key: AttemptKey, copy: Path) -> None:
        try:
            with self._trace(key).span_beside_run("node.upload_checkpoint"):
                stored = await asyncio.to_thread(described, copy)
                await upload(await self._channel(), copy, sha256=stored.sha256, size_bytes=stored.size_bytes)
        except (OSError, ServerUnreachable) as failure:
            log_event(_LOG, "checkpoint_not_uploaded", attempt=key, why=failure)
            return
        finally:
            await _let_go(copy)
            self._end(key.job_id)
        self._post(CheckpointUploaded(key, stored))


async def uploaded_at_the_end(
    channel: Callable[[], Awaitable[grpc.aio.Channel]], folders: AttemptFolders, job_id: str
) -> StoredCheckpoint | None:
    """Bring a stopped attempt's checkpoint to the server and describe it; None where there is none.

    Raises:
        ServerUnreachable: the call failed; another try goes on from there.
    """
    copy = folders.checkpoint_on_its_way(job_id, at_the_end=True)
    try:
        if not await asyncio.to_thread(hold_copy, folders.checkpoint(job_id), copy):
            return None
        stored = await asyncio.to_thread(described, copy)
        await upload(await channel(), copy, sha256=stored.sha256, size_bytes=stored.size_bytes)
    except OSError as failure:
        log_event(_LOG, "last_checkpoint_not_uploaded", is_warning=True, job=job_id, why=failure)
        return None
    else:
        return stored
    finally:
        await _let_go(copy)


async def _let_go(copy: Path) -> None:
    await asyncio.to_thread(copy.unlink, missing_ok=True)
