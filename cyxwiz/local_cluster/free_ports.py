"""Finds out before anything starts whether a port can be had."""

from __future__ import annotations

import errno
import socket

from shared.errors import InvalidField, WrongState


def refuse_taken_port(host: str, port: int, *, option: str) -> None:
    """Raise when nobody could listen on `port`; 0 is always free.

    Raises:
        WrongState: somebody listens there.
        InvalidField: it is no port, or not ours to take.
    """
    if port == 0:
        return
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As the server does: what a stopped one left in TIME_WAIT is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise WrongState(
                f"port {port} is in use: stop what listens there, or choose another with {option} (0 is any free port)",
                field=option,
            ) from error
        raise InvalidField(f"cannot listen on port {port}: {error.strerror}; choose another with {option}") from error
