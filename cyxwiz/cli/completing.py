"""What could stand where the cursor is: commands, options, the values they know, and ids that the server knows.

Shells call `cyxwiz --complete WORD…` with each press of Tab, the last word being the one that is typed; so it loads the
one command that is meant and neither Typer's application nor, where no id is wanted, gRPC. It never says an error:
where there is nothing to offer, there is nothing to print.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cyxwiz.cli.command_table import COMMANDS, GROUPS, command_named, named_command
from cyxwiz.cli.connection_options import CONNECTION_OPTIONS, connection_options, take_connection_options
from cyxwiz.cli.printing import print_line
from cyxwiz.cli.with_client import chosen_client

COMPLETE_FLAG = "--complete"

_OPTIONS_BEFORE_COMMAND = ("--server", *CONNECTION_OPTIONS, "--version", "--help")
_LISTED_JOBS = 100
_ANSWER_SECONDS = 1.0

_SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a command takes.

    Attributes:
        flags: options without a value.
        with_value: options whose next word is their value.
        argument: what it calls its argument, such as `JOB`; empty when it takes none.
    """

    flags: tuple[str, ...] = ()
    with_value: tuple[str, ...] = ()
    argument: str = ""


def print_candidates(words: Sequence[str]) -> None:
    """Print each word that could stand in place of the last one, one a line."""
    for candidate in candidates(words, ask=_ask):
        print_line(candidate)


def candidates(words: Sequence[str], *, ask: Callable[[str, str | None], Iterable[str]]) -> list[str]:
    """Return what could stand in place of the last word.

    Args:
        words: the words behind `cyxwiz`; the last one is being typed and may be empty.
        ask: gives the ids that the server knows for a kind of argument, `JOB`, `NODE` or `DEPLOYMENT`, at a server.
    """
    *before, typed = words or [""]
    if before and before[-1] in CONNECTION_OPTIONS:
        return []  # a file, which the shell itself completes
    before, said = take_connection_options(before)
    connection_options.set(said)
    command = named_command(before)
    offered = _before_command(before, typed) if command is None else _behind_command(command, before, typed, ask)
    return [word for word in offered if word.startswith(typed)]


def parameters_of(command: Callable[..., object]) -> Parameters:
    """Return what a command takes, from the annotations that its help is made of."""
    flags, argument = ["--help"], ""
    with_value: list[str] = []
    for name, hint in typing.get_type_hints(command, include_extras=True).items():
        kind, *said = typing.get_args(hint) or (hint,)
        info = next((one for one in said if hasattr(one, "param_decls")), None)
        if info is None:
            continue
        if type(info).__name__ == "ArgumentInfo":
            argument = str(info.metavar or name.upper()).removesuffix("...")
            continue
        # Where it stands in an annotation, Typer takes the first name of an option as its default.
        names = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
        (flags if kind is bool else with_value).extend(names)
    return Parameters(tuple(flags), tuple(with_value), argument)


def _before_command(before: Sequence[str], typed: str) -> Iterable[str]:
    if before and before[-1] == "--server":
        return ()
    if before and before[-1] in GROUPS:
        return [name.partition(" ")[2] for name in COMMANDS if name.startswith(f"{before[-1]} ")]
    if typed.startswith("-"):
        return _OPTIONS_BEFORE_COMMAND
    return dict.fromkeys(name.partition(" ")[0] for name in COMMANDS)


def _behind_command(
    command: str, before: Sequence[str], typed: str, ask: Callable[[str, str | None], Iterable[str]]
) -> Iterable[str]:
    parameters = parameters_of(command_named(command))
    if before[-1] in parameters.with_value:
        return _values_of(before[-1])
    if typed.startswith("-"):
        known = (*parameters.flags, *parameters.with_value, *CONNECTION_OPTIONS)
        return sorted(word for word in known if word.startswith("--"))
    match parameters.argument:
        case "SHELL":
            return _SHELLS
        case "JOB" | "NODE" | "DEPLOYMENT":
            return ask(parameters.argument, _server_in(before))
        case _:
            return ()  # a file, which the shell itself completes


def _values_of(option: str) -> Iterable[str]:
    from shared.lifecycle import JobState

    return tuple(JobState) if option == "--state" else ()


def _server_in(words: Sequence[str]) -> str | None:
    """Return which server the words name; the last one counts."""
    server = None
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name == "--server":
            server = value if equals else following
    return server or None


def _ask(kind: str, server: str | None) -> list[str]:
    import asyncio

    from shared.errors import CyxWizError

    async def ids() -> list[str]:
        async with chosen_client(server, retry_seconds=0, call_timeout_seconds=_ANSWER_SECONDS) as client:
            if kind == "JOB":
                return [info.job_id for info in await client.jobs(limit=_LISTED_JOBS)]
            if kind == "DEPLOYMENT":
                return [info.name for info in await client.deployments()]
            return [name for node in await client.nodes() for name in (node.name or node.node_id,)]

    try:
        return asyncio.run(ids())
    except CyxWizError:
        return []  # Tab is no place for an error
