"""A node's own connection under its certificate: made anew with a renewed one, and told in a sentence why it fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cyxwiz.aio import Client
from server_node.attempts.events import Event, LinkClosed, LinkOpened, MessageArrived
from server_node.connection.node_certificate import CertificateFolder
from server_node.connection.node_client import NodeClient
from server_node.connection.secure_link import CertificateFiles, SecureLink, open_link
from shared.backoff import Backoff
from shared.clock import SystemClock
from shared.errors import InvalidField, MachineFailure
from shared.node_messages import Welcome
from shared.tls_identity import node_identity
from tests.builders import a_hello
from tests.central_server.running_server import Server, running_server
from tests.tls import DAY_MS, Shown, a_shown_certificate, a_tls_folder

QUICK = Backoff(first_seconds=0.01, cap_seconds=0.05, floor_seconds=0.005)


class Later(SystemClock):
    def __init__(self, days: float) -> None:
        self._days = days

    def unix_ms(self) -> int:
        return super().unix_ms() + int(self._days * DAY_MS)


class Node:
    """Says Hello on every link, as the core would, and keeps every event."""

    def __init__(self, link: SecureLink) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Event()
        self.client = NodeClient(
            link.addresses,
            dial=link.dial,
            explain=link.explain,
            post=self._post,
            uniform=lambda: 0.5,
            backoff=QUICK,
        )

    def _post(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()
        if isinstance(event, LinkOpened):
            self.client.send(event.link, a_hello(node_id="node-1"))

    async def welcomed(self, times: int) -> None:
        await self._until(lambda: self._welcomes() >= times)

    async def refused(self) -> str:
        await self._until(self.reasons)
        return self.reasons()[0]

    def reasons(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, LinkClosed)]

    async def _until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def _welcomes(self) -> int:
        arrived = [event for event in self.events if isinstance(event, MessageArrived)]
        return sum(isinstance(event.message, Welcome) for event in arrived)


@asynccontextmanager
async def a_running_node(link: SecureLink) -> AsyncIterator[Node]:
    node = Node(link)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(node.client.run())
        try:
            yield node
        finally:
            running.cancel()


@asynccontextmanager
async def a_cluster(tmp_path: Path) -> AsyncIterator[tuple[Server, Client, dict[str, Any]]]:
    """A server with TLS, an admin, and what a node with a fresh join token is told."""
    tls = a_tls_folder(tmp_path / "tls")
    me = a_shown_certificate(tls, tmp_path / "me")
    async with running_server(tmp_path / "state", tls_dir=tls.path, mutual_tls_listen="127.0.0.1:0") as server:
        mutual = str(server.listening.mutual)
        async with Client(mutual, ca=tls.authority_certificate, certificate=me.files) as client:
            token = await client.create_join_token()
            await asyncio.to_thread((tmp_path / "token").write_text, token)
            yield (
                server,
                client,
                {
                    "state_dir": tmp_path / "node",
                    "node_id": "node-1",
                    "servers": [str(server.listening.grpc)],
                    "ca": tls.authority_certificate,
                    "join_token_file": tmp_path / "token",
                    "uniform": lambda: 0.0,
                    "clock": SystemClock(),
                },
            )


async def test_a_node_goes_over_to_its_renewed_certificate_and_the_old_one_can_be_revoked(tmp_path: Path) -> None:
    async with a_cluster(tmp_path) as (_, client, told):
        link = await open_link(**told)
        async with a_running_node(link) as node:
            await node.welcomed(1)
            renewal = link.renewal(channel=node.client.channel, redial=node.client.redial, clock=Later(days=21))
            assert renewal is not None
            first = renewal.certificate.facts.serial
            await renewal.renew_if_due()
            await node.welcomed(2)
            assert renewal.certificate.facts.serial != first
            await client.revoke_certificate(first)
            (info,) = await client.nodes()
            assert (info.node_id, info.state != "offline") == ("node-1", True)
    assert node.reasons()[0] == "this node has a new certificate"


async def test_an_enrolled_node_needs_neither_token_nor_authority_again(tmp_path: Path) -> None:
    async with a_cluster(tmp_path) as (server, _, told):
        first = await open_link(**told)
        assert first.addresses == (str(server.listening.mutual),)
        again = await open_link(**told)  # the token, which is used up, is not asked about
        told["join_token_file"].unlink()
        without = await open_link(**told)
        bare = await open_link(**told | {"ca": None, "join_token_file": None})
        assert again.addresses == without.addresses == bare.addresses == first.addresses
        async with a_running_node(bare) as node:
            await node.welcomed(1)


async def test_a_token_too_many_does_not_stop_an_enrolled_node_and_a_needed_one_brings_a_revoked_one_back(
    tmp_path: Path,
) -> None:
    async with a_cluster(tmp_path) as (_, client, told):
        await open_link(**told)
        kept = CertificateFolder(tmp_path / "node", "node-1")
        first = kept.load()
        for is_needed in (False, True):
            if is_needed:
                await client.revoke_node("node-1")
            await asyncio.to_thread((tmp_path / "token").write_text, await client.create_join_token())
            await open_link(**told)
            now = kept.load()
            assert first is not None
            assert now is not None
            assert (now.certificate != first.certificate) is is_needed
        link = await open_link(**told)
        async with a_running_node(link) as node:
            await node.welcomed(1)


async def test_a_node_that_was_away_too_long_is_told_what_it_needs(tmp_path: Path) -> None:
    async with a_cluster(tmp_path) as (_, __, told):
        await open_link(**told)
    with pytest.raises(MachineFailure, match=r"has expired.*--join-token-file"):
        await open_link(**told | {"clock": Later(days=31), "join_token_file": None})


async def test_a_damaged_certificate_is_said_with_what_to_do(tmp_path: Path) -> None:
    async with a_cluster(tmp_path) as (_, __, told):
        await open_link(**told)
    kept = tmp_path / "node" / "tls" / "node.pem"
    key = a_shown_certificate(a_tls_folder(tmp_path / "other"), tmp_path / "y").pair.key
    for damage in (b"", kept.read_bytes()[:300], key):
        kept.write_bytes(damage)
        with pytest.raises(MachineFailure, match="take the folder away"):
            await open_link(**told)


async def test_a_certificate_from_elsewhere_is_shown_as_its_files_are_at_each_dial(tmp_path: Path) -> None:
    """Of a server that has no authority's key: it signs nothing, and takes what that authority has signed."""
    tls = a_tls_folder(tmp_path / "tls")
    shown = a_shown_certificate(tls, tmp_path / "shown", node_identity("node-1"))
    stranger = a_shown_certificate(a_tls_folder(tmp_path / "other"), tmp_path / "stranger", node_identity("node-1"))
    files = {"tls_cert": tls.server_certificate, "tls_key": tls.server_key, "tls_ca": tls.authority_certificate}
    told: dict[str, Any] = {"uniform": lambda: 0.0, "clock": SystemClock(), "join_token_file": None}
    told |= {"state_dir": tmp_path / "node", "node_id": "node-1", "ca": tls.authority_certificate}
    async with running_server(tmp_path / "state", mutual_tls_listen="127.0.0.1:0", **files) as server:
        place = CertificateFiles(tmp_path / "node.pem", tmp_path / "node.key")
        with pytest.raises(InvalidField, match="cert and key cannot be read"):
            await open_link(servers=[str(server.listening.mutual)], shown=place, **told)
        _put(stranger, place)
        link = await open_link(servers=[str(server.listening.mutual)], shown=place, **told)
        async with a_running_node(link) as node:
            assert "closed the connection while TLS began" in link.explain(await node.refused(), link.addresses[0])
            _put(shown, place)
            await node.welcomed(1)


def _put(shown: Shown, place: CertificateFiles) -> None:
    place.certificate.write_bytes(shown.pair.certificate)
    place.key.write_bytes(shown.pair.key)


async def test_a_copied_state_directory_does_not_make_another_node(tmp_path: Path) -> None:
    async with a_cluster(tmp_path) as (_, __, told):
        await open_link(**told)
    with pytest.raises(MachineFailure, match="is of another node than node-2"):
        await open_link(**told | {"node_id": "node-2"})


async def test_a_token_is_given_to_a_known_authority_alone(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("cyxjoin_x")
    told: dict[str, Any] = {"servers": ["127.0.0.1:1"], "uniform": lambda: 0.0, "clock": SystemClock()}
    told |= {"state_dir": tmp_path / "node", "node_id": "node-1", "join_token_file": tmp_path / "token"}
    with pytest.raises(InvalidField, match="name the authority with --ca FILE"):
        await open_link(ca=None, **told)
    with pytest.raises(InvalidField, match="must be a PEM file with a certificate"):
        await open_link(ca=tmp_path / "token", **told)
    with pytest.raises(InvalidField, match="cannot be read"):
        await open_link(ca=tmp_path / "nowhere", **told)


async def test_a_node_says_in_a_sentence_that_it_does_not_believe_a_server(tmp_path: Path) -> None:
    other = a_tls_folder(tmp_path / "other")
    async with a_cluster(tmp_path) as (server, _, __):
        link = SecureLink([str(server.listening.grpc)], authority=other.authority_certificate.read_bytes())
        async with a_running_node(link) as node:
            why = await node.refused()
    assert "is not from the authority that was named" in link.explain(why, link.addresses[0])
