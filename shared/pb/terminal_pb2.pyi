from shared.pb import common_pb2 as _common_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TerminalSessionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TERMINAL_SESSION_UNKNOWN: _ClassVar[TerminalSessionStatus]
    TERMINAL_SESSION_ACTIVE: _ClassVar[TerminalSessionStatus]
    TERMINAL_SESSION_CLOSED: _ClassVar[TerminalSessionStatus]
    TERMINAL_SESSION_ERROR: _ClassVar[TerminalSessionStatus]
TERMINAL_SESSION_UNKNOWN: TerminalSessionStatus
TERMINAL_SESSION_ACTIVE: TerminalSessionStatus
TERMINAL_SESSION_CLOSED: TerminalSessionStatus
TERMINAL_SESSION_ERROR: TerminalSessionStatus

class TerminalData(_message.Message):
    __slots__ = ("session_id", "deployment_id", "data", "is_eof", "sequence_number", "exit_code", "reason")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    IS_EOF_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    deployment_id: str
    data: bytes
    is_eof: bool
    sequence_number: int
    exit_code: int
    reason: str
    def __init__(self, session_id: _Optional[str] = ..., deployment_id: _Optional[str] = ..., data: _Optional[bytes] = ..., is_eof: _Optional[bool] = ..., sequence_number: _Optional[int] = ..., exit_code: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class TerminalResize(_message.Message):
    __slots__ = ("session_id", "rows", "cols")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    rows: int
    cols: int
    def __init__(self, session_id: _Optional[str] = ..., rows: _Optional[int] = ..., cols: _Optional[int] = ...) -> None: ...

class TerminalSession(_message.Message):
    __slots__ = ("session_id", "deployment_id", "user_id", "status", "created_at", "last_activity", "rows", "cols")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    deployment_id: str
    user_id: str
    status: TerminalSessionStatus
    created_at: int
    last_activity: int
    rows: int
    cols: int
    def __init__(self, session_id: _Optional[str] = ..., deployment_id: _Optional[str] = ..., user_id: _Optional[str] = ..., status: _Optional[_Union[TerminalSessionStatus, str]] = ..., created_at: _Optional[int] = ..., last_activity: _Optional[int] = ..., rows: _Optional[int] = ..., cols: _Optional[int] = ...) -> None: ...

class CreateTerminalSessionRequest(_message.Message):
    __slots__ = ("deployment_id", "user_id", "rows", "cols", "command", "terminal_type", "hides_input")
    DEPLOYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLS_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_TYPE_FIELD_NUMBER: _ClassVar[int]
    HIDES_INPUT_FIELD_NUMBER: _ClassVar[int]
    deployment_id: str
    user_id: str
    rows: int
    cols: int
    command: str
    terminal_type: str
    hides_input: bool
    def __init__(self, deployment_id: _Optional[str] = ..., user_id: _Optional[str] = ..., rows: _Optional[int] = ..., cols: _Optional[int] = ..., command: _Optional[str] = ..., terminal_type: _Optional[str] = ..., hides_input: _Optional[bool] = ...) -> None: ...

class CreateTerminalSessionResponse(_message.Message):
    __slots__ = ("status", "session", "error")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    status: _common_pb2.StatusCode
    session: TerminalSession
    error: _common_pb2.Error
    def __init__(self, status: _Optional[_Union[_common_pb2.StatusCode, str]] = ..., session: _Optional[_Union[TerminalSession, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...

class CloseTerminalSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class CloseTerminalSessionResponse(_message.Message):
    __slots__ = ("status", "error")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    status: _common_pb2.StatusCode
    error: _common_pb2.Error
    def __init__(self, status: _Optional[_Union[_common_pb2.StatusCode, str]] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...

class SimpleResponse(_message.Message):
    __slots__ = ("status", "error")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    status: _common_pb2.StatusCode
    error: _common_pb2.Error
    def __init__(self, status: _Optional[_Union[_common_pb2.StatusCode, str]] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...
