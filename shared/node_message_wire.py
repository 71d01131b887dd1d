"""Messages of the control stream, between `link.proto` and `node_messages`. It converts and checks; it never decides.

Four functions are its face, two for each direction. What the protocol forbids raises `PeerFault`, whatever bytes came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar, assert_never

from shared.errors import InvalidField, PeerFault, UserMistake
from shared.identifiers import AttemptKey, check_identifier
from shared.job_config import config_from_job_spec, job_spec_from_config
from shared.job_spec import JobSpec
from shared.lifecycle import AttemptState
from shared.model_definition.graph import LayerSummary
from shared.node_description_wire import at_least, description_from_proto, description_to_proto, short_text
from shared.node_messages import (
    AttemptEnded,
    AttemptReport,
    CheckpointStored,
    EndAcknowledged,
    Goodbye,
    Heartbeat,
    HeartbeatAck,
    HeldAttempt,
    HeldState,
    HeldVerdict,
    Hello,
    NodeChanged,
    NodeMessage,
    OfferAttempt,
    Outcome,
    PlanAnswer,
    PlanRequest,
    ResultFile,
    ServerMessage,
    StopAttempt,
    StopMode,
    StoredCheckpoint,
    Verdict,
    Welcome,
)
from shared.pb import job_pb2, link_pb2

REPORTED_STATES = frozenset({AttemptState.STARTING, AttemptState.RUNNING, AttemptState.STOPPING})
"""What an `AttemptReport` may say; an end has its own message."""

MAX_HELD = 4096
"""More attempts than any node runs and remembers at once; a longer list is no word of a node."""
MAX_FILES = 256
"""More files than any result has."""
MAX_SENTENCE = 8192
"""Characters of a sentence that are kept; it may hold a short trace."""
MAX_CODE = 64

_SHA256 = re.compile("[0-9a-f]{64}")

_Member = TypeVar("_Member", bound=StrEnum)


def node_message_to_proto(message: NodeMessage) -> link_pb2.NodeMessage:  # noqa: PLR0911 - one return a kind
    """Return what a node writes on its control stream."""
    match message:
        case Hello():
            return link_pb2.NodeMessage(hello=_hello_to_proto(message))
        case Heartbeat():
            return link_pb2.NodeMessage(heartbeat=_heartbeat_to_proto(message))
        case NodeChanged(description):
            return link_pb2.NodeMessage(
                node_changed=link_pb2.NodeChanged(description=description_to_proto(description))
            )
        case AttemptReport():
            return link_pb2.NodeMessage(attempt_report=_report_to_proto(message))
        case AttemptEnded():
            return link_pb2.NodeMessage(attempt_ended=attempt_ended_to_proto(message))
        case CheckpointStored():
            return link_pb2.NodeMessage(checkpoint_stored=_stored_to_proto(message))
        case PlanAnswer():
            return link_pb2.NodeMessage(plan_answer=_plan_answer_to_proto(message))
        case _:
            assert_never(message)


def node_message_from_proto(message: link_pb2.NodeMessage) -> NodeMessage:
    """Return the record of what a node wrote.

    Raises:
        PeerFault: the message has no kind, or holds what the protocol forbids.
    """
    kind = message.WhichOneof("kind")
    if kind is None:
        raise PeerFault("a NodeMessage must hold one kind of message, got none that this server knows")
    record: NodeMessage = _NODE_READERS[kind](getattr(message, kind))
    return record


def server_message_to_proto(message: ServerMessage) -> link_pb2.ServerMessage:  # noqa: PLR0911 - one return a kind
    """Return what the central server writes on a node's control stream."""
    match message:
        case Welcome():
            return link_pb2.ServerMessage(welcome=_welcome_to_proto(message))
        case HeartbeatAck(sequence):
            return link_pb2.ServerMessage(heartbeat_ack=link_pb2.HeartbeatAck(sequence=sequence))
        case OfferAttempt():
            return link_pb2.ServerMessage(offer_attempt=_offer_to_proto(message))
        case StopAttempt(key, mode, reason):
            stop = link_pb2.StopAttempt(key=attempt_key_to_proto(key), mode=mode.value, reason=reason)
            return link_pb2.ServerMessage(stop_attempt=stop)
        case EndAcknowledged(key):
            return link_pb2.ServerMessage(end_acknowledged=link_pb2.EndAcknowledged(key=attempt_key_to_proto(key)))
        case PlanRequest(request_id, spec):
            plan = link_pb2.PlanRequest(request_id=request_id, config=config_from_job_spec(spec))
            return link_pb2.ServerMessage(plan_request=plan)
        case Goodbye(code, text):
            return link_pb2.ServerMessage(goodbye=link_pb2.Goodbye(code=code, message=text))
        case _:
            assert_never(message)


def server_message_from_proto(message: link_pb2.ServerMessage) -> ServerMessage:
    """Return the record of what the central server wrote.

    Raises:
        PeerFault: the message has no kind, or holds what the protocol forbids.
    """
    kind = message.WhichOneof("kind")
    if kind is None:
        raise PeerFault("a ServerMessage must hold one kind of message, got none that this node knows")
    record: ServerMessage = _SERVER_READERS[kind](getattr(message, kind))
    return record


def attempt_key_to_proto(key: AttemptKey) -> link_pb2.AttemptKey:
    """Return the message of an attempt's key."""
    return link_pb2.AttemptKey(job_id=key.job_id, attempt=key.number)


def attempt_key_from_proto(message: link_pb2.AttemptKey) -> AttemptKey:
    """Return the key.

    Raises:
        PeerFault: the job id cannot be one, or the number is below 1.
    """
    return AttemptKey(_identifier(message.job_id, "job_id"), at_least(1, message.attempt, "attempt"))


def attempt_ended_to_proto(ended: AttemptEnded) -> link_pb2.AttemptEnded:
    """Return the message of an attempt's last word; a node also journals these bytes."""
    return link_pb2.AttemptEnded(
        key=attempt_key_to_proto(ended.key),
        outcome=ended.outcome.value,
        error_code=ended.error_code,
        message=ended.message,
        files=[job_pb2.ResultFile(name=f.name, sha256=f.sha256, size_bytes=f.size_bytes) for f in ended.files],
        final_metrics=dict(ended.final_metrics),
        step=ended.step,
        epoch=ended.epoch,
        steps_total=ended.steps_total,
        compute_seconds=ended.compute_seconds,
        checkpoint_step=ended.checkpoint_step,
        checkpoint=_checkpoint_to_proto(ended.checkpoint),
    )


def attempt_ended_from_proto(message: link_pb2.AttemptEnded) -> AttemptEnded:
    """Return the record of an attempt's last word.

    Raises:
        PeerFault: it holds what the protocol forbids.
    """
    _at_most(MAX_FILES, len(message.files), "files of a result")
    return AttemptEnded(
        key=attempt_key_from_proto(message.key),
        outcome=_member(Outcome, message.outcome, "outcome"),
        error_code=short_text(message.error_code, MAX_CODE),
        message=short_text(message.message, MAX_SENTENCE),
        files=tuple(_file_from_proto(file) for file in message.files),
        final_metrics=dict(sorted(message.final_metrics.items())),
        step=at_least(0, message.step, "step"),
        epoch=at_least(0, message.epoch, "epoch"),
        steps_total=at_least(0, message.steps_total, "steps_total"),
        compute_seconds=_not_negative(message.compute_seconds, "compute_seconds"),
        checkpoint_step=at_least(0, message.checkpoint_step, "checkpoint_step"),
        checkpoint=_checkpoint_from_proto(message.checkpoint) if message.HasField("checkpoint") else None,
    )


# ---- node to server


def _hello_to_proto(hello: Hello) -> link_pb2.Hello:
    return link_pb2.Hello(
        node_id=hello.node_id,
        name=hello.name,
        protocol_version=hello.protocol_version,
        process_id=hello.process_id,
        description=description_to_proto(hello.description),
        held=[
            link_pb2.HeldAttempt(
                key=attempt_key_to_proto(held.key), state=held.state.value, memory_bytes=held.memory_bytes
            )
            for held in hello.held
        ],
    )


def _hello_from_proto(message: link_pb2.Hello) -> Hello:
    _at_most(MAX_HELD, len(message.held), "attempts held by a node")
    return Hello(
        node_id=_identifier(message.node_id, "node_id"),
        name=short_text(message.name),
        protocol_version=message.protocol_version,
        process_id=short_text(message.process_id),
        description=description_from_proto(message.description),
        held=tuple(
            HeldAttempt(
                key=attempt_key_from_proto(held.key),
                state=_member(HeldState, held.state, "state of a held attempt"),
                memory_bytes=at_least(0, held.memory_bytes, "memory_bytes"),
            )
            for held in message.held
        ),
    )


def _heartbeat_to_proto(beat: Heartbeat) -> link_pb2.Heartbeat:
    return link_pb2.Heartbeat(
        sequence=beat.sequence,
        attempts=[attempt_key_to_proto(key) for key in beat.attempts],
        ram_available=beat.ram_available_bytes,
    )


def _heartbeat_from_proto(message: link_pb2.Heartbeat) -> Heartbeat:
    _at_most(MAX_HELD, len(message.attempts), "attempts named by a heartbeat")
    return Heartbeat(
        sequence=message.sequence,
        attempts=tuple(attempt_key_from_proto(key) for key in message.attempts),
        ram_available_bytes=at_least(0, message.ram_available, "ram_available"),
    )


def _report_to_proto(report: AttemptReport) -> link_pb2.AttemptReport:
    return link_pb2.AttemptReport(
        key=attempt_key_to_proto(report.key),
        state=report.state.value,
        memory_bytes=report.memory_bytes,
        resumed_from_step=report.resumed_from_step,
        first_step_at_ms=report.first_step_at_ms,
    )


def _report_from_proto(message: link_pb2.AttemptReport) -> AttemptReport:
    state = _member(AttemptState, message.state, "state of an attempt report")
    if state not in REPORTED_STATES:
        raise PeerFault(f"an attempt report says {_words(REPORTED_STATES)}, got {state.value!r}")
    return AttemptReport(
        key=attempt_key_from_proto(message.key),
        state=state,
        memory_bytes=at_least(0, message.memory_bytes, "memory_bytes"),
        resumed_from_step=at_least(0, message.resumed_from_step, "resumed_from_step"),
        first_step_at_ms=at_least(0, message.first_step_at_ms, "first_step_at_ms"),
    )


def _stored_to_proto(stored: CheckpointStored) -> link_pb2.CheckpointStored:
    return link_pb2.CheckpointStored(
        key=attempt_key_to_proto(stored.key), checkpoint=_checkpoint_to_proto(stored.checkpoint)
    )


def _stored_from_proto(message: link_pb2.CheckpointStored) -> CheckpointStored:
    return CheckpointStored(attempt_key_from_proto(message.key), _checkpoint_from_proto(message.checkpoint))


def _plan_answer_to_proto(answer: PlanAnswer) -> link_pb2.PlanAnswer:
    return link_pb2.PlanAnswer(
        request_id=answer.request_id,
        memory_bytes=answer.memory_bytes,
        flops_per_step=answer.flops_per_step,
        error_code=answer.error_code,
        message=answer.message,
        field=answer.field,
        layers=[planned_layer_to_proto(layer) for layer in answer.layers],
    )


def planned_layer_to_proto(layer: LayerSummary) -> job_pb2.PlannedLayer:
    """Return one row of the table of layers as the public API says it."""
    return job_pb2.PlannedLayer(
        node_id=layer.node_id,
        name=layer.name,
        type=layer.kind,
        output_shape=layer.output_shape,
        parameters=layer.parameters,
    )


def _plan_answer_from_proto(message: link_pb2.PlanAnswer) -> PlanAnswer:
    return PlanAnswer(
        request_id=message.request_id,
        memory_bytes=at_least(0, message.memory_bytes, "memory_bytes"),
        flops_per_step=message.flops_per_step,
        error_code=short_text(message.error_code, MAX_CODE),
        message=short_text(message.message, MAX_SENTENCE),
        field=short_text(message.field),
        layers=tuple(_planned_layer_from_proto(layer) for layer in message.layers),
    )


def _planned_layer_from_proto(layer: job_pb2.PlannedLayer) -> LayerSummary:
    shape = tuple(at_least(0, size, "output_shape") for size in layer.output_shape)
    return LayerSummary(layer.node_id, layer.name, layer.type, shape, at_least(0, layer.parameters, "parameters"))


# ---- server to node


def _welcome_to_proto(welcome: Welcome) -> link_pb2.Welcome:
    return link_pb2.Welcome(
        session_id=welcome.session_id,
        lease_seconds=welcome.lease_seconds,
        heartbeat_seconds=welcome.heartbeat_seconds,
        verdicts=[
            link_pb2.HeldVerdict(key=attempt_key_to_proto(verdict.key), verdict=verdict.verdict.value)
            for verdict in welcome.verdicts
        ],
    )


def _welcome_from_proto(message: link_pb2.Welcome) -> Welcome:
    return Welcome(
        session_id=message.session_id,
        lease_seconds=_positive(message.lease_seconds, "lease_seconds"),
        heartbeat_seconds=_positive(message.heartbeat_seconds, "heartbeat_seconds"),
        verdicts=tuple(
            HeldVerdict(attempt_key_from_proto(verdict.key), _member(Verdict, verdict.verdict, "verdict"))
            for verdict in message.verdicts
        ),
    )


def _offer_to_proto(offer: OfferAttempt) -> link_pb2.OfferAttempt:
    return link_pb2.OfferAttempt(
        key=attempt_key_to_proto(offer.key),
        config=config_from_job_spec(offer.spec),
        device_ids=offer.device_ids,
        memory_bytes=offer.memory_bytes,
        lease_seconds=offer.lease_seconds,
        weight=offer.weight,
        checkpoint=_checkpoint_to_proto(offer.checkpoint),
        traceparent=offer.traceparent,
    )


def _offer_from_proto(message: link_pb2.OfferAttempt) -> OfferAttempt:
    return OfferAttempt(
        key=attempt_key_from_proto(message.key),
        spec=_spec(message.config),
        device_ids=tuple(message.device_ids),
        memory_bytes=at_least(0, message.memory_bytes, "memory_bytes"),
        lease_seconds=_positive(message.lease_seconds, "lease_seconds"),
        weight=at_least(0, message.weight, "weight") or 1,
        checkpoint=_checkpoint_from_proto(message.checkpoint) if message.HasField("checkpoint") else None,
        traceparent=message.traceparent,
    )


def _stop_from_proto(message: link_pb2.StopAttempt) -> StopAttempt:
    mode = _member(StopMode, message.mode, "mode")
    return StopAttempt(key=attempt_key_from_proto(message.key), mode=mode, reason=message.reason)


_NODE_READERS: dict[str, Callable[[Any], NodeMessage]] = {
    "hello": _hello_from_proto,
    "heartbeat": _heartbeat_from_proto,
    "node_changed": lambda message: NodeChanged(description_from_proto(message.description)),
    "attempt_report": _report_from_proto,
    "attempt_ended": attempt_ended_from_proto,
    "checkpoint_stored": _stored_from_proto,
    "plan_answer": _plan_answer_from_proto,
}

_SERVER_READERS: dict[str, Callable[[Any], ServerMessage]] = {
    "welcome": _welcome_from_proto,
    "heartbeat_ack": lambda message: HeartbeatAck(message.sequence),
    "offer_attempt": _offer_from_proto,
    "stop_attempt": _stop_from_proto,
    "end_acknowledged": lambda message: EndAcknowledged(attempt_key_from_proto(message.key)),
    "plan_request": lambda message: PlanRequest(message.request_id, _spec(message.config)),
    "goodbye": lambda message: Goodbye(message.code, message.message),
}


def _file_from_proto(message: job_pb2.ResultFile) -> ResultFile:
    sha256 = _sha256(message.sha256, "a result file")
    name = _identifier(message.name, "name of a result file")
    return ResultFile(name, sha256, at_least(0, message.size_bytes, "size_bytes"))


def _checkpoint_to_proto(checkpoint: StoredCheckpoint | None) -> link_pb2.StoredCheckpoint | None:
    if checkpoint is None:
        return None
    return link_pb2.StoredCheckpoint(
        sha256=checkpoint.sha256,
        size_bytes=checkpoint.size_bytes,
        step=checkpoint.step,
        fingerprint=checkpoint.fingerprint,
    )


def _checkpoint_from_proto(message: link_pb2.StoredCheckpoint) -> StoredCheckpoint:
    return StoredCheckpoint(
        sha256=_sha256(message.sha256, "a checkpoint"),
        size_bytes=at_least(0, message.size_bytes, "size_bytes"),
        step=at_least(0, message.step, "step"),
        fingerprint=short_text(message.fingerprint, MAX_SENTENCE),
    )


def _sha256(value: str, whose: str) -> str:
    if _SHA256.fullmatch(value) is None:
        raise PeerFault(f"sha256 of {whose} must be 64 lower-case hex digits, got {value[:80]!r}")
    return value


def _spec(config: job_pb2.JobConfig) -> JobSpec:
    try:
        return job_spec_from_config(config)
    except UserMistake as mistake:
        raise PeerFault(f"the server offered a job this node cannot read: {mistake}") from mistake


def _member(kind: type[_Member], value: str, name: str) -> _Member:
    try:
        return kind(value)
    except ValueError:
        raise PeerFault(f"{name} must be {_words(kind)}, got {value[:40]!r}") from None


def _words(members: frozenset[AttemptState] | type[StrEnum]) -> str:
    return " or ".join(sorted(member.value for member in members))


def _identifier(value: str, name: str) -> str:
    try:
        return check_identifier(value, field=name)
    except InvalidField as mistake:
        raise PeerFault(str(mistake)) from mistake


def _at_most(maximum: int, count: int, what: str) -> None:
    if count > maximum:
        raise PeerFault(f"there must be at most {maximum} {what}, got {count}")


def _not_negative(value: float, name: str) -> float:
    if not 0 <= value < float("inf"):
        raise PeerFault(f"{name} must be >= 0 and finite, got {value}")
    return value


def _positive(value: float, name: str) -> float:
    if not 0 < value < float("inf"):
        raise PeerFault(f"{name} must be > 0 and finite, got {value}")
    return value
