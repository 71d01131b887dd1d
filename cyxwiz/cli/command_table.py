"""Which commands there are, and in which file each one is; a file is loaded when its command is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

COMMANDS = {
    "demo": "demo:demo",
    "up": "up:up",
    "submit": "submit:submit",
    "watch": "watch:watch",
    "show": "show:show",
    "list": "jobs:list_jobs",
    "cancel": "cancel:cancel",
    "pause": "pause:pause",
    "resume": "resume:resume",
    "metrics": "metrics:metrics",
    "compare": "compare:compare",
    "logs": "logs:logs",
    "download": "download:download",
    "export": "export:export",
    "delete": "delete:delete",
    "upload": "upload:upload",
    "plan": "plan:plan",
    "deploy": "deploy:deploy",
    "deployments": "deployments:deployments",
    "predict": "predict:predict",
    "undeploy": "undeploy:undeploy",
    "nodes": "nodes:nodes",
    "top": "top:top",
    "drain": "drain:drain",
    "undrain": "drain:undrain",
    "terminal": "terminal:terminal",
    "doctor": "doctor:doctor",
    "completion": "completion:completion",
    "token create": "token:create",
    "token list": "token:list_tokens",
    "token revoke": "token:revoke",
    "audit": "audit:audit",
    "tls init": "tls:init",
    "tls client": "tls:client",
    "tls renew": "tls:renew",
    "tls show": "tls:show",
    "tls revoke": "tls:revoke",
    "tls join-token": "tls:join_token",
    "token join": "join_token:join",
    "node revoke": "node_revoke:revoke",
}
"""The file in this folder and the function in it, by the command's name, in the order of the help.

A name of two words is a command of a group.
"""

GROUPS = {
    "token": "Tokens: by which people, programs and nodes are known and let in.",
    "node": "What changes who a node is.",
    "tls": "Certificates: a private authority, the server's and people's.",
}
"""What the help says of each group."""

_OPTIONS_WITH_VALUE = frozenset({"--server"})


def command_named(name: str) -> Callable[..., int | None]:
    """Return the function that is the command."""
    file, _, function = COMMANDS[name].partition(":")
    command: Callable[..., int | None] = getattr(importlib.import_module(f"cyxwiz.cli.{file}"), function)
    return command


def named_command(arguments: Sequence[str]) -> str | None:
    """Return the command that the arguments name, None when they name none and any may be meant."""
    words = iter(arguments)
    for word in words:
        if word in _OPTIONS_WITH_VALUE:
            next(words, None)
        elif word in GROUPS:
            name = f"{word} {next(words, '')}"
            return name if name in COMMANDS else None
        elif not word.startswith("-"):
            return word if word in COMMANDS else None
    return None
