"""How a channel to the central server is made. Whether and when to make one is the client's matter."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
import grpc.aio

MESSAGE_LIMIT_BYTES = 64 * 2**20

_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # A channel of its own pool: an earlier channel's back-off must not hold back a new dial.
    ("grpc.use_local_subchannel_pool", 1),
)


def dial(address: str, credentials: grpc.ChannelCredentials | None = None) -> grpc.aio.Channel:
    """Return a channel to `host:port`, in the clear without credentials; nothing is connected until the first call."""
    if credentials is None:
        return grpc.aio.insecure_channel(address, options=_OPTIONS)
    return grpc.aio.secure_channel(address, credentials, options=_OPTIONS)


def addresses_from_text(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses of one or more comma-separated lists, in order, without repetitions."""
    found = [part.strip() for text in texts for part in text.split(",")]
    return tuple(dict.fromkeys(part for part in found if part))
