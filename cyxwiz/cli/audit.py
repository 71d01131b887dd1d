"""`cyxwiz audit`: who did what, when, from where, and with which result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_table
from cyxwiz.cli.words import moment_in_words
from shared.clock import SystemClock

if TYPE_CHECKING:
    from cyxwiz.aio import Client
    from cyxwiz.security_records import AuditEntry


def audit(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many entries, the newest.")] = 50,
    user: Annotated[str, typer.Option("--user", help="Only this user's.")] = "",
    before: Annotated[int, typer.Option("--before", metavar="N", help="Only entries before this number.")] = 0,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Show who changed what, and what was refused; the newest first.

    Example: cyxwiz audit --user ada --limit 20
    """
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> list[AuditEntry]:
        return await client.audit(limit=limit, user=user, before=before)

    entries = with_client(server, work)
    if as_json:
        print_json(entries)
        return
    now_ms = SystemClock().unix_ms()
    rows = [
        (
            str(entry.sequence),
            moment_in_words(entry.at_ms, now_ms=now_ms),
            entry.user_id or "?",
            entry.role or "-",
            entry.peer,
            entry.action,
            entry.subject or "-",
            entry.result,
        )
        for entry in entries
    ]
    print_table(("N", "WHEN", "USER", "ROLE", "FROM", "WHAT", "ABOUT", "RESULT"), rows)
