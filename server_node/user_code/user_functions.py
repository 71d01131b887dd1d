"""Runs a user's file and takes its functions. Only ever called in a process of its own."""

from __future__ import annotations

import linecache
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server_node.user_code.messages import UserCodeFailed
from shared.user_model import UserModel

MODULE_NAME = "user_model"
"""What the file is imported as; classes in it find their module by this."""


@dataclass(frozen=True, slots=True)
class UserFunctions:
    """What a file defines; `loss` is None where it leaves the loss to the job."""

    init: Callable[..., Any]
    apply: Callable[..., Any]
    loss: Callable[..., Any] | None


def load_user_functions(model: UserModel) -> UserFunctions:
    """Run the file and give its functions; whatever it raises comes through as it is."""
    lines = model.source.splitlines(keepends=True)
    linecache.cache[model.file] = (len(model.source), None, lines, model.file)
    module = types.ModuleType(MODULE_NAME)
    module.__file__ = model.file
    sys.modules[MODULE_NAME] = module
    exec(compile(model.source, model.file, "exec"), module.__dict__)  # noqa: S102 - what this process is for  # nosec B102
    return UserFunctions(_function(module, "init"), _function(module, "apply"), getattr(module, "loss", None))


def _function(module: types.ModuleType, name: str) -> Callable[..., Any]:
    found = getattr(module, name, None)
    if not callable(found):
        raise UserCodeFailed(f"{module.__file__} must define the function {name}, got {type(found).__name__}")
    function: Callable[..., Any] = found
    return function
