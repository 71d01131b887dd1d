from shared.pb import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NodeInfo(_message.Message):
    __slots__ = ("node_id", "name", "version", "devices", "cpu_cores", "ram_total", "ram_available", "ip_address", "port", "region", "compute_score", "reputation_score", "total_jobs_completed", "total_compute_hours", "average_rating", "staked_amount", "wallet_address", "is_online", "last_heartbeat", "uptime_percentage", "supported_formats", "max_model_size", "supports_terminal_access", "available_runtimes", "state", "last_seen_ms", "attempts", "slots", "terminal_address")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    CPU_CORES_FIELD_NUMBER: _ClassVar[int]
    RAM_TOTAL_FIELD_NUMBER: _ClassVar[int]
    RAM_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_SCORE_FIELD_NUMBER: _ClassVar[int]
    REPUTATION_SCORE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_JOBS_COMPLETED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COMPUTE_HOURS_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_RATING_FIELD_NUMBER: _ClassVar[int]
    STAKED_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    WALLET_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    IS_ONLINE_FIELD_NUMBER: _ClassVar[int]
    LAST_HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    UPTIME_PERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    SUPPORTED_FORMATS_FIELD_NUMBER: _ClassVar[int]
    MAX_MODEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    SUPPORTS_TERMINAL_ACCESS_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_RUNTIMES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_MS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    name: str
    version: _common_pb2.Version
    devices: _containers.RepeatedCompositeFieldContainer[_common_pb2.DeviceCaps]
    cpu_cores: int
    ram_total: int
    ram_available: int
    ip_address: str
    port: int
    region: str
    compute_score: float
    reputation_score: float
    total_jobs_completed: int
    total_compute_hours: float
    average_rating: float
    staked_amount: float
    wallet_address: str
    is_online: bool
    last_heartbeat: int
    uptime_percentage: float
    supported_formats: _containers.RepeatedScalarFieldContainer[str]
    max_model_size: int
    supports_terminal_access: bool
    available_runtimes: _containers.RepeatedScalarFieldContainer[str]
    state: str
    last_seen_ms: int
    attempts: _containers.RepeatedCompositeFieldContainer[RunningAttempt]
    slots: int
    terminal_address: str
    def __init__(self, node_id: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[_Union[_common_pb2.Version, _Mapping]] = ..., devices: _Optional[_Iterable[_Union[_common_pb2.DeviceCaps, _Mapping]]] = ..., cpu_cores: _Optional[int] = ..., ram_total: _Optional[int] = ..., ram_available: _Optional[int] = ..., ip_address: _Optional[str] = ..., port: _Optional[int] = ..., region: _Optional[str] = ..., compute_score: _Optional[float] = ..., reputation_score: _Optional[float] = ..., total_jobs_completed: _Optional[int] = ..., total_compute_hours: _Optional[float] = ..., average_rating: _Optional[float] = ..., staked_amount: _Optional[float] = ..., wallet_address: _Optional[str] = ..., is_online: _Optional[bool] = ..., last_heartbeat: _Optional[int] = ..., uptime_percentage: _Optional[float] = ..., supported_formats: _Optional[_Iterable[str]] = ..., max_model_size: _Optional[int] = ..., supports_terminal_access: _Optional[bool] = ..., available_runtimes: _Optional[_Iterable[str]] = ..., state: _Optional[str] = ..., last_seen_ms: _Optional[int] = ..., attempts: _Optional[_Iterable[_Union[RunningAttempt, _Mapping]]] = ..., slots: _Optional[int] = ..., terminal_address: _Optional[str] = ...) -> None: ...

class RunningAttempt(_message.Message):
    __slots__ = ("job_id", "attempt", "state", "memory_promised")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_PROMISED_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    attempt: int
    state: str
    memory_promised: int
    def __init__(self, job_id: _Optional[str] = ..., attempt: _Optional[int] = ..., state: _Optional[str] = ..., memory_promised: _Optional[int] = ...) -> None: ...

class FindNodesRequest(_message.Message):
    __slots__ = ("required_device", "min_memory", "min_reputation", "preferred_region", "max_results", "max_price_per_hour", "max_price_usd", "require_free_tier", "min_vram", "min_compute_score", "min_stake", "allowed_regions", "blocked_regions", "sort_by")
    class SortBy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SORT_BY_PRICE: _ClassVar[FindNodesRequest.SortBy]
        SORT_BY_PERFORMANCE: _ClassVar[FindNodesRequest.SortBy]
        SORT_BY_REPUTATION: _ClassVar[FindNodesRequest.SortBy]
        SORT_BY_AVAILABILITY: _ClassVar[FindNodesRequest.SortBy]
    SORT_BY_PRICE: FindNodesRequest.SortBy
    SORT_BY_PERFORMANCE: FindNodesRequest.SortBy
    SORT_BY_REPUTATION: FindNodesRequest.SortBy
    SORT_BY_AVAILABILITY: FindNodesRequest.SortBy
    REQUIRED_DEVICE_FIELD_NUMBER: _ClassVar[int]
    MIN_MEMORY_FIELD_NUMBER: _ClassVar[int]
    MIN_REPUTATION_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_REGION_FIELD_NUMBER: _ClassVar[int]
    MAX_RESULTS_FIELD_NUMBER: _ClassVar[int]
    MAX_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    MAX_PRICE_USD_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_FREE_TIER_FIELD_NUMBER: _ClassVar[int]
    MIN_VRAM_FIELD_NUMBER: _ClassVar[int]
    MIN_COMPUTE_SCORE_FIELD_NUMBER: _ClassVar[int]
    MIN_STAKE_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_REGIONS_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_REGIONS_FIELD_NUMBER: _ClassVar[int]
    SORT_BY_FIELD_NUMBER: _ClassVar[int]
    required_device: _common_pb2.DeviceType
    min_memory: int
    min_reputation: float
    preferred_region: str
    max_results: int
    max_price_per_hour: float
    max_price_usd: float
    require_free_tier: bool
    min_vram: int
    min_compute_score: float
    min_stake: float
    allowed_regions: _containers.RepeatedScalarFieldContainer[str]
    blocked_regions: _containers.RepeatedScalarFieldContainer[str]
    sort_by: FindNodesRequest.SortBy
    def __init__(self, required_device: _Optional[_Union[_common_pb2.DeviceType, str]] = ..., min_memory: _Optional[int] = ..., min_reputation: _Optional[float] = ..., preferred_region: _Optional[str] = ..., max_results: _Optional[int] = ..., max_price_per_hour: _Optional[float] = ..., max_price_usd: _Optional[float] = ..., require_free_tier: _Optional[bool] = ..., min_vram: _Optional[int] = ..., min_compute_score: _Optional[float] = ..., min_stake: _Optional[float] = ..., allowed_regions: _Optional[_Iterable[str]] = ..., blocked_regions: _Optional[_Iterable[str]] = ..., sort_by: _Optional[_Union[FindNodesRequest.SortBy, str]] = ...) -> None: ...

class FindNodesResponse(_message.Message):
    __slots__ = ("nodes", "total_matching", "avg_price_per_hour", "min_price_per_hour", "max_price_per_hour", "error")
    NODES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MATCHING_FIELD_NUMBER: _ClassVar[int]
    AVG_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    MIN_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    MAX_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[NodeInfo]
    total_matching: int
    avg_price_per_hour: float
    min_price_per_hour: float
    max_price_per_hour: float
    error: _common_pb2.Error
    def __init__(self, nodes: _Optional[_Iterable[_Union[NodeInfo, _Mapping]]] = ..., total_matching: _Optional[int] = ..., avg_price_per_hour: _Optional[float] = ..., min_price_per_hour: _Optional[float] = ..., max_price_per_hour: _Optional[float] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...

class ListNodesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "online_only", "filter_device", "filter_region", "min_price_per_hour", "max_price_per_hour", "sort_by", "sort_descending")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ONLINE_ONLY_FIELD_NUMBER: _ClassVar[int]
    FILTER_DEVICE_FIELD_NUMBER: _ClassVar[int]
    FILTER_REGION_FIELD_NUMBER: _ClassVar[int]
    MIN_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    MAX_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    SORT_BY_FIELD_NUMBER: _ClassVar[int]
    SORT_DESCENDING_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    online_only: bool
    filter_device: _common_pb2.DeviceType
    filter_region: str
    min_price_per_hour: float
    max_price_per_hour: float
    sort_by: FindNodesRequest.SortBy
    sort_descending: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., online_only: _Optional[bool] = ..., filter_device: _Optional[_Union[_common_pb2.DeviceType, str]] = ..., filter_region: _Optional[str] = ..., min_price_per_hour: _Optional[float] = ..., max_price_per_hour: _Optional[float] = ..., sort_by: _Optional[_Union[FindNodesRequest.SortBy, str]] = ..., sort_descending: _Optional[bool] = ...) -> None: ...

class ListNodesResponse(_message.Message):
    __slots__ = ("nodes", "next_page_token", "total_count", "online_count", "network_avg_price", "network_total_compute")
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    ONLINE_COUNT_FIELD_NUMBER: _ClassVar[int]
    NETWORK_AVG_PRICE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_TOTAL_COMPUTE_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[NodeInfo]
    next_page_token: str
    total_count: int
    online_count: int
    network_avg_price: float
    network_total_compute: float
    def __init__(self, nodes: _Optional[_Iterable[_Union[NodeInfo, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_count: _Optional[int] = ..., online_count: _Optional[int] = ..., network_avg_price: _Optional[float] = ..., network_total_compute: _Optional[float] = ...) -> None: ...

class GetNodeInfoRequest(_message.Message):
    __slots__ = ("node_id",)
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    def __init__(self, node_id: _Optional[str] = ...) -> None: ...

class GetNodeInfoResponse(_message.Message):
    __slots__ = ("info", "error")
    INFO_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    info: NodeInfo
    error: _common_pb2.Error
    def __init__(self, info: _Optional[_Union[NodeInfo, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...

class DrainNodeRequest(_message.Message):
    __slots__ = ("node_id", "within_seconds")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    WITHIN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    within_seconds: float
    def __init__(self, node_id: _Optional[str] = ..., within_seconds: _Optional[float] = ...) -> None: ...

class UndrainNodeRequest(_message.Message):
    __slots__ = ("node_id",)
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    def __init__(self, node_id: _Optional[str] = ...) -> None: ...

class NodeResponse(_message.Message):
    __slots__ = ("info",)
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: NodeInfo
    def __init__(self, info: _Optional[_Union[NodeInfo, _Mapping]] = ...) -> None: ...
