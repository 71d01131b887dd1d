"""Fetches files by their SHA-256: a partial file is completed, a finished one is checked, then named.

A file never has its final name before its hash was found right.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import grpc

from cyxwiz.aio.connection import Connection, transfer_timeout_seconds
from cyxwiz.errors import InvalidField, ServerFault, TransferDamaged
from cyxwiz.file_digest import Digest, digest_of_file
from shared.pb import artifact_pb2, artifact_pb2_grpc, job_pb2


async def download_files(
    connection: Connection,
    artifacts: artifact_pb2_grpc.ArtifactServiceAsyncStub,
    files: list[job_pb2.ResultFile],
    folder: Path,
) -> list[Path]:
    """Fetch `files` into `folder`, which is made when missing, and return their paths."""
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        return [await _download_file(connection, artifacts, file, folder) for file in files]
    except OSError as error:
        raise InvalidField(f"cannot write to {folder}: {error.strerror or error}", field="folder") from error


async def _download_file(
    connection: Connection,
    artifacts: artifact_pb2_grpc.ArtifactServiceAsyncStub,
    file: job_pb2.ResultFile,
    folder: Path,
) -> Path:
    wanted = Digest(sha256=file.sha256, size_bytes=file.size_bytes)
    target = folder / _safe_name(file.name)
    if target.is_file() and await asyncio.to_thread(digest_of_file, target) == wanted:
        return target
    partial = target.with_name(f".{target.name}.{wanted.sha256[:16]}.part")
    await _complete(connection, artifacts, wanted, partial)
    got = await asyncio.to_thread(digest_of_file, partial)
    if got != wanted:
        partial.unlink()
        raise TransferDamaged(
            f"{file.name} should be {wanted.size_bytes} bytes with SHA-256 {wanted.sha256}, "
            f"got {got.size_bytes} bytes with {got.sha256}; it was thrown away, download it again"
        )
    await asyncio.to_thread(_keep, partial, target)
    return target


async def _complete(
    connection: Connection,
    artifacts: artifact_pb2_grpc.ArtifactServiceAsyncStub,
    wanted: Digest,
    partial: Path,
) -> None:
    patience = connection.patience()
    with partial.open("ab") as out:
        while out.tell() < wanted.size_bytes:
            request = artifact_pb2.DownloadRequest(sha256=wanted.sha256, offset=out.tell())
            before = out.tell()
            timeout = transfer_timeout_seconds(wanted.size_bytes - before)
            try:
                async for chunk in artifacts.Download(request, timeout=timeout):
                    await asyncio.to_thread(out.write, chunk.data)
            except grpc.aio.AioRpcError as error:
                if out.tell() > before:
                    patience = connection.patience()
                await patience.wait_or_raise(connection.error(error))
            else:
                if out.tell() == before:
                    raise ServerFault(f"the central server at {connection.address} sent nothing of {wanted.sha256}")


def _keep(partial: Path, target: Path) -> None:
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)


def _safe_name(name: str) -> str:
    if not name or name != Path(name).name or name in {".", ".."}:
        raise ServerFault(f"the central server named a result file {name!r}, which is no plain file name")
    return name
