"""A child process that makes load: it reads an order a line and answers each with a line of JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


class LoadChild:
    """The parent's side."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Keep the process."""
        self._process = process

    async def order(self, line: str) -> dict[str, Any]:
        """Have something done and return what the child says of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n".encode())
        answer = await self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the child that makes the load ended with {await self._process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found


@asynccontextmanager
async def load_child(module: str, *arguments: str) -> AsyncIterator[LoadChild]:
    """Run `python -m module arguments` until the block ends; its end of input ends it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield LoadChild(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()  # Python 3.11's communicate would leave it open, and the child waiting
        await process.communicate()
