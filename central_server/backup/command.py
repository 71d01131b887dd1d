"""The commands `cyxwiz-central-server backup` and `restore`: their flags, what they print, their exit codes.

Exit codes: 0 done, 1 done but for files that the server itself does not have, or the machine failed, 2 what was asked
cannot be done.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import make_url

from central_server.backup.backup import Backup, make_backup
from central_server.backup.restore import restore_backup
from central_server.settings import Settings
from shared.errors import CyxWizError, NotSupported, UserMistake

COMMANDS = ("backup", "restore")


def run_command(arguments: Sequence[str]) -> int:
    """Do what the command line says and return the exit code."""
    said = _parser().parse_args(arguments)
    try:
        settings = _settings(said)
        database, artifacts = _database_file(settings), _artifacts_directory(settings)
        if said.command == "backup":
            return _report("written to", said.to, make_backup(database, artifacts, said.to))
        return _report("restored to", settings.state_dir, restore_backup(said.source, database, artifacts))
    except ValidationError as wrong:
        return _fail("; ".join(error["msg"] for error in wrong.errors()), 2)
    except UserMistake as mistake:
        return _fail(str(mistake), 2)
    except (CyxWizError, OSError) as failure:
        return _fail(str(failure), 1)


def _settings(said: argparse.Namespace) -> Settings:
    given = {"state_dir": said.state_dir, "database": said.database, "artifacts": said.artifacts}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _database_file(settings: Settings) -> Path:
    if not settings.database_url.startswith("sqlite"):
        raise NotSupported(
            "backup and restore copy a SQLite database: copy a PostgreSQL one with pg_dump, and after that the folder "
            f"{settings.artifacts_directory or settings.artifacts}; bring it back with pg_restore",
            field="database",
        )
    return Path(make_url(settings.database_url).database or "")


def _artifacts_directory(settings: Settings) -> Path:
    if (directory := settings.artifacts_directory) is None:
        raise NotSupported(
            f"backup and restore copy artifacts in a folder, and these are at {settings.artifacts}: copy the database "
            "with sqlite3's .backup, and after that the bucket with the object store's own tools",
            field="artifacts",
        )
    return directory


def _report(done: str, where: Path, backup: Backup) -> int:
    sys.stdout.write(f"{done} {where}: {backup.artifacts} artifacts, {backup.size_bytes} bytes\n")
    if not backup.missing:
        return 0
    return _fail(f"{len(backup.missing)} files that jobs refer to were missing: {', '.join(backup.missing[:5])}", 1)


def _fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"cyxwiz-central-server: {sentence}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cyxwiz-central-server")
    commands = parser.add_subparsers(dest="command", required=True)
    backup = commands.add_parser(
        "backup",
        help="write a consistent copy of the state, while the server runs",
        epilog="example: cyxwiz-central-server backup --state-dir /var/lib/cyxwiz --to /backups/cyxwiz",
    )
    backup.add_argument("--to", type=Path, required=True, metavar="DIR", help="the backup; an earlier one is renewed")
    restore = commands.add_parser(
        "restore",
        help="put a backup into an empty state directory",
        epilog="example: cyxwiz-central-server restore --from /backups/cyxwiz --state-dir /var/lib/cyxwiz",
    )
    restore.add_argument("--from", dest="source", type=Path, required=True, metavar="DIR", help="the backup")
    for command in (backup, restore):
        command.add_argument("--state-dir", metavar="DIR", help="where the server keeps everything (~/.cyxwiz/central)")
        command.add_argument("--database", metavar="URL", help="the database (a SQLite file in the state directory)")
        command.add_argument("--artifacts", metavar="DIR", help="the files (a folder in the state directory)")
    return parser
