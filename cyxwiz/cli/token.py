"""`cyxwiz token …`: makes, lists and revokes the tokens by which a server knows people, programs and nodes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line, print_notice, print_table
from cyxwiz.cli.words import moment_in_words
from shared.clock import SystemClock
from shared.spans_of_time import seconds_from

if TYPE_CHECKING:
    from cyxwiz.aio import Client
    from cyxwiz.security_records import NewToken, TokenInfo


def create(
    role: Annotated[str, typer.Option("--role", help="viewer, submitter, operator, admin or node.")],
    user: Annotated[str, typer.Option("--user", help="Whose jobs its jobs are; the local user when not said.")] = "",
    expires: Annotated[str, typer.Option("--expires", metavar="TIME", help="Such as 12h or 30d; 0 is never.")] = "0",
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there instead, for its owner alone to read."),
    ] = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Make a token and print it, or write it to a file; nobody can show it again.

    Example: cyxwiz token create --role submitter --user ada --expires 30d -o ada.token
    """
    from cyxwiz.cli.with_client import with_client
    from shared.private_file import write_private

    seconds = seconds_from(expires, field="expires")

    async def work(client: Client) -> NewToken:
        return await client.create_token(role=role, user=user, name=name, expires_in_seconds=seconds)

    made = with_client(server, work)
    if output is not None:
        write_private(output, f"{made.token}\n".encode())
        made = replace(made, token="")  # it is in the file, and nowhere else
    if as_json:
        print_json(made)
        return
    kept = "keep it, it is shown once" if output is None else f"it is in {output}"
    print_notice(f"{made.info.token_id}: {made.info.role} for user {made.info.user_id}; {kept}")
    if output is None:
        print_line(made.token)


def list_tokens(as_json: JsonOption = False, server: ServerOption = None) -> None:
    """List the tokens there are, never the secrets themselves.

    Example: cyxwiz token list
    """
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> list[TokenInfo]:
        return await client.tokens()

    infos = with_client(server, work)
    if as_json:
        print_json(infos)
        return
    now_ms = SystemClock().unix_ms()
    rows = [
        (info.token_id, info.name or "-", info.user_id, info.role, _state(info, now_ms), _used(info, now_ms))
        for info in infos
    ]
    print_table(("TOKEN", "NAME", "USER", "ROLE", "STATE", "LAST CHANGE"), rows)


def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id, as cyxwiz token list shows it.")],
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Let a token count no more, from now on.

    Example: cyxwiz token revoke tok-0a1b2c3d4e5f
    """
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> TokenInfo:
        return await client.revoke_token(token)

    info = with_client(server, work)
    if as_json:
        print_json(info)
    else:
        print_line(f"{info.token_id} revoked")


def _state(info: TokenInfo, now_ms: int) -> str:
    if info.revoked_at_ms:
        return "revoked"
    if not info.expires_at_ms:
        return "valid"
    return "expired" if info.expires_at_ms <= now_ms else f"valid for {_left(info.expires_at_ms - now_ms)}"


def _left(milliseconds: int) -> str:
    hours = milliseconds // 3_600_000
    return f"{hours // 24} d" if hours >= 48 else f"{hours} h"


def _used(info: TokenInfo, now_ms: int) -> str:
    return moment_in_words(info.last_used_at_ms, now_ms=now_ms) if info.last_used_at_ms else "-"
