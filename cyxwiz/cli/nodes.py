"""`cyxwiz nodes`: the nodes with their devices and what runs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_table
from cyxwiz.cli.words import bytes_in_words, moment_in_words
from cyxwiz.records import DeviceInfo, NodeInfo
from shared.clock import SystemClock

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def nodes(as_json: JsonOption = False, server: ServerOption = None) -> None:
    """List the nodes and what runs there.

    Example: cyxwiz nodes
    """
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> list[NodeInfo]:
        return await client.nodes()

    infos = with_client(server, work)
    if as_json:
        print_json(infos)
        return
    now_ms = SystemClock().unix_ms()
    print_table(("NODE", "NAME", "STATE", "DEVICES", "ATTEMPTS", "SEEN"), [_row(info, now_ms) for info in infos])


def _row(info: NodeInfo, now_ms: int) -> tuple[str, ...]:
    return (
        info.node_id,
        info.name,
        info.state,
        "; ".join(map(_device_in_words, info.devices)) or "-",
        ", ".join(f"{attempt.job_id}#{attempt.attempt} {attempt.state}" for attempt in info.attempts) or "-",
        moment_in_words(info.last_seen_ms, now_ms=now_ms),
    )


def _device_in_words(device: DeviceInfo) -> str:
    promised, total = bytes_in_words(device.memory_promised_bytes), bytes_in_words(device.memory_bytes)
    return f"{device.kind} {device.name}, {promised} of {total} promised"
