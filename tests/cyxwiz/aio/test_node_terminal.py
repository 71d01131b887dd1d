"""A node's terminal over TLS: its certificate counts under its own name, and for no other node."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from cyxwiz.aio.node_door import NodeDoor
from cyxwiz.aio.node_terminal import open_terminal
from cyxwiz.errors import ServerUnreachable
from cyxwiz.tls_choice import TlsChoice
from shared.tls_identity import node_identity
from tests.server_node.terminal.terminal_bench import a_bench
from tests.tls import a_shown_certificate, a_tls_folder


async def test_a_terminal_over_tls_is_of_the_node_that_was_meant(tmp_path: Path) -> None:
    folder = a_tls_folder(tmp_path / "tls")
    shown = a_shown_certificate(folder, tmp_path / "node", node_identity("node-1")).pair
    credentials = grpc.ssl_server_credentials([(shown.key, shown.certificate)])
    tls = TlsChoice(folder.authority_certificate.read_bytes())
    # An address that is not known as this machine's own, so that TLS is spoken.
    async with a_bench(host="127.0.0.2", credentials=credentials) as bench:
        door = NodeDoor("node-1", bench.address, tls, "ann")
        async with open_terminal(door, command="cat; exit 4", hides_input=True) as terminal:
            await terminal.write(b"over tls\n")
            await terminal.end_input()
            assert b"".join([piece async for piece in terminal]) == b"over tls\r\n"
        assert (terminal.exit_code, terminal.reason) == (4, "its program ended")
        assert bench.callers.records[0][1] == "ann"
        with pytest.raises(ServerUnreachable, match="name"):
            async with open_terminal(NodeDoor("node-2", bench.address, tls, "ann")):
                raise AssertionError("another node's certificate was believed")
