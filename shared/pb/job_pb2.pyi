from shared.pb import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JobType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_TYPE_UNKNOWN: _ClassVar[JobType]
    JOB_TYPE_TRAINING: _ClassVar[JobType]
    JOB_TYPE_INFERENCE: _ClassVar[JobType]
    JOB_TYPE_EVALUATION: _ClassVar[JobType]
    JOB_TYPE_PREPROCESSING: _ClassVar[JobType]
    JOB_TYPE_SERVING: _ClassVar[JobType]

class JobPriority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_LOW: _ClassVar[JobPriority]
    PRIORITY_NORMAL: _ClassVar[JobPriority]
    PRIORITY_HIGH: _ClassVar[JobPriority]
    PRIORITY_CRITICAL: _ClassVar[JobPriority]
JOB_TYPE_UNKNOWN: JobType
JOB_TYPE_TRAINING: JobType
JOB_TYPE_INFERENCE: JobType
JOB_TYPE_EVALUATION: JobType
JOB_TYPE_PREPROCESSING: JobType
JOB_TYPE_SERVING: JobType
PRIORITY_LOW: JobPriority
PRIORITY_NORMAL: JobPriority
PRIORITY_HIGH: JobPriority
PRIORITY_CRITICAL: JobPriority

class Serving(_message.Message):
    __slots__ = ("deployment_id", "name", "format", "largest_batch", "batch_milliseconds", "queue_rows", "generation", "input_shape", "classes", "has_tokens", "offset", "width")
    DEPLOYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    LARGEST_BATCH_FIELD_NUMBER: _ClassVar[int]
    BATCH_MILLISECONDS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_ROWS_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    INPUT_SHAPE_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    HAS_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    deployment_id: str
    name: str
    format: str
    largest_batch: int
    batch_milliseconds: float
    queue_rows: int
    generation: int
    input_shape: _containers.RepeatedScalarFieldContainer[int]
    classes: int
    has_tokens: bool
    offset: _containers.RepeatedScalarFieldContainer[float]
    width: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, deployment_id: _Optional[str] = ..., name: _Optional[str] = ..., format: _Optional[str] = ..., largest_batch: _Optional[int] = ..., batch_milliseconds: _Optional[float] = ..., queue_rows: _Optional[int] = ..., generation: _Optional[int] = ..., input_shape: _Optional[_Iterable[int]] = ..., classes: _Optional[int] = ..., has_tokens: _Optional[bool] = ..., offset: _Optional[_Iterable[float]] = ..., width: _Optional[_Iterable[float]] = ...) -> None: ...

class JobConfig(_message.Message):
    __slots__ = ("job_id", "job_type", "priority", "model_definition", "hyperparameters", "dataset_uri", "batch_size", "epochs", "required_device", "estimated_memory", "estimated_duration", "payment_amount", "payment_address", "escrow_tx_hash", "reservation_duration_minutes", "name", "labels", "devices", "max_failures", "timeout_seconds", "max_losses", "weights_uri", "whole_device", "wait_timeout_seconds", "after", "trackers", "serving")
    class HyperparametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_TYPE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    MODEL_DEFINITION_FIELD_NUMBER: _ClassVar[int]
    HYPERPARAMETERS_FIELD_NUMBER: _ClassVar[int]
    DATASET_URI_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_DEVICE_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_MEMORY_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_DURATION_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ESCROW_TX_HASH_FIELD_NUMBER: _ClassVar[int]
    RESERVATION_DURATION_MINUTES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    MAX_FAILURES_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAX_LOSSES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_URI_FIELD_NUMBER: _ClassVar[int]
    WHOLE_DEVICE_FIELD_NUMBER: _ClassVar[int]
    WAIT_TIMEOUT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    TRACKERS_FIELD_NUMBER: _ClassVar[int]
    SERVING_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    job_type: JobType
    priority: JobPriority
    model_definition: str
    hyperparameters: _containers.ScalarMap[str, str]
    dataset_uri: str
    batch_size: int
    epochs: int
    required_device: _common_pb2.DeviceType
    estimated_memory: int
    estimated_duration: int
    payment_amount: float
    payment_address: str
    escrow_tx_hash: str
    reservation_duration_minutes: int
    name: str
    labels: _containers.ScalarMap[str, str]
    devices: int
    max_failures: int
    timeout_seconds: int
    max_losses: int
    weights_uri: str
    whole_device: bool
    wait_timeout_seconds: int
    after: _containers.RepeatedScalarFieldContainer[str]
    trackers: Trackers
    serving: Serving
    def __init__(self, job_id: _Optional[str] = ..., job_type: _Optional[_Union[JobType, str]] = ..., priority: _Optional[_Union[JobPriority, str]] = ..., model_definition: _Optional[str] = ..., hyperparameters: _Optional[_Mapping[str, str]] = ..., dataset_uri: _Optional[str] = ..., batch_size: _Optional[int] = ..., epochs: _Optional[int] = ..., required_device: _Optional[_Union[_common_pb2.DeviceType, str]] = ..., estimated_memory: _Optional[int] = ..., estimated_duration: _Optional[int] = ..., payment_amount: _Optional[float] = ..., payment_address: _Optional[str] = ..., escrow_tx_hash: _Optional[str] = ..., reservation_duration_minutes: _Optional[int] = ..., name: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., devices: _Optional[int] = ..., max_failures: _Optional[int] = ..., timeout_seconds: _Optional[int] = ..., max_losses: _Optional[int] = ..., weights_uri: _Optional[str] = ..., whole_device: _Optional[bool] = ..., wait_timeout_seconds: _Optional[int] = ..., after: _Optional[_Iterable[str]] = ..., trackers: _Optional[_Union[Trackers, _Mapping]] = ..., serving: _Optional[_Union[Serving, _Mapping]] = ...) -> None: ...

class Trackers(_message.Message):
    __slots__ = ("tensorboard", "mlflow", "mlflow_experiment")
    TENSORBOARD_FIELD_NUMBER: _ClassVar[int]
    MLFLOW_FIELD_NUMBER: _ClassVar[int]
    MLFLOW_EXPERIMENT_FIELD_NUMBER: _ClassVar[int]
    tensorboard: bool
    mlflow: bool
    mlflow_experiment: str
    def __init__(self, tensorboard: _Optional[bool] = ..., mlflow: _Optional[bool] = ..., mlflow_experiment: _Optional[str] = ...) -> None: ...

class JobStatus(_message.Message):
    __slots__ = ("job_id", "status", "progress", "current_node_id", "start_time", "end_time", "error", "metrics", "current_epoch", "state", "reason", "waiting_reason", "name", "step", "steps_total", "epochs", "attempt", "priority", "labels", "submitted_at_ms", "started_at_ms", "first_step_at_ms", "ended_at_ms", "user_id", "job_type")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_NODE_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_EPOCH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WAITING_REASON_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_TOTAL_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    FIRST_STEP_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_TYPE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    status: _common_pb2.StatusCode
    progress: float
    current_node_id: str
    start_time: int
    end_time: int
    error: _common_pb2.Error
    metrics: _containers.ScalarMap[str, float]
    current_epoch: int
    state: str
    reason: str
    waiting_reason: str
    name: str
    step: int
    steps_total: int
    epochs: int
    attempt: int
    priority: JobPriority
    labels: _containers.ScalarMap[str, str]
    submitted_at_ms: int
    started_at_ms: int
    first_step_at_ms: int
    ended_at_ms: int
    user_id: str
    job_type: JobType
    def __init__(self, job_id: _Optional[str] = ..., status: _Optional[_Union[_common_pb2.StatusCode, str]] = ..., progress: _Optional[float] = ..., current_node_id: _Optional[str] = ..., start_time: _Optional[int] = ..., end_time: _Optional[int] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ..., metrics: _Optional[_Mapping[str, float]] = ..., current_epoch: _Optional[int] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., waiting_reason: _Optional[str] = ..., name: _Optional[str] = ..., step: _Optional[int] = ..., steps_total: _Optional[int] = ..., epochs: _Optional[int] = ..., attempt: _Optional[int] = ..., priority: _Optional[_Union[JobPriority, str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., submitted_at_ms: _Optional[int] = ..., started_at_ms: _Optional[int] = ..., first_step_at_ms: _Optional[int] = ..., ended_at_ms: _Optional[int] = ..., user_id: _Optional[str] = ..., job_type: _Optional[_Union[JobType, str]] = ...) -> None: ...

class JobResult(_message.Message):
    __slots__ = ("job_id", "status", "model_weights_uri", "model_weights_hash", "model_size", "final_metrics", "total_compute_time", "energy_consumed", "proof_of_compute", "signatures", "compute_seconds", "files")
    class FinalMetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MODEL_WEIGHTS_URI_FIELD_NUMBER: _ClassVar[int]
    MODEL_WEIGHTS_HASH_FIELD_NUMBER: _ClassVar[int]
    MODEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    FINAL_METRICS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COMPUTE_TIME_FIELD_NUMBER: _ClassVar[int]
    ENERGY_CONSUMED_FIELD_NUMBER: _ClassVar[int]
    PROOF_OF_COMPUTE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    status: _common_pb2.StatusCode
    model_weights_uri: str
    model_weights_hash: str
    model_size: int
    final_metrics: _containers.ScalarMap[str, float]
    total_compute_time: int
    energy_consumed: float
    proof_of_compute: str
    signatures: _containers.RepeatedScalarFieldContainer[str]
    compute_seconds: float
    files: _containers.RepeatedCompositeFieldContainer[ResultFile]
    def __init__(self, job_id: _Optional[str] = ..., status: _Optional[_Union[_common_pb2.StatusCode, str]] = ..., model_weights_uri: _Optional[str] = ..., model_weights_hash: _Optional[str] = ..., model_size: _Optional[int] = ..., final_metrics: _Optional[_Mapping[str, float]] = ..., total_compute_time: _Optional[int] = ..., energy_consumed: _Optional[float] = ..., proof_of_compute: _Optional[str] = ..., signatures: _Optional[_Iterable[str]] = ..., compute_seconds: _Optional[float] = ..., files: _Optional[_Iterable[_Union[ResultFile, _Mapping]]] = ...) -> None: ...

class ResultFile(_message.Message):
    __slots__ = ("name", "sha256", "size_bytes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    name: str
    sha256: str
    size_bytes: int
    def __init__(self, name: _Optional[str] = ..., sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class SubmitJobRequest(_message.Message):
    __slots__ = ("config", "initial_data")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    INITIAL_DATA_FIELD_NUMBER: _ClassVar[int]
    config: JobConfig
    initial_data: bytes
    def __init__(self, config: _Optional[_Union[JobConfig, _Mapping]] = ..., initial_data: _Optional[bytes] = ...) -> None: ...

class NodeAssignment(_message.Message):
    __slots__ = ("node_id", "node_endpoint", "auth_token", "token_expires_at", "node_public_key")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    AUTH_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOKEN_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    NODE_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    node_endpoint: str
    auth_token: str
    token_expires_at: int
    node_public_key: str
    def __init__(self, node_id: _Optional[str] = ..., node_endpoint: _Optional[str] = ..., auth_token: _Optional[str] = ..., token_expires_at: _Optional[int] = ..., node_public_key: _Optional[str] = ...) -> None: ...

class SubmitJobResponse(_message.Message):
    __slots__ = ("job_id", "status", "node_assignment", "assigned_node_id", "error", "estimated_start_time")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NODE_ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    ASSIGNED_NODE_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_START_TIME_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    status: _common_pb2.StatusCode
    node_assignment: NodeAssignment
    assigned_node_id: str
    error: _common_pb2.Error
    estimated_start_time: int
    def __init__(self, job_id: _Optional[str] = ..., status: _Optional[_Union[_common_pb2.StatusCode, str]] = ..., node_assignment: _Optional[_Union[NodeAssignment, _Mapping]] = ..., assigned_node_id: _Optional[str] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ..., estimated_start_time: _Optional[int] = ...) -> None: ...

class GetJobStatusRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetJobStatusResponse(_message.Message):
    __slots__ = ("status", "node_assignment", "error")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NODE_ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    status: JobStatus
    node_assignment: NodeAssignment
    error: _common_pb2.Error
    def __init__(self, status: _Optional[_Union[JobStatus, _Mapping]] = ..., node_assignment: _Optional[_Union[NodeAssignment, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...

class CancelJobRequest(_message.Message):
    __slots__ = ("job_id", "reason")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    reason: str
    def __init__(self, job_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelJobResponse(_message.Message):
    __slots__ = ("status", "refund_issued", "error")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REFUND_ISSUED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    status: _common_pb2.StatusCode
    refund_issued: bool
    error: _common_pb2.Error
    def __init__(self, status: _Optional[_Union[_common_pb2.StatusCode, str]] = ..., refund_issued: _Optional[bool] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...

class DeleteJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class DeleteJobResponse(_message.Message):
    __slots__ = ("status", "error")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    status: _common_pb2.StatusCode
    error: _common_pb2.Error
    def __init__(self, status: _Optional[_Union[_common_pb2.StatusCode, str]] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...

class JobUpdateStream(_message.Message):
    __slots__ = ("job_id", "status", "live_metrics", "log_message", "visualization_data")
    class LiveMetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LIVE_METRICS_FIELD_NUMBER: _ClassVar[int]
    LOG_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    VISUALIZATION_DATA_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    status: JobStatus
    live_metrics: _containers.ScalarMap[str, float]
    log_message: str
    visualization_data: bytes
    def __init__(self, job_id: _Optional[str] = ..., status: _Optional[_Union[JobStatus, _Mapping]] = ..., live_metrics: _Optional[_Mapping[str, float]] = ..., log_message: _Optional[str] = ..., visualization_data: _Optional[bytes] = ...) -> None: ...

class ListJobsRequest(_message.Message):
    __slots__ = ("user_id", "page_size", "page_token", "filter_type", "filter_status", "filter_state", "complete")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_TYPE_FIELD_NUMBER: _ClassVar[int]
    FILTER_STATUS_FIELD_NUMBER: _ClassVar[int]
    FILTER_STATE_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    page_size: int
    page_token: str
    filter_type: JobType
    filter_status: _common_pb2.StatusCode
    filter_state: str
    complete: bool
    def __init__(self, user_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter_type: _Optional[_Union[JobType, str]] = ..., filter_status: _Optional[_Union[_common_pb2.StatusCode, str]] = ..., filter_state: _Optional[str] = ..., complete: _Optional[bool] = ...) -> None: ...

class ListJobsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token", "total_count", "details")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[JobStatus]
    next_page_token: str
    total_count: int
    details: _containers.RepeatedCompositeFieldContainer[Job]
    def __init__(self, jobs: _Optional[_Iterable[_Union[JobStatus, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_count: _Optional[int] = ..., details: _Optional[_Iterable[_Union[Job, _Mapping]]] = ...) -> None: ...

class GetJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("status", "config", "attempts", "result")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    status: JobStatus
    config: JobConfig
    attempts: _containers.RepeatedCompositeFieldContainer[AttemptRecord]
    result: JobResult
    def __init__(self, status: _Optional[_Union[JobStatus, _Mapping]] = ..., config: _Optional[_Union[JobConfig, _Mapping]] = ..., attempts: _Optional[_Iterable[_Union[AttemptRecord, _Mapping]]] = ..., result: _Optional[_Union[JobResult, _Mapping]] = ...) -> None: ...

class AttemptRecord(_message.Message):
    __slots__ = ("number", "node_id", "state", "reason", "started_at_ms", "ended_at_ms", "resumed_from_step", "placement")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FROM_STEP_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    number: int
    node_id: str
    state: str
    reason: str
    started_at_ms: int
    ended_at_ms: int
    resumed_from_step: int
    placement: str
    def __init__(self, number: _Optional[int] = ..., node_id: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., started_at_ms: _Optional[int] = ..., ended_at_ms: _Optional[int] = ..., resumed_from_step: _Optional[int] = ..., placement: _Optional[str] = ...) -> None: ...

class GetJobResultRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class WatchJobRequest(_message.Message):
    __slots__ = ("job_id", "after_sequence")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    after_sequence: int
    def __init__(self, job_id: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class JobUpdate(_message.Message):
    __slots__ = ("sequence", "job")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    JOB_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    job: Job
    def __init__(self, sequence: _Optional[int] = ..., job: _Optional[_Union[Job, _Mapping]] = ...) -> None: ...

class GetMetricsRequest(_message.Message):
    __slots__ = ("job_id", "after_step")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_STEP_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    after_step: int
    def __init__(self, job_id: _Optional[str] = ..., after_step: _Optional[int] = ...) -> None: ...

class GetMetricsResponse(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[MetricRow]
    def __init__(self, rows: _Optional[_Iterable[_Union[MetricRow, _Mapping]]] = ...) -> None: ...

class MetricRow(_message.Message):
    __slots__ = ("step", "epoch", "at_ms", "values")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    STEP_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    step: int
    epoch: int
    at_ms: int
    values: _containers.ScalarMap[str, float]
    def __init__(self, step: _Optional[int] = ..., epoch: _Optional[int] = ..., at_ms: _Optional[int] = ..., values: _Optional[_Mapping[str, float]] = ...) -> None: ...

class GetLogsRequest(_message.Message):
    __slots__ = ("job_id", "after_sequence", "follow")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    after_sequence: int
    follow: bool
    def __init__(self, job_id: _Optional[str] = ..., after_sequence: _Optional[int] = ..., follow: _Optional[bool] = ...) -> None: ...

class LogLine(_message.Message):
    __slots__ = ("sequence", "at_ms", "attempt", "level", "text")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    at_ms: int
    attempt: int
    level: str
    text: str
    def __init__(self, sequence: _Optional[int] = ..., at_ms: _Optional[int] = ..., attempt: _Optional[int] = ..., level: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class PauseJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class PauseJobResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: JobStatus
    def __init__(self, status: _Optional[_Union[JobStatus, _Mapping]] = ...) -> None: ...

class ResumeJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class ResumeJobResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: JobStatus
    def __init__(self, status: _Optional[_Union[JobStatus, _Mapping]] = ...) -> None: ...

class PlanJobRequest(_message.Message):
    __slots__ = ("config",)
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    config: JobConfig
    def __init__(self, config: _Optional[_Union[JobConfig, _Mapping]] = ...) -> None: ...

class PlanJobResponse(_message.Message):
    __slots__ = ("layers", "parameters", "memory_bytes", "flops_per_step", "nodes", "memory_note")
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    FLOPS_PER_STEP_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    MEMORY_NOTE_FIELD_NUMBER: _ClassVar[int]
    layers: _containers.RepeatedCompositeFieldContainer[PlannedLayer]
    parameters: int
    memory_bytes: int
    flops_per_step: float
    nodes: _containers.RepeatedCompositeFieldContainer[PlannedNode]
    memory_note: str
    def __init__(self, layers: _Optional[_Iterable[_Union[PlannedLayer, _Mapping]]] = ..., parameters: _Optional[int] = ..., memory_bytes: _Optional[int] = ..., flops_per_step: _Optional[float] = ..., nodes: _Optional[_Iterable[_Union[PlannedNode, _Mapping]]] = ..., memory_note: _Optional[str] = ...) -> None: ...

class PlannedLayer(_message.Message):
    __slots__ = ("node_id", "name", "type", "output_shape", "parameters")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_SHAPE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    name: str
    type: str
    output_shape: _containers.RepeatedScalarFieldContainer[int]
    parameters: int
    def __init__(self, node_id: _Optional[str] = ..., name: _Optional[str] = ..., type: _Optional[str] = ..., output_shape: _Optional[_Iterable[int]] = ..., parameters: _Optional[int] = ...) -> None: ...

class PlannedNode(_message.Message):
    __slots__ = ("node_id", "name", "fits", "reason")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FITS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    name: str
    fits: bool
    reason: str
    def __init__(self, node_id: _Optional[str] = ..., name: _Optional[str] = ..., fits: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...
