"""What a node is told of an attempt it is to run; said again word for word when a stream may have lost it."""

from __future__ import annotations

from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.demands import weight_of
from central_server.scheduler.jobs import AttemptRecord, JobRecord
from shared.identifiers import AttemptKey
from shared.node_messages import OfferAttempt


def offer_message(state: ClusterState, job: JobRecord, attempt: AttemptRecord) -> OfferAttempt:
    """Return the offer of the job's attempt."""
    return OfferAttempt(
        key=AttemptKey(job.job_id, attempt.number),
        spec=job.spec,
        device_ids=attempt.device_ids,
        memory_bytes=attempt.memory_bytes,
        lease_seconds=state.settings.lease_seconds,
        weight=weight_of(job.spec),
        checkpoint=job.checkpoint.stored if job.checkpoint else None,
        traceparent=job.traceparent,
    )
