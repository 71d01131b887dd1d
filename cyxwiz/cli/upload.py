"""`cyxwiz upload`: stores a file at the central server, so that a job can use it from any node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def upload(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to store, such as data.npz or data.csv.")],
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Upload a file and print its URI.

    The URI (artifact://sha256:...) is what a job file's dataset takes, so your own data need no --data-root on the
    nodes. The same content has the same URI and is sent once; a cut upload goes on where it was.

    Example: cyxwiz upload train.npz

    Then: cyxwiz submit digits.yaml --set dataset=artifact://sha256:...
    """
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> str:
        return await client.upload(file.expanduser())

    uri = with_client(server, work)
    if as_json:
        print_json({"uri": uri})
    else:
        print_line(uri)
