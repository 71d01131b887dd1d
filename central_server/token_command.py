"""The command `cyxwiz-central-server token create`: a token straight into the store, for whoever has its machine.

It works beside a running server, and needs none. Exit codes: 0 done, 1 the machine failed, 2 what was asked cannot be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from central_server.identity.tokens import new_token
from central_server.requests.caller import LOCAL_USER
from central_server.requests.token_commands import checked_name, checked_role, expiry_ms
from central_server.settings import Settings
from central_server.storage import security_rows
from central_server.storage.engines import open_engines
from central_server.storage.migrate import migrate_to_newest
from shared.clock import SystemClock
from shared.errors import CyxWizError, UserMistake
from shared.identifiers import check_identifier
from shared.spans_of_time import seconds_from

COMMAND = "token"


def run_token_command(arguments: Sequence[str]) -> int:
    """Do what the command line says and return the exit code."""
    said = _parser().parse_args(arguments)
    try:
        settings = _settings(said)
        sys.stdout.write(_create(settings, said) + "\n")
    except ValidationError as wrong:
        return _fail("; ".join(error["msg"] for error in wrong.errors()), 2)
    except UserMistake as mistake:
        return _fail(str(mistake), 2)
    except (CyxWizError, SQLAlchemyError, OSError) as failure:
        return _fail(str(failure), 1)
    return 0


def _create(settings: Settings, said: argparse.Namespace) -> str:
    now_ms = SystemClock().unix_ms()
    text, record = new_token(
        name=checked_name(said.name),
        user_id=check_identifier(said.user, field="user"),
        role=checked_role(said.role),
        now_ms=now_ms,
        expires_at_ms=expiry_ms(now_ms, seconds_from(said.expires, field="expires")),
    )
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    engines = open_engines(settings.database_url)
    try:
        # Where a server runs, this changes nothing; a new state directory gets its tables.
        migrate_to_newest(engines.writer)
        with engines.writer.begin() as connection:
            security_rows.add_token(connection, record)
    finally:
        engines.dispose()
    return text


def _settings(said: argparse.Namespace) -> Settings:
    given = {"state_dir": said.state_dir, "database": said.database}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"cyxwiz-central-server: {sentence}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cyxwiz-central-server")
    groups = parser.add_subparsers(dest="command", required=True)
    actions = groups.add_parser(COMMAND, help="tokens, without asking a server").add_subparsers(
        dest="action", required=True
    )
    create = actions.add_parser(
        "create",
        help="make a token and print it, once",
        epilog="example: cyxwiz-central-server token create --role admin --state-dir /var/lib/cyxwiz",
    )
    create.add_argument("--role", required=True, help="viewer, submitter, operator, admin or node")
    create.add_argument("--user", default=LOCAL_USER, help=f"whose jobs its jobs are ({LOCAL_USER})")
    create.add_argument("--name", default="", help="what it is for, for people")
    create.add_argument("--expires", default="0", metavar="TIME", help="such as 12h, 30d or 1y (never)")
    create.add_argument("--state-dir", metavar="DIR", help="where the server keeps everything (~/.cyxwiz/central)")
    create.add_argument("--database", metavar="URL", help="the database (a SQLite file in the state directory)")
    return parser
