"""`cyxwiz token join`: makes tokens for which nodes get their certificates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line
from cyxwiz.cli.times import seconds_from_text

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def join(
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="For people, such as the machine's name.")] = "",
    expires: Annotated[str, typer.Option("--expires", metavar="TIME", help="Such as 30m, 12h or 7d.")] = "1h",
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many tokens: one a node.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Write them there instead, as files 0, 1 and so on."),
    ] = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Print a token with which one node joins, once.

    The node is started with --ca and --join-token-file, and has a certificate of its own from then on.

    Example: cyxwiz token join --name gpu-3 --expires 1h > join-token
    """
    from cyxwiz.cli.with_client import with_client

    seconds = seconds_from_text(expires)

    async def work(client: Client) -> list[str]:
        return [await client.create_join_token(name=name, expires_seconds=seconds) for _ in range(count)]

    tokens = with_client(server, work)
    if output is not None:
        _write(tokens, output)
        return
    if as_json:
        print_json([{"join_token": token, "name": name, "expires_in_seconds": seconds} for token in tokens])
        return
    for token in tokens:
        print_line(token)


def _write(tokens: list[str], folder: Path) -> None:
    from shared.private_file import write_private

    for number, token in enumerate(tokens):
        write_private(folder / str(number), f"{token}\n".encode())
