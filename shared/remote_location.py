"""What the address of a file elsewhere may look like: a host or bucket, a plain path, and never a credential.

Texts only. Messages here repeat nothing behind which a password may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NoReturn
from urllib.parse import unquote

from shared.did_you_mean import quoted
from shared.errors import InvalidField

_WEB_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,221}")
_SECRET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LAST_PORT = 65_535
_CREDENTIAL_NAMES = frozenset(
    {
        "api_key",
        "password",
        "passwd",
        "access_token",
        "secret_key",
        "session_token",
        "access_key_id",
        "awsaccesskeyid",
        "apikey",
        "bearer",
        "aws_secret_access_key",
        "api-key",
        "access_key",
        "token",
        "pwd",
        "authorization",
        "sig",
        "googleaccessid",
        "signature",
        "client_secret",
        "aws_access_key_id",
        "aws_session_token",
        "auth",
        "secret_access_key",
        "credentials",
        "private_token",
        "credential",
        "key",
        "security_token",
    }
)
_CREDENTIAL_PREFIXES = ("x-amz-", "x-goog-", "x-ms-")
INSTEAD = "name a secret of the node's operator instead: secret=NAME"


def is_web_host(text: str) -> bool:
    """Whether that is a host, or an address, with or without a port, and nothing else."""
    found = _WEB_HOST.fullmatch(text)
    return found is not None and (found[1] is None or 0 < int(found[1]) <= _LAST_PORT)


def check_remote_location(scheme: str, location: str) -> None:
    """Refuse what names no host or bucket with a file in it.

    Raises:
        InvalidField: with field `dataset_uri`.
    """
    host, _, path = location.partition("/")
    if "@" in host:
        _refuse(f"must not hold a user or a password, which everybody who sees the job would read; {INSTEAD}")
    is_host = is_web_host(host) if scheme == "https" else _BUCKET.fullmatch(host) is not None
    if not is_host or not path.strip("/") or "#" in path:
        example = "https://host/train.npz" if scheme == "https" else f"{scheme}://bucket/train.npz"
        _refuse(
            f"must name a host or bucket and a file in it, such as {example}, got {quoted(f'{scheme}://{location}')}"
        )
    if {".", ".."} & set(re.split(r"[/\\]", unquote(path))) or not unquote(path).isprintable():
        _refuse(f"must name its file by a plain path without . or .. in it, got {quoted(f'{scheme}://{location}')}")


def check_no_credentials(names: Iterable[str]) -> None:
    """Refuse parameters that sign a URL or hold a key; their values are not repeated.

    Raises:
        InvalidField: with field `dataset_uri`.
    """
    for name in names:
        lower = name.lower()
        if lower in _CREDENTIAL_NAMES or lower.startswith(_CREDENTIAL_PREFIXES):
            _refuse(f"must not hold a credential, and {quoted(name)} is one; {INSTEAD}")


def secret_name_from(text: str) -> str:
    """The name of a secret.

    Raises:
        InvalidField: with field `dataset_uri`.
    """
    if not _SECRET_NAME.fullmatch(text):
        _refuse("secret must be the name that the node's operator gave it, of letters, digits, dots, - and _")
    return text


def _refuse(ending: str) -> NoReturn:
    raise InvalidField(f"dataset_uri: {ending}", field="dataset_uri")
