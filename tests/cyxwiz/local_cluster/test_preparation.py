"""What is settled before a cluster's first process starts: ports, the state directory, the cores' shares."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cyxwiz.local_cluster.free_ports import refuse_taken_port
from cyxwiz.local_cluster.ready_line import facts_from_ready_line
from cyxwiz.local_cluster.settings import default_state_dir, threads_of_each_node
from cyxwiz.local_cluster.state_lock import locked_state_dir
from shared.errors import InvalidField, WrongState


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WrongState, match=f"port {port} is in use: .* another with --port"):
            refuse_taken_port("127.0.0.1", port, option="--port")
    refuse_taken_port("127.0.0.1", port, option="--port")


def test_any_free_port_is_never_taken() -> None:
    refuse_taken_port("127.0.0.1", 0, option="--port")


def test_a_state_directory_belongs_to_one_cluster(tmp_path: Path) -> None:
    with locked_state_dir(tmp_path / "state"), pytest.raises(WrongState, match="another cluster runs on"):
        locked_state_dir(tmp_path / "state").__enter__()
    with locked_state_dir(tmp_path / "state"):
        pass


def test_a_state_directory_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidField, match="cannot keep state in"):
        locked_state_dir(tmp_path / "file" / "state").__enter__()


@pytest.mark.parametrize(("nodes", "cores", "threads"), [(1, 8, None), (2, 8, 4), (3, 8, 2), (4, 2, 1)])
def test_nodes_share_the_cores(nodes: int, cores: int, threads: int | None) -> None:
    assert threads_of_each_node(nodes, cores=cores) == threads


def test_the_default_state_directory_is_in_the_home_directory() -> None:
    assert default_state_dir() == Path.home() / ".cyxwiz"


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("ready grpc=127.0.0.1:5 http=http://127.0.0.1:6\n", {"grpc": "127.0.0.1:5", "http": "http://127.0.0.1:6"}),
        ("ready node=node-1 devices=cpu:0\n", {"node": "node-1", "devices": "cpu:0"}),
        ("ready\n", {}),
        ("already there\n", None),
        ("\n", None),
    ],
)
def test_ready_lines_are_recognised(line: str, facts: dict[str, str] | None) -> None:
    assert facts_from_ready_line(line) == facts
