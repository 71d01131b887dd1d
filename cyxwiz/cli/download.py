"""`cyxwiz download`: takes a job's weights, definition and metrics home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JobArgument, ServerOption
from cyxwiz.cli.printing import print_line

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def download(
    job: JobArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write to.")],
    with_onnx: Annotated[
        bool, typer.Option("--onnx", help="Write the model as model.onnx too; needs cyxwiz[onnx].")
    ] = False,
    server: ServerOption = None,
) -> None:
    """Download a job's result.

    Each file is checked against its hash; a cut download goes on where it was.

    Example: cyxwiz download 7f3a -o result --onnx
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> list[Path]:
        return await (await find_job(client, job)).download(output)

    for path in with_client(server, work):
        print_line(str(path))
    if with_onnx:
        from cyxwiz.onnx_result import write_onnx_file

        print_line(str(write_onnx_file(output, output / "model.onnx")))
