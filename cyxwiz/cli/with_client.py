"""Runs a command's work with a client that is closed again, in an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from cyxwiz.cli.chosen_server import server_before_command
from cyxwiz.cli.connection_options import connection_options

if TYPE_CHECKING:
    from cyxwiz.aio import Client

_RETRY_SECONDS = 2.0
"""A person waits: who finds nobody at the address is told soon."""

_Result = TypeVar("_Result")


def with_client(server: str | None, work: Callable[[Client], Awaitable[_Result]]) -> _Result:
    """Return what `work` returns when it is given a client of the server that was asked for."""

    async def run() -> _Result:
        async with chosen_client(server, retry_seconds=_RETRY_SECONDS) as client:
            return await work(client)

    return asyncio.run(run())


def chosen_client(server: str | None, *, retry_seconds: float, call_timeout_seconds: float = 30.0) -> Client:
    """Return a client, still to be entered, of the server that was asked for, spoken to as the command line says."""
    from cyxwiz.aio import Client

    said = connection_options.get()
    return Client(
        server or server_before_command.get(),
        retry_seconds=retry_seconds,
        call_timeout_seconds=call_timeout_seconds,
        ca=said.ca,
        certificate=said.certificate_files,
        token=said.token,
    )
