"""`cyxwiz deploy`: has a model answered for, or puts another in its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line
from shared.errors import InvalidField

if TYPE_CHECKING:
    from cyxwiz.aio import Client
    from cyxwiz.deployment_records import DeploymentInfo


def deploy(
    model: Annotated[str, typer.Argument(metavar="JOB", help="A finished job, or a .safetensors or .onnx file.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What to call it; else the job's id.")] = "",
    replicas: Annotated[
        int | None, typer.Option("--replicas", metavar="N", min=1, help="How many of it answer; else one.")
    ] = None,
    definition: Annotated[
        Path | None,
        typer.Option(
            "--definition", metavar="FILE", help="The job file, or model file, of weights in a .safetensors file."
        ),
    ] = None,
    input_shape: Annotated[
        str | None,
        typer.Option("--input-shape", metavar="N,N…", help="Shape of one row, where nothing else says it: 28,28,1."),
    ] = None,
    largest_batch: Annotated[
        int | None,
        typer.Option("--largest-batch", metavar="ROWS", min=1, help="Rows that are computed together at most."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return when every replica answers.")] = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Deploy a model and print what it is called.

    Under a name that is taken, the model of that deployment is replaced, without dropping a request.

    Example: cyxwiz deploy 7f3a --name digits --replicas 2 --wait
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client
    from cyxwiz.deployed_file import is_model_file

    shape = _shape_from(input_shape or "")

    async def work(client: Client) -> DeploymentInfo:
        meant = Path(model) if is_model_file(model) else await find_job(client, model)
        deployment = await client.deploy(
            meant,
            definition=definition,
            input_shape=shape,
            name=name,
            replicas=replicas or 0,
            largest_batch=largest_batch or 0,
        )
        return await (deployment.wait() if wait else deployment.info())

    info = with_client(server, work)
    if as_json:
        print_json(info)
    else:
        print_line(info.name)


def _shape_from(text: str) -> list[int]:
    try:
        return [int(length) for length in text.split(",")] if text else []
    except ValueError:
        said = text[:100]
        raise InvalidField(f"--input-shape wants whole numbers with commas such as 28,28,1, got {said!r}") from None
