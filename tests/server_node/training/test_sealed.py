"""A damaged checkpoint is never taken for a whole one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server_node.training.checkpoints.sealed import read_sealed, write_sealed
from server_node.training.tensors import tensor_entries
from shared.errors import BadData
from shared.safetensors_format import write_safetensors


def a_file(path: Path, step: int = 7) -> Path:
    arrays = {"b": np.arange(50, dtype=np.float32), "a": np.ones((3, 4), np.int32)}
    write_sealed(path, tensor_entries(arrays), {"step": str(step)})
    return path


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    file = read_sealed(a_file(tmp_path / "c"))
    assert set(file) == {"a", "b"}
    assert file.metadata["step"] == "7"


def test_one_flipped_bit_anywhere_is_noticed(tmp_path: Path) -> None:
    path = a_file(tmp_path / "c")
    whole = path.read_bytes()
    for place in range(8, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises((BadData, UnicodeDecodeError)):
            read_sealed(path)


def test_a_file_without_a_seal_is_refused(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "c", tensor_entries({"a": np.ones(3, np.float32)}), {"step": "7"})
    with pytest.raises(BadData, match="damaged"):
        read_sealed(tmp_path / "c")
