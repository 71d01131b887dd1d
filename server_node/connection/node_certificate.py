"""The node's certificate and what belongs to it, in its state directory: `tls/`, for its owner alone. It asks nobody.

Key and certificate are one file, so that a renewal replaces both at once. A key waits beside it, with its request,
until it has been certified: when the answer is lost the same request is sent again.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from shared.errors import CyxWizError, MachineFailure
from shared.private_ca import CertificateFacts, facts_of, make_request
from shared.private_file import write_private
from shared.tls_identity import node_identity

_KEY_BEGINS = b"-----BEGIN PRIVATE KEY-----"
_KEY_ENDS = b"-----END PRIVATE KEY-----\n"


@dataclass(frozen=True, slots=True)
class NodeCertificate:
    """What a node shows and believes.

    Attributes:
        key: PEM; kept out of `repr`.
        certificate: PEM.
        authority: of the servers that it believes, PEM.
        mutual_tls_port: where it is shown.
        token_sha256: of the join token that it was got for.
    """

    key: bytes
    certificate: bytes
    authority: bytes
    mutual_tls_port: int
    token_sha256: str

    def __repr__(self) -> str:
        """Keep the key to itself."""
        return f"NodeCertificate(mutual_tls_port={self.mutual_tls_port})"

    @property
    def facts(self) -> CertificateFacts:
        """What the certificate says."""
        return facts_of(self.certificate)


class CertificateFolder:
    """`tls/` in a state directory.

    Raises:
        MachineFailure: what is in it is damaged; the message says what to do.
    """

    def __init__(self, state_dir: Path, node_id: str) -> None:
        self._path = state_dir / "tls"
        self._node_id = node_id

    def load(self) -> NodeCertificate | None:
        """Return the certificate, None when there is none yet."""
        try:
            pair = (self._path / "node.pem").read_bytes()
        except FileNotFoundError:
            return None
        try:
            said = json.loads((self._path / "server.json").read_text())
            key, certificate = _parted(pair)
            authority = (self._path / "ca.pem").read_bytes()
            found = NodeCertificate(key, certificate, authority, int(said["port"]), str(said["token_sha256"]))
            named = found.facts.identity
        except (OSError, ValueError, KeyError, TypeError, CyxWizError) as damage:
            raise MachineFailure(
                f"the certificate in {self._path} is damaged ({damage}): take the folder away, "
                "and give the node a new join token with --join-token-file"
            ) from None
        if named != node_identity(self._node_id):
            raise MachineFailure(f"the certificate in {self._path} is of another node than {self._node_id}")
        return found

    def save(self, certificate: NodeCertificate) -> None:
        """Keep a certificate in place of the one before."""
        # What is written last makes the others count.
        write_private(self._path / "ca.pem", certificate.authority)
        said = {"port": certificate.mutual_tls_port, "token_sha256": certificate.token_sha256}
        write_private(self._path / "server.json", json.dumps(said).encode())
        write_private(self._path / "node.pem", certificate.key + certificate.certificate)
        (self._path / "request.pem").unlink(missing_ok=True)

    def request(self) -> tuple[bytes, bytes]:
        """Return a key and its request: those that wait for their answer, or new ones, which wait from now on."""
        path = self._path / "request.pem"
        try:
            return _parted(path.read_bytes())
        except (OSError, ValueError):
            key, request = make_request(node_identity(self._node_id))
            write_private(path, key + request)
            return key, request

    def forget_request(self) -> None:
        """Let the next request be for a new key."""
        (self._path / "request.pem").unlink(missing_ok=True)

    def forget(self) -> None:
        """Take everything away."""
        shutil.rmtree(self._path, ignore_errors=True)


def _parted(pair: bytes) -> tuple[bytes, bytes]:
    key, end, rest = pair.partition(_KEY_ENDS)
    if not end or not key.startswith(_KEY_BEGINS) or not rest:
        raise ValueError("a key and what it is for were expected")
    return key + end, rest
