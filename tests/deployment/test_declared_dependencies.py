"""Each part imports only what its own install brings: the base for the SDK, an extra for each kind of server."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deployment.compose_file import REPOSITORY

_PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
_OWN = {"central_server", "cyxwiz", "server_node", "shared"}
_DISTRIBUTIONS = packages_distributions()
# Parts of a part that an extra of their own brings; whoever calls them says so when it is missing.
_EXTRAS = {
    "central_server/artifacts": "object-storage",
    "cyxwiz/onnx_export": "onnx",
    "cyxwiz/onnx_import": "onnx",
    "cyxwiz/aio/trace_metadata.py": "tracing",
    "central_server/trackers/mlflow.py": "mlflow",
    "central_server/trackers/tensorboard.py": "tensorboard",
    "shared/otlp_spans.py": "tracing",
    "shared/private_ca.py": "central",
}
# The one thing that both sides do with a library that neither needs; it is loaded when an endpoint is set.
_LOADED_WHEN_ASKED = REPOSITORY / "shared/otlp_spans.py"
# Certificates are made where an extra brings what makes them: both servers' do.
_WHERE_CERTIFICATES_ARE_MADE = REPOSITORY / "shared/private_ca.py"
# Used where the machine has them, and asked for in a sentence where not: the SDK's own install does not bring them.
_THE_USERS_OWN = {"nvidia-ml-py", "pandas", "polars"}
# Published apart, but documented as the other's interface and pinned by it: h11's states are those of uvicorn's
# connections.
_FACES = {"h11": "uvicorn", "pydantic-core": "pydantic", "starlette": "fastapi"}


@pytest.mark.parametrize(
    ("package", "extra"), [("cyxwiz", None), ("shared", None), ("central_server", "central"), ("server_node", "node")]
)
def test_a_part_imports_only_what_its_install_brings(package: str, extra: str | None) -> None:
    declared = _declared(_PROJECT["dependencies"])
    declared |= _declared(_PROJECT["optional-dependencies"][extra]) if extra else set()
    for path, name in _foreign_imports(package):
        distributions = {canonicalize_name(distribution) for distribution in _DISTRIBUTIONS.get(name, [])}
        brought_by = distributions | {_FACES[one] for one in distributions if one in _FACES}
        allowed = declared | _brought_by_extra_of(path) | (_THE_USERS_OWN if package == "cyxwiz" else set())
        assert brought_by & allowed, f"{path} imports {name}, from {brought_by or 'nowhere'}: declare it"


def test_shared_stands_on_pydantic_protobuf_and_yaml_alone() -> None:
    allowed = {"google", "pydantic", "pydantic_core", "yaml"}
    generated = REPOSITORY / "shared/pb"
    strangers = {(path, name) for path, name in _foreign_imports("shared") if name not in allowed}
    strangers -= {(_LOADED_WHEN_ASKED, "opentelemetry"), (_WHERE_CERTIFICATES_ARE_MADE, "cryptography")}
    assert {(path, name) for path, name in strangers if generated not in path.parents} == set()
    assert {name for _, name in strangers} <= {"grpc"}


def _brought_by_extra_of(path: Path) -> set[str]:
    places = [str(place.relative_to(REPOSITORY)) for place in (path, path.parent)]
    extras = [_EXTRAS[place] for place in places if place in _EXTRAS]
    return {name for extra in extras for name in _declared(_PROJECT["optional-dependencies"][extra])}


def _declared(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def _foreign_imports(package: str) -> Iterator[tuple[Path, str]]:
    """Every import, wherever it stands, of what is neither ours nor the standard library's: the file and the name."""
    for path in sorted((REPOSITORY / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for name in _imported_names(node):
                if name not in _OWN | sys.stdlib_module_names:
                    yield path, name


def _imported_names(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=aliases):
            return [alias.name.split(".")[0] for alias in aliases]
        case ast.ImportFrom(module=str(module)):
            return [module.split(".")[0]]
        case _:
            return []
