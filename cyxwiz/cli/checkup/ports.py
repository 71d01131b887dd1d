"""Checks whether the ports of `cyxwiz up` are free, or held by a central server of ours."""

from __future__ import annotations

import http.client
import socket
import ssl

from cyxwiz.cli.checkup.finding import Finding, Level

GRPC_PORT = 50051
HTTP_PORT = 8080

_HOST = "127.0.0.1"
_TITLE = b"CyxWiz</title>"
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
    """Tell whether what listens there answers as our page does, by HTTP or by HTTPS."""
    plain = http.client.HTTPConnection(_HOST, port, timeout=_ANSWER_SECONDS)
    return _shows_our_page(plain) or _shows_our_page(
        http.client.HTTPSConnection(_HOST, port, timeout=_ANSWER_SECONDS, context=_believing_anybody())
    )


def _shows_our_page(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/")
        page = connection.getresponse().read(_LARGEST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return _TITLE in page


def _believing_anybody() -> ssl.SSLContext:
    """Return a context for asking who holds a port here: nothing secret is sent, and only a title is read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def check_port(port: int, option: str, *, is_free: bool, is_ours: bool) -> Finding:
    """Judge one port; `option` is the flag of `cyxwiz up` that takes another."""
    check = f"port {port}"
    if is_free:
        return Finding(check, Level.OK, "free")
    if is_ours:
        return Finding(check, Level.OK, "a central server listens there")
    advice = f"end that program, or take another port: cyxwiz up {option} 0 takes any"
    return Finding(check, Level.WARN, "another program listens there", advice)
