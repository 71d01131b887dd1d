"""A cluster at one moment as tables: its nodes with their devices, and the jobs. Pure; every number is the server's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cyxwiz.cli.live_jobs import MOST_OF_EACH_STATE
from cyxwiz.cli.words import bytes_in_words, seconds_in_words
from cyxwiz.records import DeviceInfo, JobInfo, NodeInfo, ServerInfo, to_json_value
from shared.lifecycle import JobState

DEVICE_HEADER = ("NODE", "STATE", "DEVICE", "PROMISED", "USED", "MEMORY", "ATTEMPTS", "SEEN")

_NOTHING = ("-",) * 4


@dataclass(frozen=True, slots=True)
class ClusterMoment:
    """What the server said at one moment; `jobs` are those that run or wait, in the order of the board."""

    server: ServerInfo
    nodes: Sequence[NodeInfo]
    jobs: Sequence[JobInfo]

    @property
    def running(self) -> list[JobInfo]:
        """The jobs that hold a device."""
        return [info for info in self.jobs if info.state is not JobState.QUEUED]

    @property
    def waiting(self) -> list[JobInfo]:
        """The jobs that wait for one."""
        return [info for info in self.jobs if info.state is JobState.QUEUED]


def heading(moment: ClusterMoment) -> str:
    """Return one line about the whole cluster."""
    devices = [device for node in moment.nodes for device in node.devices]
    promised = bytes_in_words(sum(device.memory_promised_bytes for device in devices))
    memory = bytes_in_words(sum(device.memory_bytes for device in devices))
    version = f" {moment.server.version}" if moment.server.version else ""
    return "  ".join(
        (
            f"cyxwiz{version} at {moment.server.address}",
            f"{_counted(len(moment.nodes), 'node')}, {_counted(len(devices), 'device')}",
            f"{promised} of {memory} promised",
            f"{_at_most(moment.running)} running, {_at_most(moment.waiting)} waiting",
        )
    )


def device_rows(nodes: Sequence[NodeInfo], *, now_ms: int | None) -> Iterator[tuple[str, ...]]:
    """Give a row for each device; what belongs to the node stands beside its first one.

    Args:
        nodes: as the server knows them.
        now_ms: the server's clock; None when it does not say, and then nobody knows how long ago a node was seen.
    """
    for node in sorted(nodes, key=lambda node: (node.name, node.node_id)):
        seen = "-"
        if node.last_seen_ms is not None and now_ms is not None:
            seen = f"{seconds_in_words(max(0, now_ms - node.last_seen_ms) / 1000)} ago"
        of_node = (node.name or node.node_id, node.state), (str(len(node.attempts)), seen)
        for number, device in enumerate(node.devices):
            first, last = of_node if number == 0 else (("", ""), ("", ""))
            yield (*first, *_device_cells(device), *last)
        if not node.devices:
            yield (*of_node[0], *_NOTHING, *of_node[1])


def moment_to_json(moment: ClusterMoment) -> dict[str, object]:
    """Return the moment as the document that `cyxwiz top --json` prints."""
    nodes = [_node_to_json(node) for node in moment.nodes]
    return {
        "server": to_json_value(moment.server),
        "nodes": nodes,
        "running": to_json_value(moment.running),
        "waiting": to_json_value(moment.waiting),
    }


def _device_cells(device: DeviceInfo) -> tuple[str, str, str, str]:
    used = "-"
    if device.memory_available_bytes is not None:
        used = bytes_in_words(max(0, device.memory_bytes - device.memory_available_bytes))
    promised, memory = bytes_in_words(device.memory_promised_bytes), bytes_in_words(device.memory_bytes)
    return f"{device.kind} {device.name}".rstrip(), promised, used, memory


def _node_to_json(node: NodeInfo) -> object:
    plain = to_json_value(node)
    assert isinstance(plain, dict)
    devices = [
        {**device, "memory_available_bytes": info.memory_available_bytes}
        for device, info in zip(plain["devices"], node.devices, strict=True)
    ]
    return {**plain, "devices": devices}


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _at_most(jobs: Sequence[JobInfo]) -> str:
    return f"{len(jobs)} or more" if len(jobs) >= MOST_OF_EACH_STATE else str(len(jobs))
