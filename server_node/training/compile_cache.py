"""Where compiled programs are kept between processes, and the settings JAX gets before its first use.

The cache is trusted like code: its folder belongs to one state directory, one jaxlib, one backend, one CPU; it is
never shared between machines. This file imports JAX only when `configure_jax` is called.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from server_node.training.runtime_flags import set_runtime_flags

PRIVATE_FOLDER_MODE = 0o700


def configure_jax(state_dir: Path, threads: int | None = None) -> Path:
    """Set JAX up for a node; called once, before anything else of JAX runs, and it may take seconds.

    Args:
        state_dir: the node's own folder.
        threads: how many threads XLA may use on the CPU; see `set_runtime_flags`.

    Returns:
        The folder of the persistent compilation cache.
    """
    if "jax" not in sys.modules:
        set_runtime_flags(threads)
    import jax  # noqa: PLC0415 - the variables above must be set before it loads

    folder = cache_folder(state_dir)
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER_MODE)
    for name, value in _cache_settings(folder).items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call]  # JAX leaves it untyped
    jax.local_devices()
    gc.freeze()  # what JAX made on loading stays; collecting it again and again took a quarter of every trace
    return folder


def cache_folder(state_dir: Path) -> Path:
    """Name the cache's folder after everything that compiled code depends on beside the program."""
    import jax  # noqa: PLC0415 - see configure_jax
    from jaxlib.version import __version__ as jaxlib_version  # noqa: PLC0415 - the same

    from server_node.training.checkpoints.fingerprint import cpu_flags_digest  # noqa: PLC0415 - it imports JAX

    threads = os.environ.get("NPROC", "unset")
    name = f"jaxlib-{jaxlib_version}-{jax.default_backend()}-{cpu_flags_digest()}-threads-{threads}"
    return state_dir / "compiled" / name


def _cache_settings(folder: Path) -> dict[str, str | float]:
    return {
        "jax_compilation_cache_dir": str(folder),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
