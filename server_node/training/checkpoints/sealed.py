"""Files that say what their content hashes to, so that a damaged one is found when it is read. Written whole or not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from shared.errors import BadData
from shared.safetensors_format import SafetensorsFile, TensorEntry, WrittenFile, read_safetensors, write_safetensors

SEAL = "content_sha256"


def write_sealed(path: Path, entries: Sequence[TensorEntry], metadata: Mapping[str, str]) -> WrittenFile:
    """Write arrays and metadata with a seal over both.

    Raises:
        OSError: the disk does not take it; the old file is untouched.
    """
    return write_safetensors(path, entries, {**metadata, SEAL: _seal(entries, metadata)})


def read_sealed(path: Path) -> SafetensorsFile:
    """Read a file and hold it to its seal.

    Raises:
        BadData: it is cut short, damaged, or was written without a seal.
        OSError: it cannot be opened.
    """
    file = read_safetensors(path)
    metadata = {name: value for name, value in file.metadata.items() if name != SEAL}
    if file.metadata.get(SEAL) != _seal(file.values(), metadata):
        raise BadData(f"{path.name} is damaged: its content is not what it was written with")
    return file


def _seal(entries: Iterable[TensorEntry], metadata: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for entry in sorted(entries, key=lambda entry: entry.name):
        digest.update(f"{entry.name} {entry.dtype} {entry.shape} ".encode())
        digest.update(entry.data)
    return digest.hexdigest()
