"""What a server packs beside the status code of a failed rpc: its own words, a reason and the field at fault.

Loaded with the first such answer, since the messages of google.rpc take a while.
"""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2


@dataclass(frozen=True, slots=True)
class StatusDetails:
    """The server's own words; each empty when it said none."""

    message: str
    reason: str
    field: str


def status_details_from(packed: bytes) -> StatusDetails | None:
    """Return what the trailing metadata hold, None when it is not what it should be."""
    try:
        status = status_pb2.Status.FromString(packed)
    except DecodeError:
        return None
    return StatusDetails(message=status.message, reason=_reason(status), field=_field_at_fault(status))


def _reason(status: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return str(info.reason)
    return ""


def _field_at_fault(status: status_pb2.Status) -> str:
    bad_request = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Unpack(bad_request) and bad_request.field_violations:
            return str(bad_request.field_violations[0].field)
    return ""
