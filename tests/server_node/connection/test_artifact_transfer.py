"""Transfers whose link is gone are told as such, so that whoever waits for them tries again."""

from __future__ import annotations

from pathlib import Path

import grpc.aio
import pytest

from server_node.connection.artifact_transfer import download, upload
from shared.errors import ServerUnreachable


async def test_a_transfer_over_a_channel_that_was_closed_is_to_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    channel = grpc.aio.insecure_channel("127.0.0.1:1")
    await channel.close()
    with pytest.raises(ServerUnreachable, match="uploading file"):
        await upload(channel, tmp_path / "file", sha256="0" * 64, size_bytes=3)
    with pytest.raises(ServerUnreachable, match="fetching"):
        await download(channel, "0" * 64, tmp_path / "other")
