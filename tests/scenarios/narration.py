"""Tells what a cluster does, one short line an effect: the indented lines of a scenario."""

from __future__ import annotations

from collections.abc import Sequence

from central_server.scheduler.byte_sizes import describe_bytes
from central_server.scheduler.effects import (
    Answer,
    CloseSession,
    DropArtifact,
    Effect,
    NodeSeen,
    Note,
    Refuse,
    RemoveJob,
    SaveJob,
    SaveNode,
    SaveUse,
    Send,
)
from central_server.scheduler.jobs import JobRecord
from shared.node_messages import (
    EndAcknowledged,
    Goodbye,
    HeartbeatAck,
    OfferAttempt,
    PlanAnswer,
    PlanRequest,
    ServerMessage,
    StopAttempt,
    Welcome,
)


def told(effects: Sequence[Effect]) -> list[str]:
    return [line for effect in effects if (line := _line(effect))]


def _line(effect: Effect) -> str:  # noqa: C901, PLR0911 - one line for each kind of effect
    match effect:
        case SaveJob(job):
            return f"save {_job(job)}"
        case RemoveJob(job_id):
            return f"remove {job_id}"
        case SaveNode(node):
            return f"save node {node.node_id} {node.state}"
        case Send(session_id, message):
            return f"{session_id.split('/')[0]} <- {_message(message)}"
        case CloseSession(session_id, code, sentence):
            return f"close {session_id.split('/')[0]} {code}: {sentence}"
        case Answer(_, JobRecord() as job):
            return f"answer {job.job_id} {job.state}"
        case Answer(_, PlanAnswer() as plan):
            return f"answer plan {plan.request_id}: {describe_bytes(plan.memory_bytes)}"
        case Answer():
            return "answer it is gone"
        case Refuse(_, error):
            return f"refuse {error.code}: {error}"
        case DropArtifact(sha256):
            return f"drop the artifact of step {int(sha256, 16)}"
        case NodeSeen() | Note() | SaveUse():
            return ""


def _job(job: JobRecord) -> str:
    attempt = job.current_attempt
    where = f", attempt {attempt.number} {attempt.state} on {attempt.node_id}" if attempt else ""
    why = f' "{job.reason}"' if job.reason else ""
    return f"{job.job_id} {job.state}{where}{why}"


def _message(message: ServerMessage) -> str:  # noqa: PLR0911 - one line for each kind of message
    match message:
        case Welcome(verdicts=verdicts):
            verdict_lines = [f"{verdict.verdict} {verdict.key}" for verdict in verdicts]
            return ": ".join(["welcome", ", ".join(verdict_lines)]) if verdict_lines else "welcome"
        case HeartbeatAck():
            return "heartbeat acknowledged"
        case OfferAttempt(key, _, device_ids, memory_bytes, checkpoint=checkpoint):
            origin = f", from step {checkpoint.step}" if checkpoint else ""
            return f"offer {key} on {','.join(device_ids)}, {describe_bytes(memory_bytes)}{origin}"
        case StopAttempt(key, mode, reason):
            return f'stop {key} by {mode} "{reason}"'
        case EndAcknowledged(key):
            return f"end of {key} acknowledged"
        case PlanRequest(request_id):
            return f"plan {request_id}"
        case Goodbye(code):
            return f"goodbye {code}"
