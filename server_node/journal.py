"""What this node has begun and ended, on disk before anybody hears of it; read once, when the process starts.

One line a record: a CRC-32 of the rest in hex, then a word and its fields as JSON. A line that was cut off by a crash
is the last one and is dropped; a damaged line before it is a broken disk and stops the node. It knows no network.
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from server_node.attempts.instructions import JournalRecord, RecordBegun, RecordEnded, RecordForgotten
from shared.atomic_file import sync_folder
from shared.errors import MachineFailure, PeerFault
from shared.identifiers import AttemptKey
from shared.node_message_wire import attempt_ended_from_proto, attempt_ended_to_proto
from shared.node_messages import AttemptEnded
from shared.pb import link_pb2


@dataclass(slots=True)
class JournalContent:
    """What a journal amounts to, in the order things happened.

    Attributes:
        interrupted: begun and not ended: their process died.
        unacknowledged: ended, and not forgotten yet.
    """

    interrupted: dict[AttemptKey, None] = field(default_factory=dict)
    unacknowledged: dict[AttemptKey, AttemptEnded] = field(default_factory=dict)


COMPACT_BYTES = 8 * 2**20
"""A journal that has grown by this much is rewritten with only what still matters."""


class Journal:
    """An append-only file of records; one owner, one thread at a time.

    A path that exists is read and rewritten with only what still matters, and again whenever it has grown much.

    Raises:
        MachineFailure: a line other than the last is damaged, or the disk refuses.
    """

    def __init__(self, path: Path, *, compact_bytes: int = COMPACT_BYTES) -> None:
        self._path = path
        self._compact_bytes = compact_bytes
        self.content = _read(path)
        self._descriptor = self._rewritten()

    def append(self, records: Iterable[JournalRecord]) -> None:
        """Write the records and return when they are durable.

        Raises:
            OSError: the disk refused; nothing that depends on the records may happen.
        """
        text = b""
        for record in records:
            fields = _fields(record)
            _apply(self.content, fields)
            text += _line(fields)
        _write_all(self._descriptor, text)
        os.fdatasync(self._descriptor)
        self._grown_bytes += len(text)
        if self._grown_bytes > self._compact_bytes:
            os.close(self._descriptor)
            self._descriptor = self._rewritten()

    def close(self) -> None:
        """Let the file go."""
        os.close(self._descriptor)

    def _rewritten(self) -> int:
        _rewrite(self._path, self.content)
        self._grown_bytes = 0
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)


def _line(fields: list[object]) -> bytes:
    payload = json.dumps(fields, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(payload), payload)


def _fields(record: JournalRecord) -> list[object]:
    match record:
        case RecordBegun(key):
            return ["begun", key.job_id, key.number]
        case RecordForgotten(key):
            return ["forgotten", key.job_id, key.number]
        case RecordEnded(ended):
            wire = attempt_ended_to_proto(ended).SerializeToString(deterministic=True)
            return ["ended", ended.key.job_id, ended.key.number, base64.b64encode(wire).decode()]
        case _:
            assert_never(record)


def _read(path: Path) -> JournalContent:
    content = JournalContent()
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return content
    complete = lines[:-1]
    for number, line in enumerate(complete, start=1):
        payload = _checked(line)
        if payload is None:
            if number == len(complete):
                return content
            raise MachineFailure(f"{path}: line {number} is damaged; move the file away to start without it")
        _apply(content, json.loads(payload))
    return content


def _checked(line: bytes) -> bytes | None:
    checksum, _, payload = line.partition(b" ")
    return payload if checksum == b"%08x" % zlib.crc32(payload) else None


def _apply(content: JournalContent, fields: list[object]) -> None:
    match fields:
        case ["begun", str(job_id), int(number)]:
            content.interrupted[AttemptKey(job_id, number)] = None
        case ["forgotten", str(job_id), int(number)]:
            content.interrupted.pop(AttemptKey(job_id, number), None)
            content.unacknowledged.pop(AttemptKey(job_id, number), None)
        case ["ended", str(job_id), int(number), str(wire)]:
            content.interrupted.pop(AttemptKey(job_id, number), None)
            content.unacknowledged[AttemptKey(job_id, number)] = _ended(wire)
        case _:
            raise MachineFailure(f"the journal has a record this version does not know: {fields!r:.80}")


def _ended(wire: str) -> AttemptEnded:
    try:
        return attempt_ended_from_proto(link_pb2.AttemptEnded.FromString(base64.b64decode(wire)))
    except PeerFault as fault:
        raise MachineFailure(f"the journal holds an end this version cannot read: {fault}") from fault


def _rewrite(path: Path, content: JournalContent) -> None:
    """Replace the file by what still matters, so that it never grows from one start to the next."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        _write_all(descriptor, b"".join(_line(_fields(record)) for record in _records(content)))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    sync_folder(path.parent)


def _records(content: JournalContent) -> Iterator[JournalRecord]:
    yield from (RecordBegun(key) for key in content.interrupted)
    yield from (RecordEnded(ended) for ended in content.unacknowledged.values())


def _write_all(descriptor: int, text: bytes) -> None:
    view = memoryview(text)
    while view:
        view = view[os.write(descriptor, view) :]
