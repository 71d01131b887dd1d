"""What data may take of a node: on its devices, in its memory, on its disk; and who feeds what is not on a device."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from server_node.training.data.reachable_address import AddressRule
from server_node.training.data.remote_files import RemoteFiles
from server_node.training.data.web_request import WebAccess

MEBIBYTE = 2**20
DEFAULT_DISK_BYTES = 16 * 1024 * MEBIBYTE


def one_feeding_thread() -> Executor:
    """Make what reads the next examples while a device computes: one thread, started when it is first needed."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="feeding")


@dataclass(frozen=True, slots=True)
class DataSpace:
    """Limits, each in bytes, and the places that they are limits of.

    Attributes:
        resident_bytes: the largest dataset that is put on a device whole; None for as much as is kept at all. A larger
            one is fed.
        window_bytes: about how much of a fed dataset is on the device at once; twice this while the next is coming.
        mapped_bytes: the largest array that may be kept in a file instead of memory.
        folder: where such files are made; None for nowhere.
        remote: copies of files elsewhere; None refuses those.
        feeding: runs the reading ahead.
    """

    resident_bytes: int | None = None
    window_bytes: int = 32 * MEBIBYTE
    mapped_bytes: int = 0
    folder: Path | None = None
    remote: RemoteFiles | None = None
    feeding: Executor = field(default_factory=one_feeding_thread)


def data_space_in(
    state_dir: Path,
    *,
    resident_bytes: int | None = None,
    disk_bytes: int = DEFAULT_DISK_BYTES,
    allows_private_addresses: bool = False,
    secrets_file: Path | None = None,
) -> DataSpace:
    """Give a space whose files are below a folder of this process's own: mapped arrays, and copies of files elsewhere.

    Args:
        state_dir: the node's own folder.
        resident_bytes: the largest dataset that is put on a device whole.
        disk_bytes: what one mapped array, and what all copies together, may take of the disk.
        allows_private_addresses: whether a job's `https://` dataset may be at an address that is not public.
        secrets_file: what datasets that need credentials are read with.
    """
    mapped = state_dir / "mapped"
    mapped.mkdir(parents=True, exist_ok=True)
    web = WebAccess(AddressRule(allows_private_addresses))
    remote = RemoteFiles(state_dir / "fetched", disk_bytes, web=web, secrets_file=secrets_file)
    remote.forget_unfinished()
    return DataSpace(resident_bytes=resident_bytes, mapped_bytes=disk_bytes, folder=mapped, remote=remote)
