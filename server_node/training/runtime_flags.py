"""The environment variables that JAX reads once, when it loads: threads, GPU memory, deterministic kernels.

This file never imports JAX. It sets only flags from its own list: an unknown XLA flag ends the process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

from shared.errors import OurBug

DETERMINISTIC_GPU_FLAG = "--xla_gpu_deterministic_ops=true"


def set_runtime_flags(threads: int | None = None, environment: MutableMapping[str, str] | None = None) -> None:
    """Write the variables into the environment, keeping what an operator has set already.

    Args:
        threads: how many threads XLA may use on the CPU. The number changes the bits of results, so it is pinned:
            None takes `NPROC` as it stands, else the CPUs this process may run on.
        environment: where to write; the process's own by default.

    Raises:
        OurBug: when JAX is loaded already and would not see the variables.
    """
    if "jax" in sys.modules and environment is None:
        raise OurBug("runtime flags must be set before jax is imported; call set_runtime_flags first")
    target = os.environ if environment is None else environment
    if threads is not None:
        target["NPROC"] = str(threads)
    target.setdefault("NPROC", str(len(os.sched_getaffinity(0))))
    target.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    target["XLA_FLAGS"] = _with_deterministic_kernels(target.get("XLA_FLAGS", ""))


def _with_deterministic_kernels(flags: str) -> str:
    if "--xla_gpu_deterministic_ops" in flags:
        return flags
    return f"{flags} {DETERMINISTIC_GPU_FLAG}".strip()
