"""The wheel holds the four packages whole, data and type markers with them, and nothing else of the repository."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.compose_file import REPOSITORY

_PACKAGES = ("central_server", "cyxwiz", "server_node", "shared")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True, timeout=60)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        yield wheel


def test_every_file_of_the_packages_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    assert {str(path) for package in _PACKAGES for path in _files(package)} - set(wheel.namelist()) == set()


def test_nothing_but_the_packages_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    folders = {name.split("/")[0] for name in wheel.namelist()}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == set(_PACKAGES)


@pytest.mark.parametrize("package", _PACKAGES)
def test_a_package_says_that_it_is_typed(package: str, wheel: zipfile.ZipFile) -> None:
    assert f"{package}/py.typed" in wheel.namelist()


@pytest.mark.timeout(320)
@pytest.mark.slow
def test_what_programs_do_with_an_installed_sdk_has_the_types_they_expect(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    wheel.extractall(installed)
    program = tmp_path / "program" / "typical_use.py"
    program.parent.mkdir()
    program.write_bytes((REPOSITORY / "tests/deployment/typical_use.py").read_bytes())
    # On the path of the interpreter, as installed packages are: mypy trusts them only where they say they are typed.
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", program.name],
        cwd=program.parent,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _files(package: str) -> list[Path]:
    paths = (path for path in (REPOSITORY / package).rglob("*") if path.is_file())
    return [path.relative_to(REPOSITORY) for path in paths if "__pycache__" not in path.parts]
