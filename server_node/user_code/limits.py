"""What a process with a user's code may take, set by the kernel's resource limits before any of that code is read."""

from __future__ import annotations

import os
import resource

import psutil
from pydantic import BaseModel, ConfigDict

from shared.job_spec import JobSpec

OPEN_FILES = 1024
SPARE_THREADS = 256
THREADS_PER_CORE = 16
SPARE_CPU_SECONDS = 60


class Limits(BaseModel):
    """The limits of one process.

    Attributes:
        address_space_bytes: None where it cannot be limited: CUDA maps more than any machine has.
        file_bytes: of one file.
        cpu_seconds: of all cores together; None for a job without a timeout.
        threads: of everything that runs under the same user, which is how the kernel counts.
        open_files: at once.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    address_space_bytes: int | None
    file_bytes: int
    cpu_seconds: int | None
    threads: int
    open_files: int = OPEN_FILES


def limits_for(spec: JobSpec, device_id: str, memory_bytes: int) -> Limits:
    """Give the limits of a job's process.

    Args:
        spec: the job.
        device_id: where it trains.
        memory_bytes: what the operator gives to one such process.
    """
    cores = os.cpu_count() or 1
    allowed = spec.timeout_seconds
    return Limits(
        address_space_bytes=memory_bytes if device_id.startswith("cpu") else None,
        file_bytes=memory_bytes,
        cpu_seconds=None if allowed is None else allowed * cores + SPARE_CPU_SECONDS,
        threads=_threads_of_this_user() + SPARE_THREADS + THREADS_PER_CORE * cores,
    )


def set_limits(limits: Limits) -> None:
    """Limit this process and its children; what is lower already stays."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, limits.address_space_bytes)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds)
    _limit(resource.RLIMIT_NPROC, limits.threads)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)


def _limit(which: int, most: int | None) -> None:
    _, hard = resource.getrlimit(which)
    if most is None:
        return
    lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (lowest, lowest))


def _threads_of_this_user() -> int:
    mine = os.getuid()
    found = psutil.process_iter(["uids", "num_threads"])
    uids_and_threads = ((process.info["uids"], process.info["num_threads"]) for process in found)
    return sum(threads or 0 for uids, threads in uids_and_threads if uids is not None and uids.real == mine)
