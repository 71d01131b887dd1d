"""Reads the operator's file of quotas: TOML, one table for everybody and one for each user who differs.

[usual]
running_jobs = 8
queued_jobs = 10000

[users.ann]
running_jobs = 32
devices = 16
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from central_server.scheduler.quotas import Quota, Quotas
from shared.errors import InvalidField


class _QuotaTable(BaseModel):
    """One table; a limit that is not said is none."""

    model_config = ConfigDict(strict=True, extra="forbid")

    running_jobs: int | None = Field(default=None, ge=0)
    devices: int | None = Field(default=None, ge=0)
    queued_jobs: int | None = Field(default=None, ge=0)

    def quota(self) -> Quota:
        return Quota(self.running_jobs, self.devices, self.queued_jobs)


class _QuotasFile(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    usual: _QuotaTable = _QuotaTable()
    users: dict[str, _QuotaTable] = Field(default_factory=dict)


def read_quotas(path: Path | None) -> Quotas:
    """Return the quotas in a file; nobody has any without one.

    Raises:
        InvalidField: the file cannot be read or says something else than quotas.
    """
    if path is None:
        return Quotas()
    try:
        content = _QuotasFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as failure:
        raise InvalidField(
            f"quotas must be a readable TOML file, and {path} is not: {failure}", field="quotas"
        ) from None
    except tomllib.TOMLDecodeError as mistake:
        raise InvalidField(f"quotas must be a TOML file, and {path} is not: {mistake}", field="quotas") from None
    except ValidationError as mistake:
        first = mistake.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidField(
            f"quotas in {path}: {where}: {first['msg']}, got {first['input']!r}", field="quotas"
        ) from None
    return Quotas(content.usual.quota(), {user_id: table.quota() for user_id, table in content.users.items()})
