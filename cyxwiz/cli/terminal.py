"""`cyxwiz terminal`: a terminal on a node, in this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import ServerOption
from cyxwiz.cli.printing import print_notice

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def terminal(
    node: Annotated[str, typer.Argument(help="Its id or name, or the beginning of its id.", metavar="NODE")],
    command: Annotated[
        str, typer.Option("--command", metavar="TEXT", help="Have the shell there run this, in place of a dialogue.")
    ] = "",
    server: ServerOption = None,
) -> int:
    """Open a terminal on a node that was started with --terminal.

    It takes the role operator. The exit code is that of the program there. Three times Ctrl-] within a second leaves.

    Example: cyxwiz terminal gpu-3 --command nvidia-smi
    """
    from cyxwiz.aio.node_terminal import open_terminal
    from cyxwiz.cli.own_terminal import OwnTerminal
    from cyxwiz.cli.terminal_door import terminal_door
    from cyxwiz.cli.terminal_relay import Relay
    from cyxwiz.cli.with_client import with_client

    own = OwnTerminal()

    async def work(client: Client) -> tuple[int, str]:
        door = await terminal_door(client, node)
        if own.is_interactive:
            print_notice(f"on {node} now; Ctrl-] three times within a second leaves")
        rows, columns = own.size()
        async with open_terminal(
            door,
            command=command,
            rows=rows,
            columns=columns,
            terminal_type=own.terminal_type,
            hides_input=not own.is_interactive,
        ) as there:
            with own.raw():
                code = await Relay(there, own).run()
            return code, there.reason

    code, reason = with_client(server, work)
    if reason and reason != "its program ended":
        print_notice(f"the terminal on {node} has ended: {reason}")
    return code
