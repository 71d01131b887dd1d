"""Jobs as the bytes of their JSON rows, made once for each update however many streams send it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from central_server.read_model import ReadModel
from central_server.views import JobView, view_job
from central_server.web.job_json import json_from_job
from central_server.web.json_answer import json_bytes
from shared.lifecycle import job_has_ended

KEPT = 2_000


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job at one update.

    Attributes:
        resumed_from_step: where the current attempt began.
        data: its row.
    """

    sequence: int
    waiting_reason: str
    has_ended: bool
    attempt: int
    resumed_from_step: int
    data: bytes


class ShownJobs:
    """Remembers the rows made lately. All methods belong to the event loop's thread."""

    def __init__(self, read_model: ReadModel) -> None:
        self._read_model = read_model
        self._kept: OrderedDict[str, ShownJob] = OrderedDict()

    async def now(self, job_id: str) -> ShownJob:
        """Return the job as it is now.

        Raises:
            NotFound: there is none.
        """
        sequence = self._read_model.watchers.sequence(job_id)
        kept = self._kept.get(job_id)
        if kept and kept.sequence == sequence and kept.waiting_reason == self._reason_of(job_id, kept):
            return kept
        shown = _shown(sequence, view_job(await self._read_model.find(job_id), self._read_model))
        self._kept[job_id] = shown
        self._kept.move_to_end(job_id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return shown

    def _reason_of(self, job_id: str, kept: ShownJob) -> str:
        """Only of a job that waits can the reason change by itself."""
        return self._read_model.waiting_reason(job_id) if kept.waiting_reason else ""


def _shown(sequence: int, view: JobView) -> ShownJob:
    return ShownJob(
        sequence=sequence,
        waiting_reason=view.waiting_reason,
        has_ended=job_has_ended(view.state),
        attempt=view.attempt,
        resumed_from_step=view.attempts[-1].resumed_from_step if view.attempts else 0,
        data=json_bytes(json_from_job(view)),
    )
