"""Which uploaded checkpoint a job would go on from: the newest word of its current attempt, and of no other.

The one before is let go only when the record that names the newer one is durable: the store finds what no job refers
to any more while it commits.
"""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.bookkeeping import put_job
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.effects import DropArtifact, Note
from central_server.scheduler.fencing import Standing, standing_of
from central_server.scheduler.jobs import JobCheckpoint, JobRecord
from central_server.scheduler.node_departures import close_for_violation
from central_server.scheduler.nodes import NodeRecord
from shared.node_messages import CheckpointStored


def on_checkpoint_stored(state: ClusterState, node: NodeRecord, message: CheckpointStored) -> None:
    """Take a node's word that a checkpoint is among the artifacts; a late one's artifact is let go."""
    match standing_of(state, node.node_id, message.key):
        case Standing.CURRENT:
            _keep(state, node, message)
        case Standing.SETTLED | Standing.UNKNOWN:
            state.emit(Note("late_checkpoint_dropped", (("attempt", str(message.key)), ("node", node.node_id))))
            state.emit(DropArtifact(message.checkpoint.sha256))
        case Standing.NEVER_GIVEN:
            sentence = f"attempt {message.key} was never given to this node, and it says it saved it"
            close_for_violation(state, node, sentence)


def _keep(state: ClusterState, node: NodeRecord, message: CheckpointStored) -> None:
    job = state.jobs[message.key.job_id]
    updated = with_checkpoint(job, JobCheckpoint(message.key.number, message.checkpoint))
    if updated != job:
        put_job(state, replace(updated, checkpoint_node_id=node.node_id))
    elif job.checkpoint is not None and job.checkpoint.stored.sha256 != message.checkpoint.sha256:
        state.emit(DropArtifact(message.checkpoint.sha256))


def with_checkpoint(job: JobRecord, checkpoint: JobCheckpoint) -> JobRecord:
    """Return `job` with this checkpoint, unless it has a newer one: by attempt first, since a try may begin anew."""
    known = job.checkpoint
    if known is not None and (known.attempt, known.stored.step) >= (checkpoint.attempt, checkpoint.stored.step):
        return job
    return replace(job, checkpoint=checkpoint)
