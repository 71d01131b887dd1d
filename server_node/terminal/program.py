"""Which program a session runs, as whom, where and with which variables. It decides; it starts nothing.

Nothing of the node's own environment goes in but PATH, the language and the time zone: no token, no `CYXWIZ_` setting.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.errors import InvalidField, NotPermitted

LONGEST_COMMAND = 4096
_PLAIN_SHELL = "/bin/sh"
_NO_SHELLS = frozenset({"nologin", "false"})
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = frozenset({"LANG", "LANGUAGE", "TZ"})
_TERMINAL_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
_USUAL_TERMINAL_TYPE = "xterm-256color"


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a session runs as: always the user that the node runs as."""

    name: str
    home: str
    shell: str


@dataclass(frozen=True, slots=True)
class Program:
    """What is started.

    Attributes:
        hides_input: its terminal begins without echo.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    hides_input: bool = False


def own_account() -> Account:
    """Return the user of this process; one that the system does not know has the root folder and a plain shell."""
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:
        return Account(str(os.geteuid()), "/", _PLAIN_SHELL)
    shell = entry.pw_shell
    is_shell = Path(shell).name not in _NO_SHELLS and os.access(shell, os.X_OK)
    return Account(
        entry.pw_name, entry.pw_dir if Path(entry.pw_dir).is_dir() else "/", shell if is_shell else _PLAIN_SHELL
    )


def chosen_program(
    confined_to: tuple[str, ...],
    asked: str,
    terminal_type: str,
    *,
    account: Account,
    environment: Mapping[str, str],
) -> Program:
    """Return what a session runs.

    Args:
        confined_to: what the operator has every session run, as words; empty for what is asked.
        asked: what the caller wants the shell to run; empty for an interactive shell.
        terminal_type: the caller's TERM; empty for the usual one.
        account: whose shell and home.
        environment: the node's own variables.

    Raises:
        NotPermitted: the operator has chosen the command, and the caller asks for another.
        InvalidField: the command or the terminal's type can be none.
    """
    return Program(
        _command(confined_to, asked, account.shell), _clean(environment, account, terminal_type), account.home
    )


def _command(confined_to: tuple[str, ...], asked: str, shell: str) -> tuple[str, ...]:
    if confined_to:
        if asked:
            raise NotPermitted("terminals of this node run one command that its operator chose: ask for none")
        return confined_to
    if len(asked) > LONGEST_COMMAND or "\0" in asked:
        raise InvalidField(f"command must have at most {LONGEST_COMMAND} characters and no NUL", field="command")
    return (shell, "-c", asked) if asked else (shell,)


def _clean(environment: Mapping[str, str], account: Account, terminal_type: str) -> dict[str, str]:
    if terminal_type and not _TERMINAL_TYPE.fullmatch(terminal_type):
        raise InvalidField(
            f"terminal_type must be a TERM such as xterm, got {terminal_type[:64]!r}", field="terminal_type"
        )
    kept = {name: value for name, value in environment.items() if name in _KEPT or name.startswith("LC_")}
    return {
        "LANG": "C.UTF-8",
        **kept,
        "PATH": environment.get("PATH") or _PATH,
        "HOME": account.home,
        "USER": account.name,
        "LOGNAME": account.name,
        "SHELL": account.shell,
        "TERM": terminal_type or _USUAL_TERMINAL_TYPE,
    }
