"""`cyxwiz plan`: what would happen to a job, without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.cli.options import JobFileArgument, JsonOption, ServerOption, SetOption
from cyxwiz.cli.printing import print_json, print_line, print_table
from cyxwiz.cli.submit import job_from_file
from cyxwiz.cli.words import bytes_in_words
from cyxwiz.records import Plan, PlannedLayer

if TYPE_CHECKING:
    from cyxwiz.aio import Client

_NOT_KNOWN = "not known yet"


def plan(
    file: JobFileArgument, changes: SetOption = None, as_json: JsonOption = False, server: ServerOption = None
) -> None:
    """Say what a job would need and where it fits.

    Example: cyxwiz plan digits.yaml --set batch_size=256
    """
    from cyxwiz.cli.with_client import with_client

    job = job_from_file(file, changes or [])

    async def work(client: Client) -> Plan:
        return await client.plan(job)

    planned = with_client(server, work)
    if as_json:
        print_json(planned)
    else:
        _print(planned)


def _print(planned: Plan) -> None:
    if planned.layers:
        print_table(("LAYER", "TYPE", "OUTPUT", "PARAMETERS"), [_row(layer) for layer in planned.layers])
    else:
        print_line(f"layers          {_NOT_KNOWN}: their sizes follow from data that only a node can read")
    print_line(f"parameters      {f'{planned.parameters:,}' if planned.layers else _NOT_KNOWN}")
    print_line(f"memory          {bytes_in_words(planned.memory_bytes) if planned.memory_bytes else _NOT_KNOWN}")
    if planned.memory_note:
        print_line(f"                {planned.memory_note}")
    print_line(f"flops per step  {f'{planned.flops_per_step:,.0f}' if planned.flops_per_step else _NOT_KNOWN}")
    for node in planned.nodes:
        print_line(f"node            {node.name or node.node_id}: {'fits' if node.fits else node.reason}")


def _row(layer: PlannedLayer) -> tuple[str, ...]:
    return layer.name, layer.type, "×".join(map(str, layer.output_shape)), f"{layer.parameters:,}"
