"""The import contracts name modules that exist: a misspelt name would hold nothing and still be kept."""

import sys
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deployment.compose_file import REPOSITORY

_SETTINGS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]


def _named_modules() -> Iterator[str]:
    for contract in _SETTINGS["contracts"]:
        yield from contract.get("source_modules", [])
        yield from contract.get("forbidden_modules", [])
        yield from _layer_modules(contract)


def _layer_modules(contract: dict[str, Any]) -> Iterator[str]:
    for layer in contract.get("layers", []):
        for name in layer.split("|"):
            for container in contract.get("containers", [""]):
                yield f"{container}.{name.strip(' ()')}".lstrip(".")


def _exists(module: str) -> bool:
    path = REPOSITORY.joinpath(*module.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("module", sorted({name for name in _named_modules() if "." in name}))
def test_a_module_of_ours_that_a_contract_names_exists(module: str) -> None:
    assert _exists(module)


@pytest.mark.parametrize("module", sorted({name for name in _named_modules() if "." not in name}))
def test_a_top_level_name_is_ours_or_the_standard_librarys_or_locked(module: str) -> None:
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert _exists(module) or module in sys.stdlib_module_names or f"\n{module}" in lock
