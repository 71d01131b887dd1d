"""`cyxwiz token join`: makes tokens for which nodes get their certificates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line
from shared.errors import InvalidField

if TYPE_CHECKING:
    from cyxwiz.aio import Client

_SECONDS_OF = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def join(
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="For people, such as the machine's name.")] = "",
    expires: Annotated[str, typer.Option("--expires", metavar="TIME", help="Such as 30m, 12h or 7d.")] = "1h",
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many tokens: one a node.")] = 1,
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
    if as_json:
        print_json([{"join_token": token, "name": name, "expires_in_seconds": seconds} for token in tokens])
        return
    for token in tokens:
        print_line(token)


def seconds_from_text(text: str) -> int:
    """Return the seconds in `90s`, `30m`, `12h` or `7d`.

    Raises:
        InvalidField: it is no such time.
    """
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if found is None or int(found[1]) == 0:
        raise InvalidField(f"--expires must be a time such as 30m, 12h or 7d, got {text[:40]!r}", field="expires")
    return int(found[1]) * _SECONDS_OF[found[2]]
