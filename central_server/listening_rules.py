"""Whether a server may listen where its settings say: beyond this machine only with TLS and tokens, or said aloud."""

from __future__ import annotations

from central_server.identity.credentials import AccessRules
from central_server.identity.peers import is_loopback_host
from central_server.settings import Address, Settings
from shared.errors import InvalidField


def listens_securely(settings: Settings) -> bool:
    """Tell whether strangers can neither read along nor get in without credentials."""
    return settings.require_token and settings.tls_files is not None


def access_rules(settings: Settings) -> AccessRules:
    """Return who needs credentials."""
    return AccessRules(
        requires_token=settings.require_token,
        trusts_everybody=settings.insecure,
        requests_per_second=settings.rate_limit,
    )


def open_addresses(settings: Settings) -> tuple[str, ...]:
    """Return the addresses at which others than this machine reach the server without TLS, or without a token."""
    if listens_securely(settings):
        return ()
    said = (settings.listen, settings.http_listen)
    return tuple(text for text in said if not is_loopback_host(Address.parse(text).host.strip("[]")))


def refuse_open_addresses(settings: Settings) -> None:
    """Go on if nobody gets in by an oversight.

    Raises:
        InvalidField: the server would be open to the network, and the operator has not said that it may be.
    """
    addresses = open_addresses(settings)
    if addresses and not settings.insecure:
        raise InvalidField(
            f"{' and '.join(addresses)} can be reached from other machines, which needs TLS (--tls-dir, see "
            "'cyxwiz tls init') and --require-token; or say --insecure where the network itself keeps strangers out",
            field="listen",
        )
