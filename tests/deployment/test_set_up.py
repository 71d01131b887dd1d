"""The set-up refuses with a sentence that helps, and every command that the documents name exists."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.deployment.compose_file import REPOSITORY


def test_a_python_that_is_too_old_is_named_with_what_to_install(tmp_path: Path) -> None:
    python = _script(tmp_path / "python", '[ "$1" = --version ] && echo Python 3.9.2 || exit 1')
    answer = _install(tmp_path, python)
    assert answer.returncode == 1
    assert "Python 3.11 or newer is needed, found Python 3.9.2" in answer.stderr


def test_a_python_without_venv_is_answered_with_the_package_to_install(tmp_path: Path) -> None:
    python = _script(tmp_path / "python", 'case "$2" in *ensurepip*) exit 1 ;; esac')
    answer = _install(tmp_path, python)
    assert answer.returncode == 1
    assert "apt-get install python3-venv" in answer.stderr


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_every_make_command_in_a_document_is_a_target(document: str) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", (REPOSITORY / document).read_text(), re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert named
    assert named <= targets


def _install(folder: Path, python: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [REPOSITORY / ".ci/install", folder / "environment"],
        env={"PATH": os.defpath, "PYTHON": str(python)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path
