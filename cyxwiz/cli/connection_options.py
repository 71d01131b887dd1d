"""How the server is spoken to: options that any command takes, before its name or behind it.

They are taken out of the arguments before Typer sees those, so that no command has to repeat them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path

from cyxwiz.token_choice import token_in
from shared.errors import InvalidField

_FIELD_OF_OPTION = {"--ca": "ca", "--cert": "certificate", "--key": "key", "--token-file": "token_file"}

CONNECTION_OPTIONS = tuple(_FIELD_OF_OPTION)
"""Each takes a file."""


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """What was said; None for what was not.

    Attributes:
        ca: the authority's file.
        certificate: the file that is shown.
        key: of the certificate; in the same file when not said.
        token_file: where the token is.
    """

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    token_file: str | None = None

    @property
    def token(self) -> str | None:
        """The token as the SDK takes it; None when none was said."""
        return None if self.token_file is None else token_in(Path(self.token_file))

    @property
    def certificate_files(self) -> tuple[Path, Path] | None:
        """Certificate and key as the SDK takes them."""
        if self.certificate is None:
            if self.key is not None:
                raise InvalidField("--key belongs to a certificate: name it with --cert FILE", field="key")
            return None
        return Path(self.certificate), Path(self.key or self.certificate)


connection_options: ContextVar[ConnectionOptions] = ContextVar("connection_options", default=ConnectionOptions())  # noqa: B039  # frozen
"""What the command line said."""


def take_connection_options(arguments: Sequence[str]) -> tuple[list[str], ConnectionOptions]:
    """Return the arguments without these options, and what they said; behind `--` there are none.

    Raises:
        InvalidField: an option has no value.
    """
    rest: list[str] = []
    said = ConnectionOptions()
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif name not in _FIELD_OF_OPTION:
            rest.append(word)
        else:
            value = value if equals else next(words, "")
            if not value:
                raise InvalidField(f"{name} needs a file: {name} FILE", field=name.removeprefix("--"))
            said = replace(said, **{_FIELD_OF_OPTION[name]: value})
    return rest, said
