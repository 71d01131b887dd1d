"""What users are promised, held over the whole history of a simulated world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from central_server.scheduler.effects import RemoveJob, SaveJob, Write
from central_server.scheduler.jobs import JobRecord, StopIntent
from shared.identifiers import AttemptKey
from shared.lifecycle import JobState, attempt_has_ended, job_has_ended
from tests.simulation.node import SimulatedNode, is_lease_held
from tests.simulation.server import Store
from tests.simulation.training import weights_after

_CANCELS = frozenset({StopIntent.CANCEL, StopIntent.DELETE})


class Broken(AssertionError):
    """A promise does not hold."""


@dataclass(slots=True)
class Promises:
    """Holds each promise whenever something was committed or has happened.

    Attributes:
        accepted: jobs whose submission was answered.
        deleted: jobs that somebody wanted gone.
        cancelled: since when a cancel of a job is durable.
    """

    nodes: Mapping[str, SimulatedNode]
    store: Store
    accepted: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    cancelled: dict[str, float] = field(default_factory=dict)

    def hold_commit(self, writes: Sequence[Write], now_seconds: float) -> None:
        """Hold a batch against what was durable before it; called before it is applied."""
        for write in writes:
            match write:
                case SaveJob(job):
                    self._hold_job(self.store.jobs.get(job.job_id), job)
                    if job.stop_intent in _CANCELS or job.state is JobState.CANCELLED:
                        self.cancelled.setdefault(job.job_id, now_seconds)
                case RemoveJob(job_id):
                    _hold(job_id in self.deleted, f"{job_id} is removed and nobody asked for that")
                case _:
                    pass

    def hold_moment(self, now_seconds: float) -> None:
        """Hold what must be true at any moment."""
        lost = self.accepted - self.deleted - self.store.jobs.keys()
        _hold(not lost, f"accepted and lost: {sorted(lost)}")
        holders = Counter(
            key.job_id for node in self.nodes.values() for key in node.threads if is_lease_held(node, key, now_seconds)
        )
        twice = [job_id for job_id, count in holders.items() if count > 1]
        _hold(not twice, f"two attempts hold a lease at once: {twice}")

    def hold_the_end(self) -> None:
        """Hold that every job has come to an end."""
        jobs = (job for job in self.store.jobs.values() if not job_has_ended(job.state))
        left = [f"{job.job_id} {job.state} ({job.reason})" for job in jobs]
        _hold(not left, f"not ended though all is well: {left}")

    def _hold_job(self, before: JobRecord | None, job: JobRecord) -> None:
        _hold(before is None or not job_has_ended(before.state) or before == job, f"{job.job_id} had ended and changed")
        live = [attempt for attempt in job.attempts if not attempt_has_ended(attempt.state)]
        _hold(len(live) <= 1, f"{job.job_id} has two live attempts")
        if job.state is JobState.SUCCEEDED and (before is None or before.state is not JobState.SUCCEEDED):
            self._hold_success(before, job)

    def _hold_success(self, before: JobRecord | None, job: JobRecord) -> None:
        attempt = job.attempts[-1]
        key = AttemptKey(job.job_id, attempt.number)
        _hold(before is None or len(before.attempts) == attempt.number, f"{key} succeeded without having been offered")
        node = self.nodes[attempt.node_id]
        _hold(key in node.successes, f"{key} is said to have succeeded and {attempt.node_id} never wrote so")
        expected = weights_after(job.job_id, job.spec.epochs).digest
        files = [file.sha256 for file in job.result.files] if job.result else []
        _hold(files == [expected], f"{key} ended with other weights than an undisturbed run")
        _hold(expected in self.store.files, f"the result of {key} is committed and its file is not here")
        if job.job_id in self.cancelled and key in node.cancels_heard:
            _hold(
                node.successes[key] <= node.cancels_heard[key],
                f"{key} succeeded after its node had heard of the cancel",
            )


def _hold(is_held: bool, sentence: str) -> None:
    if not is_held:
        raise Broken(sentence)
