"""Every message of the control stream comes back as it was; whatever else comes is the peer's fault."""

import contextlib

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import PeerFault
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_message_wire import (
    node_message_from_proto,
    node_message_to_proto,
    server_message_from_proto,
    server_message_to_proto,
)
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
from shared.pb import common_pb2, job_pb2, link_pb2
from tests.builders import a_description, a_hello, a_spec

KEY = AttemptKey("job", 3)
A_FILE = ResultFile("model.safetensors", "a" * 64, 12)
A_CHECKPOINT = StoredCheckpoint("b" * 64, 34, step=56, fingerprint="this kind")

NODE_MESSAGES: list[NodeMessage] = [
    a_hello(gpus=2, held=(HeldAttempt(KEY, HeldState.INTERRUPTED, 5),)),
    Heartbeat(7, (KEY, AttemptKey("other", 1)), 99),
    NodeChanged(a_description(is_ready=False)),
    AttemptReport(KEY, AttemptState.RUNNING, memory_bytes=1, resumed_from_step=2, first_step_at_ms=3),
    AttemptEnded(
        KEY,
        Outcome.SUCCEEDED,
        files=(A_FILE,),
        final_metrics={"accuracy": 0.5, "loss": 1.0},
        step=1,
        epoch=2,
        steps_total=3,
        compute_seconds=4.5,
        checkpoint_step=6,
        checkpoint=A_CHECKPOINT,
    ),
    CheckpointStored(KEY, A_CHECKPOINT),
    AttemptEnded(KEY, Outcome.FAILED, error_code="bad_data", message="no"),
    PlanAnswer("r", memory_bytes=1, flops_per_step=2.5, error_code="e", message="m", field="f"),
]

SERVER_MESSAGES: list[ServerMessage] = [
    Welcome("s", 20.0, 2.0, (HeldVerdict(KEY, Verdict.FORGET),)),
    HeartbeatAck(7),
    OfferAttempt(KEY, a_spec(name="digits", labels={"a": "b"}, timeout_seconds=9), ("cpu:0",), 5, 20.0, weight=4),
    OfferAttempt(KEY, a_spec(), ("cpu:0",), 5, 20.0, checkpoint=A_CHECKPOINT, traceparent="00-a-b-01"),
    StopAttempt(KEY, StopMode.CHECKPOINT, "paused"),
    EndAcknowledged(KEY),
    PlanRequest("r", a_spec()),
    Goodbye("stopping", "see you"),
]


@pytest.mark.parametrize("message", NODE_MESSAGES, ids=lambda message: type(message).__name__)
def test_a_nodes_message_comes_back_as_it_was(message: NodeMessage) -> None:
    raw = node_message_to_proto(message).SerializeToString()
    assert node_message_from_proto(link_pb2.NodeMessage.FromString(raw)) == message


@pytest.mark.parametrize("message", SERVER_MESSAGES, ids=lambda message: type(message).__name__)
def test_a_servers_message_comes_back_as_it_was(message: ServerMessage) -> None:
    raw = server_message_to_proto(message).SerializeToString()
    assert server_message_from_proto(link_pb2.ServerMessage.FromString(raw)) == message


A_KEY = link_pb2.AttemptKey(job_id="job", attempt=1)
FORBIDDEN = {
    "no kind": link_pb2.NodeMessage(),
    "node id": link_pb2.NodeMessage(hello=link_pb2.Hello(node_id="../x")),
    "attempt 0": link_pb2.NodeMessage(heartbeat=link_pb2.Heartbeat(attempts=[link_pb2.AttemptKey(job_id="job")])),
    "an end in a report": link_pb2.NodeMessage(attempt_report=link_pb2.AttemptReport(key=A_KEY, state="succeeded")),
    "unknown state": link_pb2.NodeMessage(attempt_report=link_pb2.AttemptReport(key=A_KEY, state="flying")),
    "lost": link_pb2.NodeMessage(attempt_ended=link_pb2.AttemptEnded(key=A_KEY, outcome="lost")),
    "negative memory": link_pb2.NodeMessage(
        attempt_report=link_pb2.AttemptReport(key=A_KEY, state="running", memory_bytes=-1)
    ),
    "a path for a hash": link_pb2.NodeMessage(
        attempt_ended=link_pb2.AttemptEnded(
            key=A_KEY, outcome="succeeded", files=[job_pb2.ResultFile(name="model", sha256="../../etc/passwd")]
        )
    ),
    "a path for a name": link_pb2.NodeMessage(
        attempt_ended=link_pb2.AttemptEnded(
            key=A_KEY, outcome="succeeded", files=[job_pb2.ResultFile(name="../model", sha256="a" * 64)]
        )
    ),
    "device without id": link_pb2.NodeMessage(
        node_changed=link_pb2.NodeChanged(
            description=link_pb2.NodeDescription(devices=[common_pb2.DeviceCaps(device_type=common_pb2.DEVICE_CPU)])
        )
    ),
    "capacity of no device": link_pb2.NodeMessage(
        node_changed=link_pb2.NodeChanged(description=link_pb2.NodeDescription(capacity_bytes={"cpu:0": 1}))
    ),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_the_protocol_forbids_is_the_peers_fault(name: str) -> None:
    with pytest.raises(PeerFault):
        node_message_from_proto(FORBIDDEN[name])


def test_an_offer_that_cannot_be_read_is_the_servers_fault() -> None:
    offer = link_pb2.OfferAttempt(key=A_KEY, config=job_pb2.JobConfig(), lease_seconds=1.0)
    with pytest.raises(PeerFault, match="cannot read"):
        server_message_from_proto(link_pb2.ServerMessage(offer_attempt=offer))


@given(st.binary(max_size=200))
def test_whatever_bytes_come_only_a_peers_fault_comes_out(raw: bytes) -> None:
    with contextlib.suppress(DecodeError, PeerFault):
        node_message_from_proto(link_pb2.NodeMessage.FromString(raw))
    with contextlib.suppress(DecodeError, PeerFault):
        server_message_from_proto(link_pb2.ServerMessage.FromString(raw))
