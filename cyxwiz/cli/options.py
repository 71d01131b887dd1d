"""The arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="A job id, or the beginning of one.")]

DeploymentArgument = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="What it is called, or its id.")]

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="HOST:PORT",
        help="The central server, or several with commas; else CYXWIZ_SERVER, else 127.0.0.1:50051.",
    ),
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one key of the job; dotted paths, YAML values; repeatable. "
        "A file that it names, as in model.file=other.json, is relative to the job file.",
    ),
]

JobFileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="A job file, YAML or JSON; - reads standard input.")
]

CaOption = Annotated[
    str | None,
    typer.Option(
        "--ca",
        metavar="FILE",
        help="Speak TLS and believe this authority (system: this machine's); else CYXWIZ_CA. Any command takes it.",
    ),
]

CertOption = Annotated[
    str | None,
    typer.Option("--cert", metavar="FILE", help="The certificate to show; else CYXWIZ_CERT. Any command takes it."),
]

TokenFileOption = Annotated[
    str | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="A file with the token to show; else CYXWIZ_TOKEN or CYXWIZ_TOKEN_FILE. Any command takes it.",
    ),
]

KeyOption = Annotated[
    str | None, typer.Option("--key", metavar="FILE", help="Its key; else CYXWIZ_KEY. Any command takes it.")
]
