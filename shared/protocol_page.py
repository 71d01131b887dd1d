"""Writes the reference of the protocol, `docs/reference/protocol.md`, from the files in `proto/` and their comments.

`python -m shared.protocol_page > docs/reference/protocol.md`, in a checkout: the files are no part of an install. A
test holds the page against this.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROTO = Path(__file__).parents[1] / "proto"

_HEAD = """\
# The protocol

Made from `proto/` by `python -m shared.protocol_page`; do not edit.

gRPC over HTTP/2. Nodes dial the central server and hold two streams; people call services. A server answers
reflection and `grpc.health.v1.Health`. Every error carries `google.rpc.ErrorInfo` with a stable code in `reason`, and
one that is the fault of a field also `google.rpc.BadRequest`. Published field numbers never change; in the services for
people, our own begin at 100.

"""
_BLOCK = re.compile(r"^(?P<kind>service|message|enum|oneof) (?P<name>\w+) \{(?P<is_empty>\})?")
_RPC = re.compile(r"rpc (?P<name>\w+)\((?P<request>(stream )?[\w.]+)\) returns \((?P<response>(stream )?[\w.]+)\)")
_FIELD = re.compile(r"^(?P<type>(repeated |optional )?(map<[\w, .]+>|[\w.]+)) (?P<name>\w+) = (?P<number>\d+)")
_VALUE = re.compile(r"^(?P<name>[A-Z_0-9]+) = (?P<number>\d+)")


@dataclass
class _Block:
    """A service, message or enum, with a line of its table for each thing in it."""

    kind: str
    name: str
    said: str
    rows: list[str] = field(default_factory=list)


def protocol_page() -> str:
    """Return the page."""
    return _HEAD + "\n".join(_file(path) for path in sorted(PROTO.glob("*.proto")))


def _file(path: Path) -> str:
    head, blocks = _read(path.read_text().splitlines())
    ordered = sorted(blocks, key=lambda block: block.kind != "service")  # services first, the rest as it stands
    return f"## {path.name}\n\n{head}\n\n" + "\n".join(_section(block) for block in ordered)


def _section(block: _Block) -> str:
    said = f"{block.said}\n\n" if block.said else ""
    if not block.rows:
        return f"### {block.kind} `{block.name}`\n\n{said}It says nothing more.\n"
    columns = {
        "service": "| rpc | takes | gives | |\n|---|---|---|---|\n",
        "message": "| number | field | type | |\n|---|---|---|---|\n",
        "enum": "| number | value | |\n|---|---|---|\n",
    }
    return f"### {block.kind} `{block.name}`\n\n{said}{columns[block.kind]}{''.join(block.rows)}"


def _read(lines: list[str]) -> tuple[str, list[_Block]]:
    """Return the comment at the head of a file, and its blocks in order; those within others are named by both."""
    head = " ".join(_comment(line) for line in _leading_comments(lines))
    blocks: list[_Block] = []
    open_blocks: list[_Block] = []
    comments: list[str] = []
    for line in (line.strip() for line in lines):
        if line.startswith("//"):
            comments.append(_comment(line))
            continue
        said = " ".join(comment for comment in comments if not comment.startswith("----"))
        comments = []
        if found := _BLOCK.match(line):
            _begin(found, said, open_blocks, blocks)
        elif line == "}":
            open_blocks.pop()
        elif open_blocks and (row := _row(open_blocks, line, said)):
            open_blocks[-1].rows.append(row)
    return head, blocks


def _begin(found: re.Match[str], said: str, open_blocks: list[_Block], blocks: list[_Block]) -> None:
    if found["kind"] == "oneof":  # its fields are the message's own
        open_blocks.append(open_blocks[-1])
        return
    name = ".".join([*(block.name for block in open_blocks[-1:]), found["name"]])
    block = _Block(found["kind"], name, said)
    blocks.append(block)
    if not found["is_empty"]:
        open_blocks.append(block)


def _row(open_blocks: list[_Block], line: str, said: str) -> str:
    note = said.replace("|", "\\|")
    if found := _RPC.search(line):
        return f"| `{found['name']}` | `{found['request']}` | `{found['response']}` | {note} |\n"
    if open_blocks[-1].kind == "enum" and (found := _VALUE.match(line)):
        return f"| {found['number']} | `{found['name']}` | {note} |\n"
    if found := _FIELD.match(line):
        one_of = "one of them; " if len(open_blocks) > 1 and open_blocks[-1] is open_blocks[-2] else ""
        remark = (one_of + note).removesuffix("; ")
        return f"| {found['number']} | `{found['name']}` | `{found['type']}` | {remark} |\n"
    return ""


def _leading_comments(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("//"):
            return
        yield line


def _comment(line: str) -> str:
    return line.removeprefix("//").strip()


if __name__ == "__main__":
    sys.stdout.write(protocol_page())
