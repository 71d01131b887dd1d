"""Libraries that only some formats need: loaded when such a format is read, told by name where they are missing."""

from __future__ import annotations

import importlib
from typing import Any

from shared.errors import NotSupported

DISTRIBUTIONS = {"h5py": "h5py", "pyarrow": "pyarrow", "PIL": "pillow", "obstore": "obstore"}


def optional_library(module: str, what: str, name: str) -> Any:
    """Import a module of an optional library.

    Raises:
        NotSupported: naming what cannot be read, and what to install on the node.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        library = DISTRIBUTIONS[module.split(".", maxsplit=1)[0]]
        raise NotSupported(
            f"{name}: {what} needs {library}, which this node does not have; install cyxwiz[data] there",
            field="dataset",
        ) from None
