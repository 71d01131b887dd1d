"""The operator's secrets for datasets: a TOML file for the node's eyes alone, read anew with every use.

A secret is used for the URLs below its prefixes and for nothing else, whatever a job asks; no message repeats one.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from shared.errors import BadData, InvalidField

_NOT_THE_OWNERS = 0o077


class DatasetSecret(BaseModel):
    """What files below some prefixes are read with.

    Attributes:
        prefixes: URLs that end with `/`: a host or bucket, and maybe a folder.
        bearer: a token of `https://`.
        headers: of requests over `https://`.
        bucket: what obstore is told of a bucket: its keys, region, endpoint.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    prefixes: tuple[str, ...] = Field(min_length=1)
    bearer: SecretStr | None = None
    headers: Mapping[str, SecretStr] = Field(default_factory=dict)
    bucket: Mapping[str, SecretStr] = Field(default_factory=dict)

    def web_headers(self) -> dict[str, str]:
        """Give the headers in clear, for one request."""
        said = {name: value.get_secret_value() for name, value in self.headers.items()}
        return said if self.bearer is None else {**said, "Authorization": f"Bearer {self.bearer.get_secret_value()}"}

    def bucket_options(self) -> dict[str, str]:
        """Give the options of a bucket in clear."""
        return {name: value.get_secret_value() for name, value in self.bucket.items()}


def read_secrets(path: Path) -> Mapping[str, DatasetSecret]:
    """Read every secret of a file.

    Raises:
        InvalidField: others than its owner may read it, or it is not as it should be.
    """
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & _NOT_THE_OWNERS:
                raise _refusal(path, f"must be for its owner alone; say chmod 600 {path}")
            secrets = {name: DatasetSecret.model_validate(said) for name, said in tomllib.load(file).items()}
    except ValidationError as invalid:
        first = invalid.errors(include_input=False)[0]
        raise _refusal(path, f"{'.'.join(map(str, first['loc'])) or 'a secret'}: {first['msg'].lower()}") from None
    except OSError as failure:
        raise _refusal(path, f"cannot be read: {failure.strerror}") from None
    except ValueError:
        raise _refusal(path, "must be TOML") from None
    for name, secret in secrets.items():
        if not all(text.isascii() and text.isprintable() for text in secret.web_headers().values()):
            raise _refusal(path, f"{name} must hold printable ASCII in its bearer and headers")
        if not all(
            prefix.startswith(("https://", "s3://", "gs://")) and prefix[8:].strip("/") and prefix.endswith("/")
            for prefix in secret.prefixes
        ):
            raise _refusal(
                path, f"{name}.prefixes must be like https://host/ or s3://bucket/folder/, with / at the end"
            )
    return secrets


def secret_for(url: str, name: str, path: Path | None) -> DatasetSecret:
    """Give the secret of that name for that URL.

    Raises:
        BadData: there is none, or it is for other URLs.
    """
    secret = read_secrets(path).get(name) if path else None
    if secret is None:
        raise BadData(
            f"{url}: this node has no secret named {name!r}; its operator adds it to the file of --secrets",
            field="dataset",
        )
    if not url.startswith(secret.prefixes):
        raise BadData(f"{url}: the secret {name!r} is not for this URL, its operator says", field="dataset")
    return secret


def _refusal(path: Path, ending: str) -> InvalidField:
    return InvalidField(f"secrets file {path} {ending}", field="secrets")
