"""Puts a backup where a server can start on it. It never touches a state directory that holds a database already."""

from __future__ import annotations

from pathlib import Path

from central_server.backup.backup import ARTIFACTS_NAME, DATABASE_NAME, Backup, artifact_path
from central_server.backup.copying import aside_of, copy_artifact, name_it
from central_server.backup.database_copy import check_database, copy_database, referenced_artifacts
from shared.errors import NotFound, WrongState


def restore_backup(source: Path, database: Path, artifacts: Path) -> Backup:
    """Copy a backup into the place of a server's state; the database comes last, so that half a copy starts no server.

    Raises:
        NotFound: there is no backup.
        WrongState: there is a database already.
        StoreUnavailable: the backup's database is damaged.
        BadData: one of its artifacts is damaged.
        OSError: the folder cannot be written.
    """
    copy = source / DATABASE_NAME
    if not copy.is_file():
        raise NotFound(f"there is no backup in {source}: {copy} is missing")
    if database.exists():
        raise WrongState(f"{database} exists already: restore into an empty --state-dir, or move it away first")
    check_database(copy)
    wanted = referenced_artifacts(copy)
    restored = [sha256 for sha256 in sorted(wanted) if _has_restored(sha256, source / ARTIFACTS_NAME, artifacts)]
    copy_database(copy, aside_of(database))
    name_it(aside_of(database), database)
    sizes = [artifact_path(artifacts, sha256).stat().st_size for sha256 in restored]
    return Backup(len(restored), database.stat().st_size + sum(sizes), tuple(sorted(wanted.difference(restored))))


def _has_restored(sha256: str, source: Path, target: Path) -> bool:
    try:
        copy_artifact(artifact_path(source, sha256), artifact_path(target, sha256))
    except FileNotFoundError:
        return False
    return True
