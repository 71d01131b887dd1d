"""Checks whether the ports of `cyxwiz up` are free, or held by a central server of ours."""

from __future__ import annotations

import http.client
import socket

from cyxwiz.cli.checkup.finding import Finding, Level

GRPC_PORT = 50051
HTTP_PORT = 8080

_HOST = "127.0.0.1"
_TITLE = b"<title>CyxWiz"
_ANSWER_SECONDS = 2.0
_LARGEST_ANSWER_BYTES = 65_536


def is_free(port: int) -> bool:
    """Tell whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do, who do not mind a closed one
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
        return True


def is_our_http(port: int) -> bool:
    """Tell whether what listens there answers as our page does."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/")
        page = connection.getresponse().read(_LARGEST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return _TITLE in page


def check_port(port: int, option: str, *, is_free: bool, is_ours: bool) -> Finding:
    """Judge one port; `option` is the flag of `cyxwiz up` that takes another."""
    check = f"port {port}"
    if is_free:
        return Finding(check, Level.OK, "free")
    if is_ours:
        return Finding(check, Level.OK, "a central server listens there")
    advice = f"end that program, or take another port: cyxwiz up {option} 0 takes any"
    return Finding(check, Level.WARN, "another program listens there", advice)
