"""Certificates made here are what TLS takes, and say whom they are for."""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.errors import AlreadyExists, InvalidField, NotFound
from shared.private_ca import (
    KeyAndCertificate,
    facts_of,
    make_authority,
    make_client_certificate,
    make_request,
    make_server_certificate,
    sign_request,
)
from shared.tls_folder import TlsFolder
from shared.tls_identity import TlsIdentity, identity_from_uri, node_identity, user_identity
from tests.tls import DAY_MS, now_ms

_NOW_MS = now_ms()


def an_authority(name: str = "ours") -> KeyAndCertificate:
    return make_authority(name, now_ms=_NOW_MS)


def handshake(authority: bytes, server: KeyAndCertificate, folder: Path, host: str = "gpu.example.org") -> None:
    """Let Python's own TLS judge a server's certificate.

    Raises:
        ssl.SSLError: it is not taken.
    """
    file = folder / "server.pem"
    file.write_bytes(server.key + server.certificate)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    asking = ssl.create_default_context(cadata=authority.decode())
    asking.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(to_client, to_server, server_hostname=host)
    other = serving.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, other, client):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()


def test_a_server_certificate_is_taken_by_whoever_trusts_the_authority(tmp_path: Path) -> None:
    authority = an_authority()
    server = make_server_certificate(authority, ["gpu.example.org", "10.0.0.5"], now_ms=_NOW_MS)
    handshake(authority.certificate, server, tmp_path)
    handshake(authority.certificate, server, tmp_path, host="10.0.0.5")
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        handshake(an_authority("theirs").certificate, server, tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'other\.example\.org'"):
        handshake(authority.certificate, server, tmp_path, host="other.example.org")


def test_a_certificate_is_valid_for_its_days_and_a_little_before_for_clocks_that_differ() -> None:
    facts = facts_of(make_server_certificate(an_authority(), ["localhost"], now_ms=_NOW_MS, days=30).certificate)
    assert facts.not_before_ms < _NOW_MS - 60_000
    assert facts.not_after_ms == _NOW_MS // 1000 * 1000 + 30 * DAY_MS
    assert (facts.is_due(_NOW_MS + 19 * DAY_MS), facts.is_due(_NOW_MS + 21 * DAY_MS)) == (False, True)


@pytest.mark.parametrize("identity", [node_identity("node-0123"), user_identity("ann", "operator")])
def test_a_client_certificate_says_whom_it_speaks_for(identity: TlsIdentity) -> None:
    made = make_client_certificate(an_authority(), identity, now_ms=_NOW_MS)
    assert facts_of(made.certificate).identity == identity
    assert made.key.decode() not in repr(made)


@pytest.mark.parametrize(
    "uri",
    [
        "cyxwiz://node/",
        "cyxwiz://node/a/b",
        "cyxwiz://node/..",
        "cyxwiz://node/a?role=admin",
        "cyxwiz://user/ann",
        "cyxwiz://admin/ann",
        "https://node/a",
        "spiffe://x/y",
    ],
)
def test_a_uri_that_is_none_of_ours_names_nobody(uri: str) -> None:
    assert identity_from_uri(uri) is None


def test_a_request_is_signed_for_the_identity_that_the_signer_says() -> None:
    authority = an_authority()
    _, request = make_request(node_identity("node-of-another"))
    certificate = sign_request(authority, request, node_identity("node-1"), now_ms=_NOW_MS)
    assert facts_of(certificate).identity == node_identity("node-1")
    assert b"node-of-another" not in certificate


@pytest.mark.parametrize("request_pem", [b"", b"-----BEGIN CERTIFICATE REQUEST-----\n", b"\xff"])
def test_what_is_no_request_is_refused(request_pem: bytes) -> None:
    with pytest.raises(InvalidField, match="PEM certificate request"):
        sign_request(an_authority(), request_pem, node_identity("node-1"), now_ms=_NOW_MS)


def test_a_request_for_a_key_of_another_kind_is_refused() -> None:
    key = rsa.generate_private_key(65537, 2048)
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    pem = request.public_bytes(serialization.Encoding.PEM)
    with pytest.raises(InvalidField, match="P-256"):
        sign_request(an_authority(), pem, node_identity("node-1"), now_ms=_NOW_MS)


@pytest.mark.parametrize("host", ["", "a b", "a..b", "-" * 64, "café.example.org", "x/y"])
def test_a_host_that_can_be_none_is_refused(host: str) -> None:
    with pytest.raises(InvalidField, match="host must be"):
        make_server_certificate(an_authority(), [host], now_ms=_NOW_MS)


def test_the_folder_keeps_keys_for_its_owner_and_renews_under_the_same_key(tmp_path: Path) -> None:
    folder = TlsFolder(tmp_path / "tls")
    folder.create(["gpu.example.org"], now_ms=_NOW_MS)
    before, key = facts_of(folder.server_certificate.read_bytes()), folder.server_key.read_bytes()
    after = folder.renew_server(now_ms=_NOW_MS + DAY_MS)
    assert (after.names, folder.server_key.read_bytes()) == (before.names, key)
    assert after.serial != before.serial
    assert {path.stat().st_mode & 0o777 for path in (folder.authority_key, folder.server_key)} == {0o600}
    with pytest.raises(AlreadyExists, match="renew"):
        folder.create([], now_ms=_NOW_MS)


def test_a_folder_without_an_authority_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cyxwiz tls init --dir"):
        TlsFolder(tmp_path).renew_server(now_ms=_NOW_MS)
