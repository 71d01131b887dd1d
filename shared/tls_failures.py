"""Why a gRPC connection with TLS, or without, did not come about: one true sentence from what gRPC says.

gRPC tells all of it as UNAVAILABLE, like a server that is away. What no waiting can mend is told apart here.
"""

from __future__ import annotations

_NOT_CONNECTED = "failed to connect to all addresses"
_CLOSED = "Socket closed"
_CLOSED_BY_RESET = "Connection reset by peer"


def certificate_failure(details: str, address: str) -> str:
    """Return why the server at `address` is not believed, as a sentence; empty when that is not the matter."""
    if "Hostname Verification Check failed" in details:
        return (
            f"the certificate of the server at {address} is not for that name: "
            "use a name that it is for, or have it renewed for this one with cyxwiz tls renew --host NAME"
        )
    if "CERTIFICATE_VERIFY_FAILED" in details:
        if "certificate has expired" in details:
            return f"the certificate of the server at {address} has expired: renew it there with cyxwiz tls renew"
        if "not yet valid" in details:
            return f"the certificate of the server at {address} is not valid yet: is the clock of this machine right?"
        return (
            f"the certificate of the server at {address} is not from the authority that was named: "
            "ask its operator for the right ca.pem, and name it with --ca FILE or CYXWIZ_CA"
        )
    if "WRONG_VERSION_NUMBER" in details:
        return (
            f"the server at {address} does not speak TLS and this client does: "
            "leave out --ca and CYXWIZ_CA, or start the server with --tls-dir"
        )
    return ""


def closed_while_connecting(details: str, address: str, *, speaks_tls: bool) -> str:
    """Return what it may mean that the server hung up before anything was said; empty when it did not.

    A server that just ends does so too: waiting may help.
    """
    if _NOT_CONNECTED not in details or not (_CLOSED in details or _CLOSED_BY_RESET in details):
        return ""
    if speaks_tls:
        return (
            f"the server at {address} closed the connection while TLS began: a port for mutual TLS wants a certificate "
            "that is valid and of its own authority (--cert and --key), and other ports want none"
        )
    return (
        f"the server at {address} closed the connection at once: if it speaks TLS, name its authority "
        "with --ca FILE or CYXWIZ_CA"
    )
