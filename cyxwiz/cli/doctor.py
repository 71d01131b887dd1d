"""`cyxwiz doctor`: looks at this machine and at the server, and says what to do about what it has found."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from cyxwiz import __version__
from cyxwiz.cli.checkup.finding import Finding, Level
from cyxwiz.cli.chosen_server import server_before_command
from cyxwiz.cli.exit_codes import ExitCode
from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_coloured, print_json, print_line
from cyxwiz.errors import ServerUnreachable
from cyxwiz.records import ServerInfo
from cyxwiz.server_address import SERVER_VARIABLE, each_address, is_loopback, resolve_server
from shared.clock import SystemClock
from shared.errors import CyxWizError

_COLOURS = {Level.OK: "32", Level.WARN: "33", Level.FAIL: "31"}


def doctor(as_json: JsonOption = False, server: ServerOption = None) -> int:
    """Check this machine, and the server from here.

    Looks at Python, JAX with its devices, GPUs and their driver, ports, disk, the server and the clocks; each line
    is ok, warn or fail, with what to do. Exits with 0 unless something fails, then with 1.

    Example: cyxwiz doctor --server gpu-host:50051
    """
    findings = []
    for finding in _findings(server):
        findings.append(finding)
        if not as_json:
            _print_finding(finding)
    if as_json:
        print_json(findings)
    return verdict(findings)


def lines_of(finding: Finding) -> Iterator[str]:
    """Give the line of a finding, which begins with its level, and one of what to do about it."""
    yield f"{finding.level:<4}  {finding.check:<11} {finding.found}"
    if finding.advice:
        yield f"{'':<18}→ {finding.advice}"


def verdict(findings: Sequence[Finding]) -> ExitCode:
    """Return 1 when something fails."""
    return ExitCode.JOB_FAILED if any(finding.level is Level.FAIL for finding in findings) else ExitCode.DONE


def _print_finding(finding: Finding) -> None:
    first, *more = lines_of(finding)
    if _is_coloured():
        print_coloured(_COLOURS[finding.level], finding.level, first.removeprefix(finding.level))
    else:
        print_line(first)
    for line in more:
        print_line(line)


def _is_coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _findings(server: str | None) -> Iterator[Finding]:
    """Look at one after the other, so that a person sees what has been found so far."""
    from cyxwiz.cli.checkup.disk import ask_folder, check_folder
    from cyxwiz.cli.checkup.gpu import ask_gpus, check_gpus
    from cyxwiz.cli.checkup.python_and_jax import ask_jax, check_jax, check_python
    from cyxwiz.local_cluster import default_state_dir

    chosen = server or server_before_command.get() or os.environ.get(SERVER_VARIABLE)
    address = resolve_server(chosen)  # a wrong one is said before anything is looked at
    yield check_python(sys.version_info[:3], sys.executable)
    jax = ask_jax()
    yield check_jax(jax)
    yield check_gpus(ask_gpus(), jax)
    yield from _port_findings(address, is_chosen=bool(chosen))
    yield check_folder(ask_folder(default_state_dir()))
    yield from _server_findings(address, is_chosen=bool(chosen))


def _port_findings(address: str, *, is_chosen: bool) -> Iterator[Finding]:
    """Look at the ports of a server on this machine: of the one that was named, else of what `cyxwiz up` takes."""
    from cyxwiz.cli.checkup.ports import GRPC_PORT, HTTP_PORT, check_port, is_free, is_our_http

    for one in each_address(address):
        if is_loopback(one):
            port = int(one.rpartition(":")[2])
            free = is_free(port)
            ours = not free and not isinstance(_answer_of(one), ServerUnreachable)
            yield check_port(port, "--port", is_free=free, is_ours=ours)
    if is_chosen and address != f"127.0.0.1:{GRPC_PORT}":
        return  # nobody says which port for HTTP another server has
    free = is_free(HTTP_PORT)
    yield check_port(HTTP_PORT, "--http-port", is_free=free, is_ours=not free and is_our_http(HTTP_PORT))


def _server_findings(address: str, *, is_chosen: bool) -> Iterator[Finding]:
    from cyxwiz.cli.checkup.server import check_clock, check_not_reached, check_refusal, check_server

    answer = _answer_of(address)
    now_ms = SystemClock().unix_ms()
    match answer:
        case ServerInfo():
            yield check_server(answer, our_version=__version__)
            yield check_clock(answer, now_ms=now_ms)
        case ServerUnreachable():
            yield check_not_reached(address, str(answer), is_chosen=is_chosen)
        case _:
            yield check_refusal(address, str(answer))


def _answer_of(address: str) -> ServerInfo | CyxWizError:
    """Return what the server says of itself, or why it says nothing."""
    from cyxwiz.cli.with_client import with_client

    try:
        return with_client(address, lambda client: client.server_info())
    except CyxWizError as error:
        return error
