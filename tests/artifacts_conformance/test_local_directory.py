"""The conformance suite on a directory."""

from pathlib import Path

import pytest

from central_server.artifacts.local_directory import LocalArtifacts
from tests.artifacts_conformance.suite import MOST_BYTES, ArtifactsConformance


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifacts:
    made = LocalArtifacts(tmp_path, most_bytes=MOST_BYTES)
    made.open()
    return made


class TestLocalDirectory(ArtifactsConformance):
    """The suite runs as it is."""
