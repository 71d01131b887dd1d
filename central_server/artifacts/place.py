"""Chooses by the settings where artifacts are kept: a folder, or an object store. It opens nothing yet."""

from __future__ import annotations

from central_server.artifacts.bucket import Bucket
from central_server.artifacts.local_directory import LocalArtifacts
from central_server.artifacts.object_store import ObjectArtifacts
from central_server.artifacts.sweep import SweptArtifacts
from central_server.settings import Settings
from shared.clock import Clock

STAGING_NAME = "uploads"
"""The folder in the state directory where uploads are until an object store has them."""


def place_of_artifacts(settings: Settings, clock: Clock) -> SweptArtifacts:
    """Return where artifacts are kept.

    Raises:
        InvalidField: the environment lacks what the object store needs.
        NotSupported: the library for object stores is not installed.
    """
    if (directory := settings.artifacts_directory) is not None:
        return LocalArtifacts(directory, most_bytes=settings.artifact_bytes)
    staging = settings.state_dir / STAGING_NAME
    return ObjectArtifacts(Bucket(settings.artifacts), staging, most_bytes=settings.artifact_bytes, clock=clock)
