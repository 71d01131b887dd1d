"""`cyxwiz predict`: asks a deployed model about the rows of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import DeploymentArgument, JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from cyxwiz.aio import Client
    from cyxwiz.tensor_wire import Array


def predict(
    deployment: DeploymentArgument,
    file: Annotated[
        Path,
        typer.Option("--input", metavar="FILE", help="Rows as NPY, NPZ, JSON or CSV; - reads JSON on standard input."),
    ],
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Print what a deployed model gives for each row of a file, one row a line.

    Example: cyxwiz predict digits --input rows.npy

    Example: cyxwiz predict digits --input rows.csv --json
    """
    from cyxwiz.cli.with_client import with_client
    from cyxwiz.prediction_input import fitting_rows, rows_from_file

    rows = rows_from_file(file)

    async def work(client: Client) -> Array | dict[str, Array]:
        handle = client.deployment(deployment)
        return await handle.predict(fitting_rows(rows, await handle.model()))

    answer = with_client(server, work)
    outputs = answer if isinstance(answer, dict) else {"output": answer}
    if as_json:
        print_json({"outputs": {name: array.tolist() for name, array in outputs.items()}})
        return
    for name, array in outputs.items():
        for row in array:
            values = " ".join(f"{value:.6g}" for value in row.reshape(-1))
            print_line(values if len(outputs) == 1 else f"{name} {values}")
