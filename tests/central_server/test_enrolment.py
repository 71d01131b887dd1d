"""How nodes come to certificates and lose them, on a whole server with TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from cyxwiz.aio import Client
from cyxwiz.errors import InvalidField, NotAllowed, NotFound, NotSupported
from server_node.connection.dialing import dial
from server_node.connection.enrolling import Renewal, enrolled
from server_node.connection.node_certificate import CertificateFolder, NodeCertificate
from shared.clock import SystemClock
from shared.errors import MachineFailure
from shared.join_tokens import keep_beside_authority, new_join_token
from shared.pb import enrolment_pb2, enrolment_pb2_grpc
from shared.private_ca import facts_of, make_request
from shared.tls_folder import TlsFolder
from shared.tls_identity import node_identity, user_identity
from tests.builders import a_hello
from tests.central_server.fake_node import FakeNode
from tests.central_server.running_server import Server, running_server, server_on
from tests.tls import a_shown_certificate, a_tls_folder, now_ms


@pytest.fixture
def folder(tmp_path: Path) -> TlsFolder:
    return a_tls_folder(tmp_path / "tls")


@pytest.fixture
async def server(tmp_path: Path, folder: TlsFolder) -> AsyncIterator[Server]:
    async with running_server(tmp_path / "state", tls_dir=folder.path, mutual_tls_listen="127.0.0.1:0") as server:
        yield server


@pytest.fixture
async def client(server: Server, folder: TlsFolder) -> AsyncIterator[Client]:
    async with Client(
        str(server.listening.grpc), ca=folder.authority_certificate, token=server.token, retry_seconds=0.0
    ) as client:
        yield client


async def enrol(
    server: Server, folder: TlsFolder, token: str, node_id: str = "node-1", request: bytes | None = None
) -> enrolment_pb2.EnrolResponse:
    """Ask for a certificate as a node does."""
    credentials = grpc.ssl_channel_credentials(folder.authority_certificate.read_bytes())
    asked = enrolment_pb2.EnrolRequest(
        join_token=token,
        node_id=node_id,
        certificate_request=request if request is not None else make_request(node_identity(node_id))[1],
    )
    async with dial(str(server.listening.grpc), credentials) as channel:
        return await enrolment_pb2_grpc.EnrolmentServiceStub(channel).Enrol(asked, timeout=10)


async def a_node_certificate(server: Server, folder: TlsFolder, client: Client, at: Path) -> NodeCertificate:
    """Enrol as the node's own code does it."""
    await asyncio.to_thread(at.mkdir)
    (at / "token").write_text(await client.create_join_token())
    return await enrolled(
        CertificateFolder(at, "node-1"),
        "node-1",
        [str(server.listening.grpc)],
        authority=folder.authority_certificate.read_bytes(),
        join_token_file=at / "token",
        uniform=lambda: 0.0,
        clock=SystemClock(),
    )


def a_mutual_channel(server: Server, certificate: NodeCertificate) -> grpc.aio.Channel:
    credentials = grpc.ssl_channel_credentials(certificate.authority, certificate.key, certificate.certificate)
    return dial(f"127.0.0.1:{certificate.mutual_tls_port}", credentials)


def a_fake_node(server: Server, channel: grpc.aio.Channel, node_id: str = "node-1") -> FakeNode:
    return FakeNode(server_on(channel, server.stop, server.listening, token=server.token), a_hello(node_id=node_id))


async def test_a_node_with_a_certificate_is_welcomed_under_its_own_id_and_no_other(
    server: Server, folder: TlsFolder, client: Client, tmp_path: Path
) -> None:
    certificate = await a_node_certificate(server, folder, client, tmp_path / "node")
    assert certificate.facts.identity == node_identity("node-1")
    async with a_mutual_channel(server, certificate) as channel:
        await a_fake_node(server, channel).connect()
        thief = a_fake_node(server, channel, "node-2")
        await thief.say(thief.hello)
        code, details = await thief.code_at_end()
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert "Hello must be of node node-1, which the certificate names, got 'node-2'" in details


async def test_a_node_without_a_certificate_is_told_how_to_get_one(server: Server, folder: TlsFolder) -> None:
    credentials = grpc.ssl_channel_credentials(folder.authority_certificate.read_bytes())
    async with dial(str(server.listening.grpc), credentials) as channel:
        code, details = await a_fake_node(server, channel).code_at_end()
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert "--join-token-file" in details


async def test_a_person_with_a_certificate_is_no_node(server: Server, folder: TlsFolder, tmp_path: Path) -> None:
    shown = a_shown_certificate(folder, tmp_path / "bob", user_identity("bob", "submitter")).pair
    authority = folder.authority_certificate.read_bytes()
    assert server.listening.mutual is not None
    pretended = NodeCertificate(shown.key, shown.certificate, authority, server.listening.mutual.port, "")
    async with a_mutual_channel(server, pretended) as channel:
        code, _ = await a_fake_node(server, channel).code_at_end()
    assert code is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("role", ["node", "root"])
async def test_a_persons_certificate_gives_no_role_that_people_do_not_have(
    server: Server, folder: TlsFolder, tmp_path: Path, role: str
) -> None:
    shown = a_shown_certificate(folder, tmp_path / "bob", user_identity("bob", role))
    address = str(server.listening.mutual)
    async with Client(address, ca=folder.authority_certificate, certificate=shown.files) as client:
        with pytest.raises(NotAllowed, match=f"a role that there is none of: {role}"):
            await client.jobs()


async def test_a_join_token_counts_for_one_node(server: Server, folder: TlsFolder, client: Client) -> None:
    token = await client.create_join_token()
    await enrol(server, folder, token, "node-1")
    for node_id in ("node-2", "node-1"):
        with pytest.raises(grpc.aio.AioRpcError, match="was used by node-1, and counts once") as refusal:
            await enrol(server, folder, token, node_id)
        assert refusal.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_two_nodes_that_come_with_one_token_at_once_do_not_both_get_in(
    server: Server, folder: TlsFolder, client: Client
) -> None:
    token = await client.create_join_token()
    asked = [enrol(server, folder, token, f"node-{number}") for number in range(4)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(answer, enrolment_pb2.EnrolResponse) for answer in answers) == 1


async def test_a_request_whose_answer_was_lost_is_answered_again(
    server: Server, folder: TlsFolder, client: Client
) -> None:
    token, (_, request) = await client.create_join_token(), make_request(node_identity("node-1"))
    answers = [await enrol(server, folder, token, request=request) for _ in range(2)]
    assert all(facts_of(answer.certificate).identity == node_identity("node-1") for answer in answers)


async def test_an_enrolled_node_cannot_be_replaced_before_it_is_revoked(
    server: Server, folder: TlsFolder, client: Client
) -> None:
    await enrol(server, folder, await client.create_join_token())
    other = await client.create_join_token()
    with pytest.raises(grpc.aio.AioRpcError, match="cyxwiz node revoke node-1"):
        await enrol(server, folder, other)
    await client.revoke_node("node-1")
    await enrol(server, folder, other)


async def test_a_token_that_was_made_beside_the_authority_counts_once_too(
    server: Server, folder: TlsFolder, tmp_path: Path
) -> None:
    token, kept = new_join_token(name="", made_by="", seconds=60, now_ms=now_ms())
    late, late_kept = new_join_token(name="", made_by="", seconds=60, now_ms=now_ms() - 61_000)
    keep_beside_authority(folder.path, kept)
    keep_beside_authority(folder.path, late_kept)
    await enrol(server, folder, token, "node-1")
    with pytest.raises(grpc.aio.AioRpcError, match="counts once"):
        await enrol(server, folder, token, "node-2")
    with pytest.raises(grpc.aio.AioRpcError, match="has expired"):
        await enrol(server, folder, late, "node-2")


@pytest.mark.parametrize("token", ["", "cyxjoin_guessed", "\x00" * 100], ids=["none", "guessed", "odd"])
async def test_a_guessed_token_is_refused(server: Server, folder: TlsFolder, token: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="the join token is unknown"):
        await enrol(server, folder, token)


async def test_whoever_guesses_join_tokens_waits_and_both_guesses_and_nodes_are_in_the_audit_log(
    server: Server, folder: TlsFolder, client: Client
) -> None:
    await enrol(server, folder, await client.create_join_token(), "node-7")
    codes = []
    for number in range(8):
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await enrol(server, folder, f"cyxjoin_{number}")
        codes.append(refusal.value.code())
    assert codes[0] is grpc.StatusCode.UNAUTHENTICATED
    assert codes[-1] is grpc.StatusCode.RESOURCE_EXHAUSTED
    async with asyncio.timeout(5):
        while "unauthenticated" not in {entry.result for entry in await client.audit()}:  # noqa: ASYNC110  # written soon
            await asyncio.sleep(0.05)
    enrolments = [entry for entry in await client.audit() if entry.action == "EnrolmentService/Enrol"]
    assert (enrolments[-1].subject, enrolments[-1].result) == ("node-7", "ok")


async def test_what_is_no_request_is_refused_and_does_not_use_the_token_up(
    server: Server, folder: TlsFolder, client: Client
) -> None:
    token = await client.create_join_token()
    for request, node_id in ((b"", "node-1"), (b"x" * 20_000, "node-1"), (None, "../node")):
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await enrol(server, folder, token, node_id if request is not None else "node-1", request or b"-")
        assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    await enrol(server, folder, token)


async def test_a_revoked_node_is_closed_at_once_and_stays_out(
    server: Server, folder: TlsFolder, client: Client, tmp_path: Path
) -> None:
    certificate = await a_node_certificate(server, folder, client, tmp_path / "node")
    async with a_mutual_channel(server, certificate) as channel:
        node = a_fake_node(server, channel)
        await node.connect()
        assert await client.revoke_node("node-1") == [certificate.facts.serial]
        async with asyncio.timeout(2):
            code, _ = await node.code_at_end()
        assert code is grpc.StatusCode.UNAUTHENTICATED
        code, details = await a_fake_node(server, channel).code_at_end()
    assert (code, "was revoked" in details) == (grpc.StatusCode.UNAUTHENTICATED, True)
    with pytest.raises(NotFound, match="has no certificate that counts"):
        await client.revoke_node("node-1")


async def test_a_revoked_certificate_of_a_person_is_refused_after_a_restart_too(
    folder: TlsFolder, tmp_path: Path
) -> None:
    shown = a_shown_certificate(folder, tmp_path / "ann", user_identity("ann", "admin"))
    serial = facts_of(shown.pair.certificate).serial
    for is_revoked in (False, True):
        async with (
            running_server(tmp_path / "state", tls_dir=folder.path, mutual_tls_listen="127.0.0.1:0") as server,
            Client(str(server.listening.mutual), ca=folder.authority_certificate, certificate=shown.files) as client,
        ):
            if not is_revoked:
                await client.jobs()
                await client.revoke_certificate(":".join([serial[:2].upper(), serial[2:]]))
            with pytest.raises(NotAllowed, match=f"{serial} was revoked"):
                await client.jobs()


async def test_a_role_in_a_certificate_is_what_its_owner_may(server: Server, folder: TlsFolder, tmp_path: Path) -> None:
    shown = a_shown_certificate(folder, tmp_path / "eve", user_identity("eve", "viewer"))
    address = str(server.listening.mutual)
    async with Client(address, ca=folder.authority_certificate, certificate=shown.files) as client:
        assert await client.jobs() == []
        with pytest.raises(NotAllowed, match="does not have"):
            await client.create_join_token()
        with pytest.raises(NotAllowed):
            await client.revoke_node("node-1")


async def test_a_node_renews_its_certificate_through_its_own_connection(
    server: Server, folder: TlsFolder, client: Client, tmp_path: Path
) -> None:
    first = await a_node_certificate(server, folder, client, tmp_path / "node")
    kept, taken = CertificateFolder(tmp_path / "node", "node-1"), list[NodeCertificate]()
    async with a_mutual_channel(server, first) as channel:

        async def present() -> grpc.aio.Channel:
            return channel

        for day, count in ((19, 0), (21, 1)):
            clock = _Later(day)
            await Renewal(kept, first, channel=present, taken=taken.append, clock=clock).renew_if_due()
            assert len(taken) == count
    (second,) = taken
    assert (second.facts.identity, second.key != first.key) == (node_identity("node-1"), True)
    assert kept.load() == second
    async with a_mutual_channel(server, second) as channel:
        await a_fake_node(server, channel).connect()
    assert set(await client.revoke_node("node-1")) == {first.facts.serial, second.facts.serial}


class _Later(SystemClock):
    def __init__(self, days: int) -> None:
        self._days = days

    def unix_ms(self) -> int:
        return super().unix_ms() + self._days * 24 * 3600 * 1000


async def test_a_refused_token_is_said_in_the_servers_words(server: Server, folder: TlsFolder, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("cyxjoin_old")
    with pytest.raises(MachineFailure, match="does not enrol this node: the join token is unknown"):
        await enrolled(
            CertificateFolder(tmp_path, "node-1"),
            "node-1",
            [str(server.listening.grpc)],
            authority=folder.authority_certificate.read_bytes(),
            join_token_file=tmp_path / "token",
            uniform=lambda: 0.0,
            clock=SystemClock(),
        )


async def test_a_server_without_an_authority_says_what_it_needs(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path / "state") as server,
        Client(str(server.listening.grpc), ca="", token=server.token) as client,
    ):
        with pytest.raises(NotSupported, match=r"--tls-dir .* and --mutual-tls-listen"):
            await client.create_join_token()


async def test_a_serial_number_that_can_be_none_is_refused(client: Client) -> None:
    with pytest.raises(InvalidField, match="serial must be up to 40 hexadecimal digits"):
        await client.revoke_certificate("nonsense")


async def test_a_node_whose_id_can_be_none_is_revoked_by_no_question_to_the_database(client: Client) -> None:
    with pytest.raises(InvalidField, match="node_id must"):
        await client.revoke_node("n" * 70_000)
