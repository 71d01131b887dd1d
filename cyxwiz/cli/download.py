"""`cyxwiz download`: takes a job's weights, definition and metrics home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JobArgument, JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def download(
    job: JobArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write to.")],
    with_onnx: Annotated[
        bool, typer.Option("--onnx", help="Write the model as model.onnx too; needs cyxwiz[onnx].")
    ] = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Download a job's result.

    Each file is checked against its hash; a cut download goes on where it was.

    Example: cyxwiz download 7f3a -o result --onnx
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> tuple[str, list[Path]]:
        handle = await find_job(client, job)
        return handle.id, await handle.download(output)

    job_id, paths = with_client(server, work)
    if not as_json:
        _print_each(paths)
    if with_onnx:
        from cyxwiz.onnx_result import write_onnx_file

        paths.append(write_onnx_file(output, output / "model.onnx"))
    if as_json:
        print_json({"job_id": job_id, "files": [str(path) for path in paths]})
    elif with_onnx:
        _print_each(paths[-1:])


def _print_each(paths: list[Path]) -> None:
    for path in paths:
        print_line(str(path))
