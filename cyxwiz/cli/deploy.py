"""`cyxwiz deploy`: has a model answered for, or puts another in its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from cyxwiz.aio import Client
    from cyxwiz.deployment_records import DeploymentInfo


def deploy(
    model: Annotated[str, typer.Argument(metavar="JOB", help="A finished job, or the path of an ONNX file.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What to call it; else the job's id.")] = "",
    replicas: Annotated[
        int | None, typer.Option("--replicas", metavar="N", min=1, help="How many of it answer; else one.")
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

    async def work(client: Client) -> DeploymentInfo:
        meant = Path(model) if is_model_file(model) else await find_job(client, model)
        deployment = await client.deploy(meant, name=name, replicas=replicas or 0, largest_batch=largest_batch or 0)
        return await (deployment.wait() if wait else deployment.info())

    info = with_client(server, work)
    if as_json:
        print_json(info)
    else:
        print_line(info.name)
