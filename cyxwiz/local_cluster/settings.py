"""What a local cluster is asked to be, and how its parts share the machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """A cluster on this machine.

    Attributes:
        state_dir: everything the cluster keeps; the same folder again carries on where it was.
        nodes: how many server nodes.
        grpc_port: the central server's port; 0 is any free one.
        http_port: its HTTP port; 0 is any free one.
        data_roots: folders that `file://` datasets may be in.
        allow_user_code: whether the nodes run models that users wrote in Python.
        server_flags: more flags of the central server.
        node_flags: more flags of every node.
    """

    state_dir: Path
    nodes: int = 1
    grpc_port: int = 50051
    http_port: int = 8080
    data_roots: tuple[Path, ...] = ()
    allow_user_code: bool = False
    server_flags: tuple[str, ...] = ()
    node_flags: tuple[str, ...] = ()


def default_state_dir() -> Path:
    """Return where `cyxwiz up` keeps its state when nobody says: `~/.cyxwiz`, whatever the working directory."""
    return Path.home() / ".cyxwiz"


def threads_of_each_node(nodes: int, *, cores: int | None = None) -> int | None:
    """Return how many threads each of several nodes may use, None for a single one, which takes what there is."""
    if nodes == 1:
        return None
    available = len(os.sched_getaffinity(0)) if cores is None else cores
    return max(1, available // nodes)
