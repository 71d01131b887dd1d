"""Submit jobs to a CyxWiz cluster and take their results home: `Client`, its async form in `cyxwiz.aio`, `errors`.

Importing this package loads neither gRPC nor numpy; they come with the first use of a name that needs them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cyxwiz import aio as aio
    from cyxwiz import errors as errors
    from cyxwiz.client import Client as Client
    from cyxwiz.job import Job as Job
    from shared.job_spec import JobSpec as JobSpec

__version__ = "0.1.0"

_MODULE_OF_NAME = {
    "Client": "cyxwiz.client",
    "Job": "cyxwiz.job",
    "JobSpec": "shared.job_spec",
}
_SUBMODULES = frozenset({"aio", "errors"})

__all__ = ["Client", "Job", "JobSpec", "__version__", "aio", "errors"]


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name in _SUBMODULES:
        return importlib.import_module(f"cyxwiz.{name}")
    if name in _MODULE_OF_NAME:
        return getattr(importlib.import_module(_MODULE_OF_NAME[name]), name)
    raise AttributeError(f"module 'cyxwiz' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what can be used, loaded or not."""
    return sorted(__all__)
