"""The central server as a process of its own, and stubs that talk to it."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import grpc

from central_server.process import Listening
from central_server.settings import Address
from tests.central_server.running_server import Server, admin_token_in, server_on

READY = re.compile(r"ready grpc=(127\.0\.0\.1:\d+) http=(http://127\.0\.0\.1:\d+)\n")
READY_WITH_TLS = re.compile(r"ready grpc=(127\.0\.0\.1:\d+) http=https://127\.0\.0\.1:\d+ mutual=(127\.0\.0\.1:\d+)\n")
FREE = ["--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]


def command(*flags: str) -> list[str]:
    return [sys.executable, "-m", "central_server", *flags]


@contextmanager
def a_process(state_dir: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Start a server on free ports; give the process, its gRPC address and its HTTP URL."""
    with _started(state_dir, READY, *flags) as (process, ready):
        yield process, ready[1], ready[2]


@contextmanager
def a_process_with_tls(state_dir: Path, tls_dir: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Start a server that speaks TLS; give the process, its gRPC address and that of mutual TLS."""
    said = ("--tls-dir", str(tls_dir), "--mutual-tls-listen", "127.0.0.1:0", *flags)
    with _started(state_dir, READY_WITH_TLS, *said) as (process, ready):
        yield process, ready[1], ready[2]


@contextmanager
def _started(
    state_dir: Path, form: re.Pattern[str], *flags: str
) -> Iterator[tuple[subprocess.Popen[str], re.Match[str]]]:
    process = subprocess.Popen(
        command(*FREE, "--state-dir", str(state_dir), *flags),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        ready = form.fullmatch(line)
        assert ready, f"{line!r} is no ready line"
        yield process, ready
    finally:
        process.kill()
        process.communicate()


@asynccontextmanager
async def a_server_process(state_dir: Path, *flags: str) -> AsyncIterator[tuple[subprocess.Popen[str], Server]]:
    """Start a server as a process; give it and stubs on a connection to it."""
    with a_process(state_dir, *flags) as (process, address, url):
        listening = Listening(Address.parse(address), Address.parse(url.removeprefix("http://")))
        async with grpc.aio.insecure_channel(address) as channel:
            yield process, server_on(channel, asyncio.Event(), listening, token=admin_token_in(state_dir))
