"""A model that its user wrote in Python: how it travels inside a model definition, and what is refused unrun.

Nothing here runs a line of it: the text is read, never compiled. It travels whole, as
`{"python": {"file": "my_model.py", "source": "…"}}`, so that whoever has the job has the model.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from shared.did_you_mean import quoted
from shared.errors import TooLarge
from shared.model_definition.graph import LayerNode, ModelGraph
from shared.model_definition.refusal import FIELD, refusal

FORM = "python"
"""The key of a model definition that holds a user's own model, and the kind of its one layer in the graph."""
MODEL_NODE_ID = "model"
LARGEST_SOURCE_BYTES = 128 * 1024
_LONGEST_FILE_NAME = 200
_CANONICAL_START = f'{{"{FORM}":'


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How a function of the file is called: `name(positional, *, keywords)`."""

    name: str
    positional: tuple[str, ...]
    keywords: tuple[str, ...]

    def __str__(self) -> str:
        star = ["*", *self.keywords] if self.keywords else []
        return f"{self.name}({', '.join([*self.positional, *star])})"


_REQUIRED = (_Wanted("init", ("key", "input_shape"), ()), _Wanted("apply", ("params", "x"), ("key", "train")))
_OPTIONAL = (_Wanted("loss", ("params", "batch"), ("key",)),)


@dataclass(frozen=True, slots=True)
class UserModel:
    """A user's file.

    Attributes:
        file: its name without folders, for messages.
        source: its text.
    """

    file: str
    source: str

    def definition(self) -> dict[str, object]:
        """Give the model definition that holds it."""
        return {FORM: {"file": self.file, "source": self.source}}


def user_model_from_bytes(file: str, data: bytes) -> UserModel:
    """Check the content of a file and give it as a model.

    Raises:
        InvalidField: it is no UTF-8 text, or not Python that defines what a model needs, naming the line.
        TooLarge: it has more than `LARGEST_SOURCE_BYTES`.
    """
    if len(data) > LARGEST_SOURCE_BYTES:
        raise _too_large(file, len(data))
    try:
        source = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refusal(f"{file} must be UTF-8 text, got the byte 0x{data[error.start]:02x} at {error.start}") from None
    return _checked(UserModel(file, source.replace("\r\n", "\n")))


def user_model_from_definition(definition: Mapping[str, object]) -> UserModel:
    """Check a definition that has the key `python` and give its model; raises as `user_model_from_bytes` does."""
    if set(definition) != {FORM}:
        others = sorted(set(definition) - {FORM})
        raise refusal(f"a model in Python has the one key {FORM}, got {quoted(others)} beside it")
    content = definition[FORM]
    if not isinstance(content, Mapping) or set(content) != {"file", "source"}:
        raise refusal(
            f"{FORM} must hold file and source, got {quoted(content)}; in a job file write model: {{python: "
            "my_model.py}, the command line and the SDK then read the file"
        )
    file, source = content["file"], content["source"]
    if not isinstance(file, str) or not isinstance(source, str):
        raise refusal(f"{FORM}.file and {FORM}.source must be text, got {quoted(file)} and {quoted(source)}")
    if len(source.encode("utf-8", "replace")) > LARGEST_SOURCE_BYTES:
        raise _too_large(file, len(source))
    return _checked(UserModel(file, source))


def user_model_graph(model: UserModel) -> ModelGraph:
    """Give the graph that stands for a model whose layers nobody knows: what enters, and one node that is all of it."""
    enters = LayerNode("input", "input", "input", {}, ())
    whole = LayerNode(MODEL_NODE_ID, "model", FORM, {"file": model.file, "source": model.source}, ("input",))
    return ModelGraph(nodes=(enters, whole), outputs=(MODEL_NODE_ID,))


def runs_user_code(model_definition: str) -> bool:
    """Tell whether a checked definition, in its canonical text, is a user's own code; reads a few characters."""
    return model_definition.startswith(_CANONICAL_START)


def _checked(model: UserModel) -> UserModel:
    name = model.file
    if not name or len(name) > _LONGEST_FILE_NAME or not name.isprintable() or "/" in name or not name.endswith(".py"):
        raise refusal(f"{FORM}.file must be the name of a .py file without folders, got {quoted(name)}")
    defined = dict(_names_defined(_parsed(model).body))
    for wanted in _REQUIRED:
        if wanted.name not in defined:
            raise refusal(f"{name} must define {wanted} at its top level, and does not")
    for wanted in (*_REQUIRED, *_OPTIONAL):
        _check_signature(model, wanted, defined.get(wanted.name))
    return model


def _parsed(model: UserModel) -> ast.Module:
    try:
        return ast.parse(model.source, model.file)
    except SyntaxError as error:
        _refuse_syntax(model, error)
    except (ValueError, RecursionError, MemoryError) as error:
        raise refusal(f"{model.file} cannot be read as Python: {str(error) or 'it is nested too deeply'}") from None


def _refuse_syntax(model: UserModel, error: SyntaxError) -> NoReturn:
    raise refusal(f"{located(model, error.lineno or 1)}: syntax error, {error.msg}") from None


def located(model: UserModel, line_number: int) -> str:
    """Name a line of the file and show it, such as `my_model.py, line 3, "y = x @ w"`."""
    lines = model.source.split("\n")
    text = lines[line_number - 1].strip() if 0 < line_number <= len(lines) else ""
    shown = "".join(character if character.isprintable() else " " for character in text)[:120]
    return f'{model.file}, line {line_number}, "{shown}"'


def _names_defined(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Give every name that running a module's statements may bind at its top level."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, statement
            case ast.Assign(targets=targets):
                yield from (
                    (t.id, statement) for target in targets for t in ast.walk(target) if isinstance(t, ast.Name)
                )
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name, statement
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((alias.asname or alias.name, statement) for alias in aliases)
            case ast.If(body=inner, orelse=other) | ast.Try(body=inner, orelse=other):
                yield from _names_defined([*inner, *other])
            case ast.With(body=inner):
                yield from _names_defined(inner)
            case _:
                pass


def _check_signature(model: UserModel, wanted: _Wanted, defined: ast.stmt | None) -> None:
    if isinstance(defined, ast.FunctionDef) and not _takes(defined.args, wanted):
        raise refusal(f"{located(model, defined.lineno)}: {wanted.name} must be written as {wanted}")


def _takes(arguments: ast.arguments, wanted: _Wanted) -> bool:
    """Tell whether a call with exactly what is wanted would bind."""
    positional = [*arguments.posonlyargs, *arguments.args]
    asked = len(positional) - len(arguments.defaults)
    given = len(wanted.positional)
    by_name = {argument.arg for argument in [*arguments.args[max(0, given - len(arguments.posonlyargs)) :]]}
    only = {argument.arg for argument in arguments.kwonlyargs}
    needed = {a.arg for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None}
    needed |= {argument.arg for argument in positional[given:asked]}
    has_room = len(positional) >= given or arguments.vararg is not None
    names_fit = arguments.kwarg is not None or set(wanted.keywords) <= by_name | only
    return has_room and names_fit and needed <= set(wanted.keywords)


def _too_large(file: str, size: int) -> TooLarge:
    return TooLarge(
        f"{quoted(file)} must be at most {LARGEST_SOURCE_BYTES:,} bytes of Python, got {size:,}; "
        "weights and data do not belong in it",
        field=FIELD,
    )
