"""What a queued job asks of a place. Jobs with equal needs are one class: where one does not fit, none does.

Every index of the queue looks needs up, so they are tuples, which cost least to make, to hash and to compare.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.node_messages import DeviceKind


class AvoidedNode(NamedTuple):
    """A node that would not have the job lately, and why."""

    node_id: str
    reason: str


class Need(NamedTuple):
    """The requirements of a class of jobs.

    Attributes:
        device_kind: None when any kind will do.
        memory_bytes: what will be promised on the device.
        avoided: in order of node id.
        runs_user_code: whether the model is one that its user wrote in Python.
        is_whole: whether the device is to be shared with nobody.
        is_replica: whether callers have to reach it there.
    """

    device_kind: DeviceKind | None
    memory_bytes: int
    avoided: tuple[AvoidedNode, ...] = ()
    runs_user_code: bool = False
    is_whole: bool = False
    is_replica: bool = False
