"""Files to read, and readers of them, for the tests of data."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server_node.training.data.dataset import Dataset
from server_node.training.data.open_dataset import find_dataset
from server_node.training.environment import DatasetCache, ProgramCache, TrainingEnvironment, no_artifacts
from shared.errors import BadData
from tests.server_node.training.builders import an_environment

X, Y = np.arange(24, dtype=np.float32).reshape(6, 4), np.array([0, 1, 2, 0, 1, 2])


def opened(path: Path | str, query: str = "", *roots: Path) -> Dataset:
    root = roots or ((path.parent,) if isinstance(path, Path) else ())
    uri = f"file://{path}{query}" if isinstance(path, Path) else path
    return find_dataset(uri, an_environment(*root)).load()


def refused(path: Path | str, query: str = "", *roots: Path) -> str:
    with pytest.raises(BadData) as caught:
        opened(path, query, *roots)
    return caught.value.message


def a_small_node(root: Path, limit_bytes: int = 10_000) -> TrainingEnvironment:
    """A node that takes little, and has no disk to spare."""
    return TrainingEnvironment(ProgramCache(), DatasetCache(limit_bytes), (root,), no_artifacts)


def refused_as_too_large(root: Path, uri: str) -> None:
    with pytest.raises(BadData, match="at most 10,000 bytes"):
        find_dataset(uri, a_small_node(root)).load()


def npy_bytes(shape: str, data: bytes, dtype: str = "<f4") -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def save(path: Path, array: Any) -> Path:
    np.save(path, array)
    return path
