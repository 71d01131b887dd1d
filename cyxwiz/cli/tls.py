"""`cyxwiz tls …`: makes and shows the certificates in a folder of this machine; to revoke one it asks the server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line, print_table
from cyxwiz.cli.times import seconds_from_text
from shared.clock import SystemClock
from shared.errors import InvalidField, NotSupported

if TYPE_CHECKING:
    from cyxwiz.aio import Client
    from shared.private_ca import CertificateFacts
    from shared.tls_folder import TlsFolder

DEFAULT_FOLDER = Path("~/.cyxwiz/tls")
_WEEK_SECONDS = 7 * 24 * 3600
_ROLES = ("viewer", "submitter", "operator", "admin")

_DirOption = Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where the certificates are.")]
_HostOption = Annotated[
    list[str] | None,
    typer.Option("--host", metavar="NAME", help="A name or address that clients reach the server by; repeatable."),
]


def init(
    directory: _DirOption = DEFAULT_FOLDER,
    host: _HostOption = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave an authority that is there as it is.")] = False,
    hand_out: Annotated[
        Path | None,
        typer.Option("--hand-out", metavar="DIR", help="Also put there what nodes need: ca.pem and their join tokens."),
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option("--node", metavar="NAME", help="Make a join token, DIR/NAME, valid for a week; repeatable."),
    ] = None,
) -> None:
    """Make a private certificate authority and a server's certificate.

    The certificate is also for localhost and 127.0.0.1. Give ca.pem to nodes and clients; ca.key stays here.

    Example: cyxwiz tls init --dir /etc/cyxwiz/tls --host cluster.example.org --host 10.0.0.5
    """
    folder = _folder(directory)
    if node and hand_out is None:
        raise InvalidField("--node needs a place for its join token: --hand-out DIR", field="node")
    if keep and folder.authority_certificate.exists():
        print_line(f"kept {folder.authority_certificate}")
    else:
        folder.create(host or [], now_ms=SystemClock().unix_ms())
        print_line(f"made {folder.authority_certificate}: nodes and clients need it, as --ca")
        print_line(f"made {folder.server_certificate} for {', '.join(_facts(folder.server_certificate).names)}")
        print_line(f"start the server with: cyxwiz-central-server --tls-dir {folder.path}")
    if hand_out is not None:
        _hand_out(folder, hand_out, node or [])


def join_token(
    directory: _DirOption = DEFAULT_FOLDER,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="For people, such as the machine's name.")] = "",
    expires: Annotated[str, typer.Option("--expires", metavar="TIME", help="Such as 30m, 12h or 7d.")] = "1h",
) -> None:
    """Print a token with which one node joins, once; made with the authority's key, without asking the server.

    Example: cyxwiz tls join-token --dir /etc/cyxwiz/tls > join-token
    """
    print_line(_new_join_token(_folder(directory), name, seconds_from_text(expires)))


def client(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who it is for.")],
    role: Annotated[str, typer.Option("--role", help=f"What they may: {', '.join(_ROLES)}.")],
    directory: _DirOption = DEFAULT_FOLDER,
    days: Annotated[float, typer.Option("--days", min=0.01, max=3650, help="How long it is valid.")] = 365.0,
) -> None:
    """Make a certificate that a person shows instead of a token.

    It works at the server's --mutual-tls-listen address. Give them the two files and ca.pem.

    Example: cyxwiz tls client ann --role submitter --dir /etc/cyxwiz/tls
    """
    from shared.tls_identity import user_identity

    if role not in _ROLES:
        raise InvalidField(f"--role must be one of {', '.join(_ROLES)}, got {role!r}", field="role")
    folder = _folder(directory)
    identity = user_identity(name, role)
    certificate, key = folder.add_client(identity, now_ms=SystemClock().unix_ms(), days=days)
    print_line(f"made {certificate} and {key}, valid until {_day(_facts(certificate).not_after_ms)}")
    print_line(f"use them with: cyxwiz --ca ca.pem --cert {certificate.name} --key {key.name} list")


def renew(directory: _DirOption = DEFAULT_FOLDER, host: _HostOption = None) -> None:
    """Renew the server's certificate; a server that runs takes it within seconds, without a restart.

    Its names stay unless --host names others. A server that has ca.key renews its own certificate in time by itself.

    Example: cyxwiz tls renew --dir /etc/cyxwiz/tls
    """
    facts = _folder(directory).renew_server(host or (), now_ms=SystemClock().unix_ms())
    print_line(f"renewed for {', '.join(facts.names)}, valid until {_day(facts.not_after_ms)}")


def show(directory: _DirOption = DEFAULT_FOLDER, as_json: JsonOption = False) -> None:
    """Show the certificates in a folder: whom each is for, until when, and its serial number.

    Example: cyxwiz tls show --dir /etc/cyxwiz/tls
    """
    found = [(path.name, facts) for path, facts in _folder(directory).certificates()]
    if as_json:
        print_json([_row(name, facts) for name, facts in found])
        return
    rows = [(name, _whom(facts), _day(facts.not_after_ms), facts.serial) for name, facts in found]
    print_table(("FILE", "FOR", "VALID UNTIL", "SERIAL"), rows)


def revoke(
    certificate: Annotated[str, typer.Argument(metavar="FILE", help="The certificate, or its serial number.")],
    server: ServerOption = None,
) -> None:
    """Let a certificate count no more, from now on and for ever.

    Example: cyxwiz tls revoke /etc/cyxwiz/tls/clients/ann.pem
    """
    from cyxwiz.cli.with_client import with_client

    serial = _facts(Path(certificate)).serial if Path(certificate).is_file() else certificate

    async def work(client: Client) -> None:
        await client.revoke_certificate(serial)

    with_client(server, work)
    print_line(f"revoked {serial}")


def _hand_out(folder: TlsFolder, place: Path, nodes: list[str]) -> None:
    """Put the authority and tokens there; a token that lies there stays while it is valid: its node may need it."""
    from shared.identifiers import check_identifier
    from shared.private_file import write_private, write_public

    write_public(place / folder.authority_certificate.name, folder.authority_certificate.read_bytes())
    for name in nodes:
        path = place / check_identifier(name, field="node")
        if not _holds_valid_token(path, folder):
            write_private(path, f"{_new_join_token(folder, name, _WEEK_SECONDS)}\n".encode())
            print_line(f"made {path}: a join token for {name}")


def _holds_valid_token(path: Path, folder: TlsFolder) -> bool:
    from shared.join_tokens import digest_of, find_beside_authority

    kept = find_beside_authority(folder.path, digest_of(path.read_text().strip())) if path.exists() else None
    return kept is not None and kept.expires_at_ms > SystemClock().unix_ms()


def _new_join_token(folder: TlsFolder, name: str, seconds: int) -> str:
    from shared.join_tokens import keep_beside_authority, new_join_token

    folder.authority()  # whoever has no key to sign with invites nobody
    token, kept = new_join_token(name=name, made_by="", seconds=seconds, now_ms=SystemClock().unix_ms())
    keep_beside_authority(folder.path, kept)
    return token


def _folder(directory: Path) -> TlsFolder:
    try:
        from shared.tls_folder import TlsFolder
    except ModuleNotFoundError as missing:
        raise NotSupported(
            f"making certificates needs the package {missing.name}: pip install 'cyxwiz[central]'"
        ) from None
    return TlsFolder(directory.expanduser())


def _facts(certificate: Path) -> CertificateFacts:
    from shared.private_ca import facts_of

    return facts_of(certificate.read_bytes())


def _row(name: str, facts: CertificateFacts) -> dict[str, object]:
    return {
        "file": name,
        "for": facts.identity.uri if facts.identity else facts.subject,
        "names": list(facts.names),
        "not_before_ms": facts.not_before_ms,
        "not_after_ms": facts.not_after_ms,
        "serial": facts.serial,
    }


def _whom(facts: CertificateFacts) -> str:
    if facts.identity is not None:
        return facts.identity.uri
    return ", ".join(facts.names) or facts.subject


def _day(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
