"""Files behind https://: by parts or whole, from public addresses alone, wherever names and redirects lead."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from threading import Thread
from time import time_ns
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_node.training.data import reachable_address, web_source
from server_node.training.data.dataset_secrets import read_secrets
from server_node.training.data.pinned_connection import with_deadlines
from server_node.training.data.reachable_address import AddressRule, Resolve, is_public
from server_node.training.data.remote_files import RemoteFiles
from server_node.training.data.web_request import WebAccess
from server_node.training.stopping import never_stop
from shared.errors import BadData, InvalidField, MachineFailure
from shared.private_ca import make_authority, make_server_certificate

CONTENT = bytes(range(256)) * 2


class Host(ThreadingHTTPServer):
    """A web server on this machine that gives `CONTENT`: by parts, whole, without end, or not."""

    def __init__(self, manner: str) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.manner = manner
        self.asked: list[str] = []
        self.elsewhere = ""
        self.bearers: list[str | None] = []

    def url(self, path: str) -> str:
        return f"https://data.example:{self.server_port}{path}"


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Host

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.wfile.write(self.answer())

    def answer(self) -> bytes:
        """Send the front of an answer, and give what follows it."""
        said, manner = self.headers.get("Range"), self.server.manner
        self.server.asked.append(f"{self.command} {said}" if said else self.command)
        self.server.bearers.append(self.headers.get("Authorization"))
        if self.server.elsewhere and not self.headers["Host"].startswith("other."):
            self.send_response(302)
            self.send_header("Location", self.server.elsewhere)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return b""
        content = b"" if manner == "forbidden" else CONTENT
        if said and manner == "parts":
            first, last = (int(place) for place in said.removeprefix("bytes=").split("-"))
            content = CONTENT[first : last + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{first + len(content) - 1}/{len(CONTENT)}")
        else:
            self.send_response(403 if manner == "forbidden" else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Wed, 01 Jan 2025 00:00:00 GMT")
        is_swelling = manner == "swells" and self.command == "GET"
        self.send_header("Content-Length", str(len(content) * (1 + 9 * is_swelling)))
        self.end_headers()
        return content * (1 + 9 * is_swelling)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's side, and that of who believes its authority."""
    authority = make_authority("test", now_ms=time_ns() // 1_000_000)
    pair = make_server_certificate(authority, ["data.example", "other.example"], now_ms=time_ns() // 1_000_000)
    file = tmp_path_factory.mktemp("tls") / "pair.pem"
    file.write_bytes(pair.key + pair.certificate)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    return serving, with_deadlines(ssl.create_default_context(cadata=authority.certificate.decode()))


@pytest.fixture
def host(request: pytest.FixtureRequest, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[Host]:
    with Host(request.param) as server:
        server.socket = contexts[0].wrap_socket(server.socket, server_side=True)
        running = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        running.start()
        yield server
        server.shutdown()
        running.join()


@pytest.fixture
def believing(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> ssl.SSLContext:
    return contexts[1]


def at(address: str) -> Resolve:
    return lambda _host, _port: [address]


def copies_of(folder: Path, believing: ssl.SSLContext) -> RemoteFiles:
    """Copies of a node that may speak to this machine, which every name leads to."""
    rule = AddressRule(allows_private=True, resolve=at("127.0.0.1"))
    return RemoteFiles(folder / "copies", 1_000, web=WebAccess(rule, believing))


@pytest.mark.parametrize("host", ["parts", "whole"], indirect=True)
def test_a_web_server_is_read_by_parts_or_whole_and_only_asked_once_it_is_known(
    tmp_path: Path, host: Host, believing: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_source, "PART_BYTES", 200)
    copies = copies_of(tmp_path, believing)
    first = copies.fetch(host.url("/a/data.bin"), never_stop)
    assert (first.path.read_bytes(), first.name) == (CONTENT, "data.bin")
    if host.manner == "parts":
        parts = ["GET bytes=0-199", "GET bytes=200-399", "GET bytes=400-511"]
        assert [asked for asked in host.asked if asked != "HEAD"] == parts
    host.asked.clear()
    assert copies.fetch(host.url("/a/data.bin"), never_stop) == first
    assert host.asked == ["HEAD"]


@pytest.mark.parametrize("host", ["swells"], indirect=True)
def test_a_web_server_that_gives_more_than_it_said_is_not_read_to_the_end(
    tmp_path: Path, host: Host, believing: ssl.SSLContext
) -> None:
    with pytest.raises(MachineFailure, match="changed while it was being fetched"):
        copies_of(tmp_path, believing).fetch(host.url("/data.bin"), never_stop)
    assert list((tmp_path / "copies").iterdir()) == []


@pytest.mark.parametrize("host", ["forbidden"], indirect=True)
def test_a_web_server_that_refuses_is_the_users_mistake(tmp_path: Path, host: Host, believing: ssl.SSLContext) -> None:
    with pytest.raises(BadData, match="this node may not read it"):
        copies_of(tmp_path, believing).fetch(host.url("/data.bin"), never_stop)


@pytest.mark.parametrize("host", ["whole"], indirect=True)
def test_a_host_on_this_machine_is_not_asked_unless_the_operator_allows_it(
    tmp_path: Path, host: Host, believing: ssl.SSLContext
) -> None:
    copies = RemoteFiles(tmp_path / "copies", 1_000, web=WebAccess(AddressRule(resolve=at("127.0.0.1")), believing))
    with pytest.raises(BadData, match=r"data\.example is 127\.0\.0\.1; .*--allow-private-addresses"):
        copies.fetch(host.url("/data.bin"), never_stop)
    assert host.asked == []


@pytest.mark.parametrize("host", ["whole"], indirect=True)
def test_a_redirect_to_an_address_inside_is_refused(
    tmp_path: Path, host: Host, believing: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reachable_address, "is_public", lambda address: str(address) == "127.0.0.1")
    host.elsewhere = "https://169.254.169.254/latest/meta-data"
    rule = AddressRule(resolve=lambda name, _port: [name if name[0].isdigit() else "127.0.0.1"])
    copies = RemoteFiles(tmp_path / "copies", 1_000, web=WebAccess(rule, believing))
    with pytest.raises(BadData, match=r"169\.254\.169\.254 is 169\.254\.169\.254"):
        copies.fetch(host.url("/data.bin"), never_stop)
    host.elsewhere = host.url("/again").replace("https", "http")
    with pytest.raises(BadData, match="redirects to https:// only"):
        copies.fetch(host.url("/data.bin"), never_stop)
    host.elsewhere = "/again"
    with pytest.raises(BadData, match="at most 5 redirects"):
        copies.fetch(host.url("/data.bin"), never_stop)


def test_a_name_is_resolved_once_and_what_was_checked_is_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, dialled = iter(["93.184.216.34", "127.0.0.1"]), []

    def dial(place: tuple[str, int], **_: Any) -> Any:
        dialled.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", dial)
    source = web_source.WebSource("https://turns/x", WebAccess(AddressRule(resolve=lambda *_: [next(answers)])))
    with pytest.raises(BadData, match=r"turns is 127\.0\.0\.1"):
        source.look()
    assert dialled == [("93.184.216.34", 443)]


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_however_it_is_wrapped(address: IPv4Address) -> None:
    number = int(address)
    wrapped = [IPv6Address((0xFFFF << 32) | number), IPv6Address((0x64FF9B << 96) | number)]
    wrapped.append(IPv6Address((0x2002 << 112) | (number << 80)))
    assert {is_public(each) for each in wrapped} == {is_public(address)}
    assert not is_public(address) or address.is_global


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "240.0.0.1",
        "192.0.0.192",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "::127.0.0.1",
        "64:ff9b:1::1",
        "100::1",
    ],
)
def test_an_address_that_is_not_everybodys_is_refused(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_a_public_address_is_allowed(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("host", ["whole"], indirect=True)
def test_a_secret_goes_to_its_own_host_alone_and_keeps_what_it_read(
    tmp_path: Path, host: Host, believing: ssl.SSLContext
) -> None:
    file, url = tmp_path / "secrets.toml", host.url("/team/a.bin")
    file.write_text(f'[hub]\nprefixes = ["{host.url("/team/")}"]\nbearer = "hush"\n')
    copies = replace(copies_of(tmp_path, believing), secrets_file=file)
    with pytest.raises(InvalidField, match="chmod 600"):
        copies.fetch(url, never_stop, "hub")
    file.chmod(0o600)
    with pytest.raises(BadData, match="not for this URL"):
        copies.fetch(host.url("/other/a.bin"), never_stop, "hub")
    with pytest.raises(BadData, match="no secret named 'none'"):
        copies.fetch(url, never_stop, "none")
    assert host.bearers == []
    copies.fetch(url, never_stop, "hub")
    assert set(host.bearers) == {"Bearer hush"}
    assert "hush" not in repr(read_secrets(file))
    host.manner = "forbidden"
    with pytest.raises(BadData, match="may not read it"):
        copies.fetch(url, never_stop)
    host.bearers.clear()
    host.elsewhere = f"https://other.example:{host.server_port}/x"
    with pytest.raises(BadData, match="may not read it"):
        copies.fetch(url, never_stop, "hub")
    assert host.bearers == ["Bearer hush", None]


def test_a_secret_that_no_header_can_carry_is_refused_without_being_said(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.touch(0o600)
    file.write_text('[hub]\nprefixes = ["https://host/"]\nbearer = "hush\\nx"\n')
    with pytest.raises(InvalidField, match="printable ASCII") as refusal:
        read_secrets(file)
    assert "hush" not in str(refusal.value)
