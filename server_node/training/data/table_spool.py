"""A table whose number of rows shows only at its end: blocks of rows, in memory while they are few, then in a file."""

from __future__ import annotations

import tempfile
from typing import IO

import numpy as np
import numpy.typing as npt

from server_node.training.data.room import Room
from shared.errors import MachineFailure

Numbers = npt.NDArray[np.float32]


class TableSpool:
    """Takes blocks `(rows, width)` of float32 and gives them one behind the other."""

    def __init__(self, name: str, width: int, room: Room) -> None:
        """Start empty; `name` is what messages call the table."""
        self._name = name
        self._width = width
        self._room = room
        self._blocks: list[Numbers] = []
        self._rows = 0
        self._file: IO[bytes] | None = None

    def add(self, block: Numbers) -> None:
        """Take some rows.

        Raises:
            BadData: when there is no room for so many.
            MachineFailure: when the disk is full.
        """
        self._rows += block.shape[0]
        self._room.check(self._name, self._rows * self._width, f"its table of {self._rows:,} rows and more")
        self._blocks.append(block)
        if self._file or (self._room.folder and 2 * self._rows * self._width * 4 > self._room.memory_bytes):
            self._write()

    def table(self) -> Numbers:
        """Give all rows."""
        if self._file is None:
            return np.concatenate(self._blocks) if self._blocks else np.empty((0, self._width), np.float32)
        self._file.flush()
        with self._file:
            return np.memmap(self._file, np.float32, "r+", shape=(self._rows, self._width))

    def _write(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._room.folder, prefix="table-")  # noqa: SIM115 - `table` closes it
            for block in self._blocks:
                self._file.write(block.tobytes())
        except OSError as error:
            raise MachineFailure(f"{self._name}: this node's disk does not take it: {error.strerror}") from error
        self._blocks = []
