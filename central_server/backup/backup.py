"""Makes a backup: a copy of the database as it was at one moment, and every artifact that this copy refers to.

The server may go on meanwhile, and remove what a copied database still refers to. Then the database is copied again: a
job is gone from the database before its files go, so a later copy does not refer to them. A backup that is made into an
earlier one adds what is new, puts the new database in place, and only then drops what is no longer referred to; at any
moment what lies there can be restored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from central_server.backup.copying import aside_of, copy_artifact, name_it
from central_server.backup.database_copy import copy_database, referenced_artifacts

DATABASE_NAME = "central.sqlite3"
ARTIFACTS_NAME = "artifacts"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        missing: artifacts that jobs refer to and that the server itself does not have.
    """

    artifacts: int
    size_bytes: int
    missing: tuple[str, ...]


def make_backup(database: Path, artifacts: Path, target: Path) -> Backup:
    """Write a backup of a server's state into the folder `target`.

    Raises:
        NotFound: there is no database.
        StoreUnavailable: the database cannot be read.
        BadData: an artifact is damaged.
        OSError: the folder cannot be written.
    """
    copy, kept = target / DATABASE_NAME, target / ARTIFACTS_NAME
    wanted, missing = _copy_until_whole(database, artifacts, aside_of(copy), kept)
    name_it(aside_of(copy), copy)
    _drop_others(kept, wanted)
    here = [artifact_path(kept, sha256) for sha256 in wanted - missing]
    size_bytes = copy.stat().st_size + sum(path.stat().st_size for path in here)
    return Backup(len(here), size_bytes, tuple(sorted(missing)))


def artifact_path(folder: Path, sha256: str) -> Path:
    """Return where an artifact lies in a folder of artifacts."""
    return folder / sha256[:2] / sha256


def _copy_until_whole(database: Path, artifacts: Path, copy: Path, kept: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return what the copy refers to, and what of it the server does not have: what is missing twice running."""
    missing = frozenset[str]()
    while True:
        copy_database(database, copy)
        wanted = referenced_artifacts(copy)
        missing_before, missing = missing, _copy_artifacts(wanted, artifacts, kept)
        if missing <= missing_before:
            return wanted, missing


def _copy_artifacts(wanted: frozenset[str], artifacts: Path, kept: Path) -> frozenset[str]:
    missing = set[str]()
    for sha256 in sorted(wanted):
        try:
            copy_artifact(artifact_path(artifacts, sha256), artifact_path(kept, sha256))
        except FileNotFoundError:
            missing.add(sha256)
    return frozenset(missing)


def _drop_others(kept: Path, wanted: frozenset[str]) -> None:
    for path in kept.glob("??/*"):
        if path.name not in wanted:
            path.unlink()
