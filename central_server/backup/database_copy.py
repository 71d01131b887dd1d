"""Copies a SQLite database that may be in use, and reads from a copy what it refers to. It writes to no original."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from shared.errors import NotFound, StoreUnavailable

_WAIT_SECONDS = 30.0
_OF_JOBS = "SELECT sha256 FROM artifact_references"
_OF_DEPLOYMENTS = "SELECT weights_sha256 FROM deployments"
_HAS_DEPLOYMENTS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'deployments'"


def copy_database(source: Path, target: Path) -> None:
    """Write `target` as `source` is at one moment; a server that uses it goes on.

    Raises:
        NotFound: there is no database.
        StoreUnavailable: it cannot be read.
    """
    if not source.is_file():
        raise NotFound(f"there is no database {source}; say with --state-dir where the server keeps its state")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        with closing(_opened(source, "ro")) as reading, closing(_opened(target, "rwc")) as writing:
            reading.backup(writing)
            # A copy is one file: without this it would want a log beside it as the original does.
            writing.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as failure:
        raise StoreUnavailable(f"the database {source} could not be copied: {failure}") from failure


def referenced_artifacts(database: Path) -> frozenset[str]:
    """Return the SHA-256 of each artifact that some job or some deployment of this database refers to.

    Raises:
        StoreUnavailable: it is no database of a central server.
    """
    try:
        with closing(_opened(database, "ro")) as reading:
            # A copy may be from before there were deployments.
            has_deployments = reading.execute(_HAS_DEPLOYMENTS).fetchone() is not None
            statements = (_OF_JOBS, _OF_DEPLOYMENTS) if has_deployments else (_OF_JOBS,)
            return frozenset(sha256 for statement in statements for (sha256,) in reading.execute(statement))
    except sqlite3.Error as failure:
        raise StoreUnavailable(f"{database} is no database of a central server: {failure}") from failure


def check_database(database: Path) -> None:
    """Have SQLite read all of it.

    Raises:
        StoreUnavailable: it is damaged.
    """
    try:
        with closing(_opened(database, "ro")) as reading:
            (found,) = reading.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as failure:
        raise StoreUnavailable(f"{database} cannot be read: {failure}") from failure
    if found != "ok":
        raise StoreUnavailable(f"{database} is damaged: {found}")


def _opened(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, timeout=_WAIT_SECONDS)
