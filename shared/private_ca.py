"""A private certificate authority: makes keys and signs certificates, from PEM to PEM. It reads no clock and no file.

Keys are ECDSA on P-256. Who may be without the package `cryptography`, as the plain command line is, loads this file
with its first use.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.errors import InvalidField
from shared.tls_identity import IdentityKind, TlsIdentity, identity_from_uri, node_server_name

AUTHORITY_DAYS = 3650.0
SERVER_DAYS = 90.0
USER_DAYS = 365.0
NODE_DAYS = 30.0

_CLOCK_SKEW = timedelta(minutes=5)
"""A certificate is valid a little before it was made: the clocks of a cluster differ."""


@dataclass(frozen=True, slots=True)
class KeyAndCertificate:
    """A private key and its certificate, both PEM; the key is kept out of `repr`."""

    key: bytes
    certificate: bytes

    def __repr__(self) -> str:
        return f"KeyAndCertificate(certificate={self.certificate!r})"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate says.

    Attributes:
        serial: in lower-case hex digits.
        names: the host names and addresses it is for.
        identity: whom it speaks for; None for a server's.
    """

    subject: str
    issuer: str
    serial: str
    not_before_ms: int
    not_after_ms: int
    names: tuple[str, ...]
    identity: TlsIdentity | None

    def is_due(self, now_ms: int) -> bool:
        """Whether less than a third of its life is left: time to renew it."""
        return self.not_after_ms - now_ms < (self.not_after_ms - self.not_before_ms) / 3


def make_authority(name: str, *, now_ms: int, days: float = AUTHORITY_DAYS) -> KeyAndCertificate:
    """Return a new authority that signs itself."""
    key = _new_key()
    builder = _builder(_named(name), _named(name), key.public_key(), now_ms, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return KeyAndCertificate(_key_pem(key), _signed(builder, key))


def make_server_certificate(
    authority: KeyAndCertificate,
    names: Sequence[str],
    *,
    now_ms: int,
    key: bytes | None = None,
    days: float = SERVER_DAYS,
) -> KeyAndCertificate:
    """Return a certificate for a server with these host names and addresses; for `key` when there is one already.

    Raises:
        InvalidField: a name can be none.
    """
    own = _key_from(key) if key is not None else _new_key()
    alternatives = [_general_name(name) for name in names]
    certificate = _leaf(
        authority, names[0], alternatives, own.public_key(), now_ms, days, [ExtendedKeyUsageOID.SERVER_AUTH]
    )
    return KeyAndCertificate(key or _key_pem(own), certificate)


def make_client_certificate(
    authority: KeyAndCertificate, identity: TlsIdentity, *, now_ms: int, days: float = USER_DAYS
) -> KeyAndCertificate:
    """Return a key and a certificate that speaks for `identity`."""
    key = _new_key()
    return KeyAndCertificate(_key_pem(key), _client_leaf(authority, identity, key.public_key(), now_ms, days))


def make_request(identity: TlsIdentity) -> tuple[bytes, bytes]:
    """Return a new key and a request to have it certified, both PEM: only the request need leave this machine."""
    key = _new_key()
    request = x509.CertificateSigningRequestBuilder().subject_name(_named(identity.name)).sign(key, hashes.SHA256())
    return _key_pem(key), request.public_bytes(serialization.Encoding.PEM)


def sign_request(
    authority: KeyAndCertificate, request: bytes, identity: TlsIdentity, *, now_ms: int, days: float = NODE_DAYS
) -> bytes:
    """Return a certificate for the key in `request` that speaks for `identity`, whatever else the request says.

    Raises:
        InvalidField: the request is none, or its key is not of our kind.
    """
    try:
        read = x509.load_pem_x509_csr(request)
        key, is_own = read.public_key(), read.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidField("certificate_request must be a PEM certificate request, got none") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1) or not is_own:
        raise InvalidField(
            "certificate_request must be for a P-256 key and signed with it", field="certificate_request"
        )
    return _client_leaf(authority, identity, key, now_ms, days)


def facts_of(certificate: bytes) -> CertificateFacts:
    """Return what a PEM certificate says.

    Raises:
        InvalidField: it is none.
    """
    try:
        read = x509.load_pem_x509_certificate(certificate)
        alternatives = _alternatives(read)
    except ValueError:
        raise InvalidField("a PEM certificate is needed, beginning with -----BEGIN CERTIFICATE-----") from None
    uris = alternatives.get_values_for_type(x509.UniformResourceIdentifier) if alternatives else []
    identities = [identity for uri in uris if (identity := identity_from_uri(uri)) is not None]
    hosts = alternatives.get_values_for_type(x509.DNSName) if alternatives else []
    addresses = alternatives.get_values_for_type(x509.IPAddress) if alternatives else []
    return CertificateFacts(
        subject=_common_name(read.subject),
        issuer=_common_name(read.issuer),
        serial=f"{read.serial_number:x}",
        not_before_ms=_ms(read.not_valid_before_utc),
        not_after_ms=_ms(read.not_valid_after_utc),
        names=(*hosts, *map(str, addresses)),
        # A certificate that names two speaks for neither.
        identity=identities[0] if len(identities) == 1 and len(uris) == 1 else None,
    )


def key_fits(pair: KeyAndCertificate) -> bool:
    """Tell whether a private key, of whatever kind, is the one of its certificate.

    Raises:
        InvalidField: one of them is none.
    """
    try:
        key = load_pem_private_key(pair.key, password=None).public_key()
        certified = x509.load_pem_x509_certificate(pair.certificate).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidField("a certificate and a private key in PEM, without a password, are needed") from None
    return key == certified


def _client_leaf(
    authority: KeyAndCertificate,
    identity: TlsIdentity,
    key: ec.EllipticCurvePublicKey,
    now_ms: int,
    days: float,
) -> bytes:
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(identity.uri)]
    if identity.kind is not IdentityKind.NODE:
        return _leaf(authority, identity.name, names, key, now_ms, days, [ExtendedKeyUsageOID.CLIENT_AUTH])
    # A node also serves; its name there is made of its id, so it can pose for no host.
    names.append(x509.DNSName(node_server_name(identity.name)))
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    return _leaf(authority, identity.name, names, key, now_ms, days, uses)


def _leaf(
    authority: KeyAndCertificate,
    subject: str,
    names: Sequence[x509.GeneralName],
    key: ec.EllipticCurvePublicKey,
    now_ms: int,
    days: float,
    uses: Sequence[x509.ObjectIdentifier],
) -> bytes:
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    signer = _key_from(authority.key)
    builder = _builder(_named(subject), issuer.subject, key, now_ms, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return _signed(builder.add_extension(of_issuer, critical=False), signer)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now_ms: int, days: float
) -> x509.CertificateBuilder:
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _key_from(pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise InvalidField("a private key in PEM without a password is needed, got none") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise InvalidField("the authority's key must be an elliptic curve key, as cyxwiz tls init makes it")
    return key


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    labels = name.removeprefix("*.").split(".")
    if len(name) > 253 or not all(_is_label(label) for label in labels):
        raise InvalidField(f"host must be a host name or an address, such as gpu.example.org, got {name[:80]!r}")
    return x509.DNSName(name)


def _is_label(label: str) -> bool:
    return 0 < len(label) < 64 and label.isascii() and label.replace("-", "").replace("_", "").isalnum()


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _alternatives(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
