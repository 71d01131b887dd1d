"""A central server that speaks TLS, and clients that believe it or have reason not to."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from central_server.server_certificate import ServerCertificate, TlsFiles
from central_server.settings import Settings
from cyxwiz.aio import Client
from cyxwiz.cli.checkup import ports, python_and_jax
from cyxwiz.cli.checkup.python_and_jax import FoundJax
from cyxwiz.cli.main import run
from cyxwiz.errors import ServerNotTrusted, ServerUnreachable
from shared.clock import SystemClock
from shared.errors import InvalidField
from shared.private_ca import facts_of
from shared.private_file import write_private
from shared.tls_folder import TlsFolder
from tests.central_server.running_server import Server, running_server
from tests.tls import a_shown_certificate, a_tls_folder, with_server_certificate

MUTUAL = {"mutual_tls_listen": "127.0.0.1:0"}


@pytest.fixture
def folder(tmp_path: Path) -> TlsFolder:
    return a_tls_folder(tmp_path / "tls")


@pytest.fixture
async def server(tmp_path: Path, folder: TlsFolder) -> AsyncIterator[Server]:
    async with running_server(tmp_path / "state", tls_dir=folder.path, **MUTUAL) as server:
        yield server


def a_client(server: Server, folder: TlsFolder, **said: object) -> Client:
    said = {"ca": folder.authority_certificate, "retry_seconds": 0.0} | said
    return Client(str(server.listening.grpc), **said)  # type: ignore[arg-type]  # each test says what it varies


def shown_over_http(server: Server) -> str:
    """The serial number of the certificate that HTTP shows to who connects now."""
    pem = ssl.get_server_certificate((server.listening.http.host, server.listening.http.port))
    return facts_of(pem.encode()).serial


async def test_a_client_that_names_the_authority_is_served(server: Server, folder: TlsFolder) -> None:
    async with a_client(server, folder) as client:
        assert await client.jobs() == []
    assert server.listening.url.startswith("https://127.0.0.1:")


async def test_the_checkup_of_a_server_with_tls_says_what_is_missing(
    server: Server, folder: TlsFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(python_and_jax, "ask_jax", FoundJax)
    monkeypatch.setattr(ports, "GRPC_PORT", server.listening.grpc.port)
    monkeypatch.setattr(ports, "HTTP_PORT", server.listening.http.port)

    async def said(*options: str) -> str:
        await asyncio.to_thread(run, ["doctor", "--server", str(server.listening.grpc), *options])
        return capsys.readouterr().out

    good = await said("--ca", str(folder.authority_certificate))
    assert f"ok    server      {server.listening.grpc} answers" in good
    assert good.count("a central server listens there") == 2
    without = await said()
    assert "closed the connection at once" in without
    assert "→ if it speaks TLS, name its authority with --ca FILE" in without
    assert "no central server answers" not in without


async def test_metrics_are_scraped_with_the_authority_and_a_viewers_token(tmp_path: Path, folder: TlsFolder) -> None:
    async with running_server(tmp_path / "state", tls_dir=folder.path, require_token=True) as server:
        async with a_client(server, folder, token=server.token) as client:
            viewer = await client.create_token(role="viewer", name="prometheus")
        context = ssl.create_default_context(cafile=folder.authority_certificate)
        async with httpx.AsyncClient(base_url=server.listening.url, verify=context) as prometheus:
            refused = await prometheus.get("/metrics")
            scraped = await prometheus.get("/metrics", headers={"authorization": f"Bearer {viewer.token}"})
    assert refused.status_code == 401
    assert scraped.status_code == 200
    assert "# TYPE cyxwiz_" in scraped.text


async def test_a_name_in_the_certificate_is_one_by_which_the_page_may_be_asked(tmp_path: Path) -> None:
    folder = a_tls_folder(tmp_path / "tls", "gpu.example.org")
    async with running_server(tmp_path / "state", tls_dir=folder.path) as server:
        context = ssl.create_default_context(cafile=folder.authority_certificate)
        async with httpx.AsyncClient(base_url=server.listening.url, verify=context) as browser:
            for host, code in (("gpu.example.org", 200), ("other.example.org", 403)):
                answer = await browser.get("/api/v1/jobs", headers={"host": host})
                assert answer.status_code == code, host


async def test_a_client_of_another_authority_is_told_so_at_once(
    server: Server, folder: TlsFolder, tmp_path: Path
) -> None:
    other = a_tls_folder(tmp_path / "other")
    async with a_client(server, other, retry_seconds=60.0) as client:
        with pytest.raises(ServerNotTrusted, match="not from the authority that was named"):
            await client.jobs()


async def test_a_client_without_tls_is_told_what_may_be_the_matter(server: Server, folder: TlsFolder) -> None:
    async with a_client(server, folder, ca="") as client:
        with pytest.raises(ServerUnreachable, match="if it speaks TLS, name its authority with --ca"):
            await client.jobs()


async def test_a_server_without_tls_is_told_from_one_that_is_away(tmp_path: Path, folder: TlsFolder) -> None:
    async with running_server(tmp_path / "plain") as plain, a_client(plain, folder) as client:
        with pytest.raises(ServerNotTrusted, match="does not speak TLS"):
            await client.jobs()


@pytest.mark.parametrize(
    ("names", "made_days_ago", "sentence"),
    [
        (("other.example.org",), 0.0, "is not for that name"),
        (("127.0.0.1",), 91.0, "has expired"),
    ],
)
async def test_a_certificate_that_fits_no_more_is_named(
    tmp_path: Path, folder: TlsFolder, names: tuple[str, ...], made_days_ago: float, sentence: str
) -> None:
    async with running_server(tmp_path / "state", tls_dir=folder.path) as server:
        with_server_certificate(folder, *names, made_days_ago=made_days_ago)
        folder.authority_key.unlink()
        await until_shown(server, folder)
        async with a_client(server, folder) as client:
            with pytest.raises(ServerNotTrusted, match=sentence):
                await client.jobs()


async def until_shown(server: Server, folder: TlsFolder) -> None:
    """Wait until a server shows the certificate that lies in its folder."""
    serial = facts_of(folder.server_certificate.read_bytes()).serial
    async with asyncio.timeout(10):
        while await asyncio.to_thread(shown_over_http, server) != serial:  # noqa: ASYNC110  # no event tells of it
            await asyncio.sleep(0.05)


async def test_a_renewed_certificate_is_shown_without_a_restart_and_open_connections_go_on(
    server: Server, folder: TlsFolder
) -> None:
    async with a_client(server, folder) as old, a_client(server, folder) as new:
        await old.jobs()
        with_server_certificate(folder, "other.example.org")
        await until_shown(server, folder)
        await old.jobs()
        with pytest.raises(ServerNotTrusted, match="is not for that name"):  # so it is the new one that gRPC shows
            await new.jobs()


async def test_the_mutual_port_serves_who_shows_a_certificate_and_nobody_else(
    server: Server, folder: TlsFolder, tmp_path: Path
) -> None:
    shown = a_shown_certificate(folder, tmp_path / "ann")
    expired = a_shown_certificate(folder, tmp_path / "late", made_days_ago=31.0)
    foreign = a_shown_certificate(a_tls_folder(tmp_path / "other"), tmp_path / "foreign")
    address, ca = str(server.listening.mutual), folder.authority_certificate
    async with Client(address, ca=ca, certificate=shown.files) as client:
        assert await client.jobs() == []
    for refused in (None, expired.files, foreign.files):
        async with Client(address, ca=ca, certificate=refused, retry_seconds=0.0) as client:
            with pytest.raises(ServerUnreachable, match="wants a certificate that is valid and of its own authority"):
                await client.jobs()


def test_a_server_renews_its_own_certificate_when_a_third_of_its_life_is_left(folder: TlsFolder) -> None:
    with_server_certificate(folder, "gpu.example.org", made_days_ago=61.0)
    before = facts_of(folder.server_certificate.read_bytes())
    facts = ServerCertificate(TlsFiles.in_folder(folder.path), SystemClock()).facts
    assert (facts.names, facts.serial != before.serial) == (("gpu.example.org",), True)


def test_an_expired_certificate_that_cannot_be_renewed_is_refused(folder: TlsFolder) -> None:
    with_server_certificate(folder, "127.0.0.1", made_days_ago=91.0)
    folder.authority_key.unlink()
    with pytest.raises(InvalidField, match=r"server\.pem has expired on .*cyxwiz tls renew"):
        ServerCertificate(TlsFiles.in_folder(folder.path), SystemClock())


def test_a_key_of_another_certificate_is_refused(folder: TlsFolder, tmp_path: Path) -> None:
    write_private(folder.server_key, a_tls_folder(tmp_path / "other").server_key.read_bytes())
    with pytest.raises(InvalidField, match=re.escape("server.key is not the key of")):
        ServerCertificate(TlsFiles.in_folder(folder.path), SystemClock())


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"tls_cert": "/a.pem"}, "belong together"),
        ({"tls_dir": "/a", "tls_cert": "/a.pem", "tls_key": "/a.key"}, "leave out"),
        ({"mutual_tls_listen": "127.0.0.1:0"}, "need TLS"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(said: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Settings(**said)  # type: ignore[arg-type]  # as flags and variables give them
