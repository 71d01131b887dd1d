"""Checks the central server: whether it answers, its version against ours, and its clock against this machine's."""

from __future__ import annotations

from cyxwiz.cli.checkup.finding import Finding, Level
from cyxwiz.cli.words import seconds_in_words
from cyxwiz.records import ServerInfo

_ALLOWED_CLOCK_SECONDS = 2.0


def check_server(server: ServerInfo, *, our_version: str) -> Finding:
    """Judge a server that has answered."""
    found = f"{server.address} answers in {server.answered_ms:.0f} ms, version {server.version or 'not said'}"
    if server.version == our_version:
        return Finding("server", Level.OK, found)
    advice = (
        f"this is {our_version}; install the same on both sides: pip install cyxwiz=={server.version or our_version}"
    )
    return Finding("server", Level.WARN, found, advice)


def check_no_server(address: str, *, is_chosen: bool) -> Finding:
    """Judge that nobody answers; that is worse where an address was chosen than where none was."""
    found = _nobody(address)
    if is_chosen:
        advice = "start it, or mend the address (--server, CYXWIZ_SERVER); look for a firewall between"
        return Finding("server", Level.FAIL, found, advice)
    advice = "start one here with cyxwiz up, or say where it is: --server HOST:PORT or CYXWIZ_SERVER"
    return Finding("server", Level.WARN, found, advice)


def check_not_reached(address: str, trouble: str, *, is_chosen: bool) -> Finding:
    """Judge that a server may be there and nothing can be asked of it: the client's sentence says what may be wrong."""
    found, _, advice = " ".join(trouble.split()).partition(": ")
    if not advice or found == _nobody(address):
        return check_no_server(address, is_chosen=is_chosen)
    return Finding("server", Level.FAIL if is_chosen else Level.WARN, found, advice)


def check_refusal(address: str, trouble: str) -> Finding:
    """Judge that somebody answers who does not let us in, or is no central server."""
    advice = "see that the address is a central server's, and that you may ask it"
    return Finding("server", Level.FAIL, f"{address} refuses: {' '.join(trouble.split())}", advice)


def check_clock(server: ServerInfo, *, now_ms: int) -> Finding:
    """Judge this machine's clock at the moment when the answer has come."""
    if server.clock_ms is None:
        return Finding("clock", Level.OK, "the server does not say what its clock is; nothing to compare")
    apart_seconds = (now_ms - server.clock_ms - server.answered_ms / 2) / 1000
    found = f"{seconds_in_words(abs(apart_seconds))} {'ahead of' if apart_seconds > 0 else 'behind'} the server's"
    if abs(apart_seconds) <= _ALLOWED_CLOCK_SECONDS:
        return Finding("clock", Level.OK, found)
    advice = "set both clocks by the network (timedatectl set-ntp true): times shown and certificates depend on them"
    return Finding("clock", Level.WARN, found, advice)


def _nobody(address: str) -> str:
    return f"no central server answers at {address}"
