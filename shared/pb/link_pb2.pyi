from shared.pb import common_pb2 as _common_pb2
from shared.pb import job_pb2 as _job_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AttemptKey(_message.Message):
    __slots__ = ("job_id", "attempt")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    attempt: int
    def __init__(self, job_id: _Optional[str] = ..., attempt: _Optional[int] = ...) -> None: ...

class NodeMessage(_message.Message):
    __slots__ = ("hello", "heartbeat", "node_changed", "attempt_report", "attempt_ended", "plan_answer", "checkpoint_stored")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    NODE_CHANGED_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_REPORT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_ENDED_FIELD_NUMBER: _ClassVar[int]
    PLAN_ANSWER_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_STORED_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    heartbeat: Heartbeat
    node_changed: NodeChanged
    attempt_report: AttemptReport
    attempt_ended: AttemptEnded
    plan_answer: PlanAnswer
    checkpoint_stored: CheckpointStored
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., node_changed: _Optional[_Union[NodeChanged, _Mapping]] = ..., attempt_report: _Optional[_Union[AttemptReport, _Mapping]] = ..., attempt_ended: _Optional[_Union[AttemptEnded, _Mapping]] = ..., plan_answer: _Optional[_Union[PlanAnswer, _Mapping]] = ..., checkpoint_stored: _Optional[_Union[CheckpointStored, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("node_id", "name", "protocol_version", "process_id", "description", "held")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    name: str
    protocol_version: int
    process_id: str
    description: NodeDescription
    held: _containers.RepeatedCompositeFieldContainer[HeldAttempt]
    def __init__(self, node_id: _Optional[str] = ..., name: _Optional[str] = ..., protocol_version: _Optional[int] = ..., process_id: _Optional[str] = ..., description: _Optional[_Union[NodeDescription, _Mapping]] = ..., held: _Optional[_Iterable[_Union[HeldAttempt, _Mapping]]] = ...) -> None: ...

class NodeDescription(_message.Message):
    __slots__ = ("devices", "cpu_cores", "ram_total", "ram_available", "slots", "is_ready", "software_version", "fingerprint", "capacity_bytes", "allows_user_code", "serving_address", "serving_http_address", "terminal_address")
    class CapacityBytesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    CPU_CORES_FIELD_NUMBER: _ClassVar[int]
    RAM_TOTAL_FIELD_NUMBER: _ClassVar[int]
    RAM_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    IS_READY_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_BYTES_FIELD_NUMBER: _ClassVar[int]
    ALLOWS_USER_CODE_FIELD_NUMBER: _ClassVar[int]
    SERVING_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SERVING_HTTP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    devices: _containers.RepeatedCompositeFieldContainer[_common_pb2.DeviceCaps]
    cpu_cores: int
    ram_total: int
    ram_available: int
    slots: int
    is_ready: bool
    software_version: str
    fingerprint: str
    capacity_bytes: _containers.ScalarMap[str, int]
    allows_user_code: bool
    serving_address: str
    serving_http_address: str
    terminal_address: str
    def __init__(self, devices: _Optional[_Iterable[_Union[_common_pb2.DeviceCaps, _Mapping]]] = ..., cpu_cores: _Optional[int] = ..., ram_total: _Optional[int] = ..., ram_available: _Optional[int] = ..., slots: _Optional[int] = ..., is_ready: _Optional[bool] = ..., software_version: _Optional[str] = ..., fingerprint: _Optional[str] = ..., capacity_bytes: _Optional[_Mapping[str, int]] = ..., allows_user_code: _Optional[bool] = ..., serving_address: _Optional[str] = ..., serving_http_address: _Optional[str] = ..., terminal_address: _Optional[str] = ...) -> None: ...

class HeldAttempt(_message.Message):
    __slots__ = ("key", "state", "memory_bytes")
    KEY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    state: str
    memory_bytes: int
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., state: _Optional[str] = ..., memory_bytes: _Optional[int] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ("sequence", "attempts", "ram_available")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    RAM_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    attempts: _containers.RepeatedCompositeFieldContainer[AttemptKey]
    ram_available: int
    def __init__(self, sequence: _Optional[int] = ..., attempts: _Optional[_Iterable[_Union[AttemptKey, _Mapping]]] = ..., ram_available: _Optional[int] = ...) -> None: ...

class NodeChanged(_message.Message):
    __slots__ = ("description",)
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    description: NodeDescription
    def __init__(self, description: _Optional[_Union[NodeDescription, _Mapping]] = ...) -> None: ...

class AttemptReport(_message.Message):
    __slots__ = ("key", "state", "memory_bytes", "resumed_from_step", "first_step_at_ms")
    KEY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FROM_STEP_FIELD_NUMBER: _ClassVar[int]
    FIRST_STEP_AT_MS_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    state: str
    memory_bytes: int
    resumed_from_step: int
    first_step_at_ms: int
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., state: _Optional[str] = ..., memory_bytes: _Optional[int] = ..., resumed_from_step: _Optional[int] = ..., first_step_at_ms: _Optional[int] = ...) -> None: ...

class AttemptEnded(_message.Message):
    __slots__ = ("key", "outcome", "error_code", "message", "files", "final_metrics", "step", "epoch", "steps_total", "compute_seconds", "checkpoint_step", "checkpoint")
    class FinalMetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    KEY_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ERROR_CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    FINAL_METRICS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    STEPS_TOTAL_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_STEP_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    outcome: str
    error_code: str
    message: str
    files: _containers.RepeatedCompositeFieldContainer[_job_pb2.ResultFile]
    final_metrics: _containers.ScalarMap[str, float]
    step: int
    epoch: int
    steps_total: int
    compute_seconds: float
    checkpoint_step: int
    checkpoint: StoredCheckpoint
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., outcome: _Optional[str] = ..., error_code: _Optional[str] = ..., message: _Optional[str] = ..., files: _Optional[_Iterable[_Union[_job_pb2.ResultFile, _Mapping]]] = ..., final_metrics: _Optional[_Mapping[str, float]] = ..., step: _Optional[int] = ..., epoch: _Optional[int] = ..., steps_total: _Optional[int] = ..., compute_seconds: _Optional[float] = ..., checkpoint_step: _Optional[int] = ..., checkpoint: _Optional[_Union[StoredCheckpoint, _Mapping]] = ...) -> None: ...

class StoredCheckpoint(_message.Message):
    __slots__ = ("sha256", "size_bytes", "step", "fingerprint")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    size_bytes: int
    step: int
    fingerprint: str
    def __init__(self, sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ..., step: _Optional[int] = ..., fingerprint: _Optional[str] = ...) -> None: ...

class CheckpointStored(_message.Message):
    __slots__ = ("key", "checkpoint")
    KEY_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    checkpoint: StoredCheckpoint
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., checkpoint: _Optional[_Union[StoredCheckpoint, _Mapping]] = ...) -> None: ...

class PlanAnswer(_message.Message):
    __slots__ = ("request_id", "memory_bytes", "flops_per_step", "error_code", "message", "field", "layers")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    FLOPS_PER_STEP_FIELD_NUMBER: _ClassVar[int]
    ERROR_CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    memory_bytes: int
    flops_per_step: float
    error_code: str
    message: str
    field: str
    layers: _containers.RepeatedCompositeFieldContainer[_job_pb2.PlannedLayer]
    def __init__(self, request_id: _Optional[str] = ..., memory_bytes: _Optional[int] = ..., flops_per_step: _Optional[float] = ..., error_code: _Optional[str] = ..., message: _Optional[str] = ..., field: _Optional[str] = ..., layers: _Optional[_Iterable[_Union[_job_pb2.PlannedLayer, _Mapping]]] = ...) -> None: ...

class ServerMessage(_message.Message):
    __slots__ = ("welcome", "heartbeat_ack", "offer_attempt", "stop_attempt", "end_acknowledged", "plan_request", "goodbye")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_ACK_FIELD_NUMBER: _ClassVar[int]
    OFFER_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    STOP_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    END_ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    PLAN_REQUEST_FIELD_NUMBER: _ClassVar[int]
    GOODBYE_FIELD_NUMBER: _ClassVar[int]
    welcome: Welcome
    heartbeat_ack: HeartbeatAck
    offer_attempt: OfferAttempt
    stop_attempt: StopAttempt
    end_acknowledged: EndAcknowledged
    plan_request: PlanRequest
    goodbye: Goodbye
    def __init__(self, welcome: _Optional[_Union[Welcome, _Mapping]] = ..., heartbeat_ack: _Optional[_Union[HeartbeatAck, _Mapping]] = ..., offer_attempt: _Optional[_Union[OfferAttempt, _Mapping]] = ..., stop_attempt: _Optional[_Union[StopAttempt, _Mapping]] = ..., end_acknowledged: _Optional[_Union[EndAcknowledged, _Mapping]] = ..., plan_request: _Optional[_Union[PlanRequest, _Mapping]] = ..., goodbye: _Optional[_Union[Goodbye, _Mapping]] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("session_id", "lease_seconds", "heartbeat_seconds", "verdicts")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    lease_seconds: float
    heartbeat_seconds: float
    verdicts: _containers.RepeatedCompositeFieldContainer[HeldVerdict]
    def __init__(self, session_id: _Optional[str] = ..., lease_seconds: _Optional[float] = ..., heartbeat_seconds: _Optional[float] = ..., verdicts: _Optional[_Iterable[_Union[HeldVerdict, _Mapping]]] = ...) -> None: ...

class HeldVerdict(_message.Message):
    __slots__ = ("key", "verdict")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    verdict: str
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., verdict: _Optional[str] = ...) -> None: ...

class HeartbeatAck(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class OfferAttempt(_message.Message):
    __slots__ = ("key", "config", "device_ids", "memory_bytes", "lease_seconds", "weight", "checkpoint", "traceparent")
    KEY_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    DEVICE_IDS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    config: _job_pb2.JobConfig
    device_ids: _containers.RepeatedScalarFieldContainer[str]
    memory_bytes: int
    lease_seconds: float
    weight: int
    checkpoint: StoredCheckpoint
    traceparent: str
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., config: _Optional[_Union[_job_pb2.JobConfig, _Mapping]] = ..., device_ids: _Optional[_Iterable[str]] = ..., memory_bytes: _Optional[int] = ..., lease_seconds: _Optional[float] = ..., weight: _Optional[int] = ..., checkpoint: _Optional[_Union[StoredCheckpoint, _Mapping]] = ..., traceparent: _Optional[str] = ...) -> None: ...

class StopAttempt(_message.Message):
    __slots__ = ("key", "mode", "reason")
    KEY_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    mode: str
    reason: str
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., mode: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class EndAcknowledged(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ...) -> None: ...

class PlanRequest(_message.Message):
    __slots__ = ("request_id", "config")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    config: _job_pb2.JobConfig
    def __init__(self, request_id: _Optional[str] = ..., config: _Optional[_Union[_job_pb2.JobConfig, _Mapping]] = ...) -> None: ...

class Goodbye(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class TelemetryBatch(_message.Message):
    __slots__ = ("node_id", "session_id", "sequence", "live", "rows", "lines", "device_uses", "dropped")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    DEVICE_USES_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    session_id: str
    sequence: int
    live: _containers.RepeatedCompositeFieldContainer[LiveProgress]
    rows: _containers.RepeatedCompositeFieldContainer[HistoryRow]
    lines: _containers.RepeatedCompositeFieldContainer[LogEntry]
    device_uses: _containers.RepeatedCompositeFieldContainer[DeviceUse]
    dropped: int
    def __init__(self, node_id: _Optional[str] = ..., session_id: _Optional[str] = ..., sequence: _Optional[int] = ..., live: _Optional[_Iterable[_Union[LiveProgress, _Mapping]]] = ..., rows: _Optional[_Iterable[_Union[HistoryRow, _Mapping]]] = ..., lines: _Optional[_Iterable[_Union[LogEntry, _Mapping]]] = ..., device_uses: _Optional[_Iterable[_Union[DeviceUse, _Mapping]]] = ..., dropped: _Optional[int] = ...) -> None: ...

class DeviceUse(_message.Message):
    __slots__ = ("device_id", "memory_used_bytes", "utilisation")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    MEMORY_USED_BYTES_FIELD_NUMBER: _ClassVar[int]
    UTILISATION_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    memory_used_bytes: int
    utilisation: float
    def __init__(self, device_id: _Optional[str] = ..., memory_used_bytes: _Optional[int] = ..., utilisation: _Optional[float] = ...) -> None: ...

class LiveProgress(_message.Message):
    __slots__ = ("key", "step", "steps_total", "epoch", "epochs", "samples_processed", "elapsed_ms", "metrics")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    KEY_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_TOTAL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_PROCESSED_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_MS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    step: int
    steps_total: int
    epoch: int
    epochs: int
    samples_processed: int
    elapsed_ms: int
    metrics: _containers.ScalarMap[str, float]
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., step: _Optional[int] = ..., steps_total: _Optional[int] = ..., epoch: _Optional[int] = ..., epochs: _Optional[int] = ..., samples_processed: _Optional[int] = ..., elapsed_ms: _Optional[int] = ..., metrics: _Optional[_Mapping[str, float]] = ...) -> None: ...

class HistoryRow(_message.Message):
    __slots__ = ("key", "row")
    KEY_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    row: _job_pb2.MetricRow
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., row: _Optional[_Union[_job_pb2.MetricRow, _Mapping]] = ...) -> None: ...

class LogEntry(_message.Message):
    __slots__ = ("key", "at_ms", "level", "text")
    KEY_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    key: AttemptKey
    at_ms: int
    level: str
    text: str
    def __init__(self, key: _Optional[_Union[AttemptKey, _Mapping]] = ..., at_ms: _Optional[int] = ..., level: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class TelemetryAck(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class CallerQuestion(_message.Message):
    __slots__ = ("token", "peer", "permission", "what")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    PERMISSION_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    token: str
    peer: str
    permission: str
    what: str
    def __init__(self, token: _Optional[str] = ..., peer: _Optional[str] = ..., permission: _Optional[str] = ..., what: _Optional[str] = ...) -> None: ...

class CallerAnswer(_message.Message):
    __slots__ = ("allowed", "user_id", "role", "token_id", "sentence", "code")
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    allowed: bool
    user_id: str
    role: str
    token_id: str
    sentence: str
    code: str
    def __init__(self, allowed: _Optional[bool] = ..., user_id: _Optional[str] = ..., role: _Optional[str] = ..., token_id: _Optional[str] = ..., sentence: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class AuditReport(_message.Message):
    __slots__ = ("user_id", "role", "token_id", "peer", "action", "subject", "result", "detail")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    role: str
    token_id: str
    peer: str
    action: str
    subject: str
    result: str
    detail: str
    def __init__(self, user_id: _Optional[str] = ..., role: _Optional[str] = ..., token_id: _Optional[str] = ..., peer: _Optional[str] = ..., action: _Optional[str] = ..., subject: _Optional[str] = ..., result: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class AuditReceipt(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
