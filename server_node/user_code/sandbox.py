"""The command line of a process with a user's code: under bubblewrap where that works, else the bare interpreter.

Under bubblewrap the process has no network, sees only the system and this program's code, read-only, and writes only
into its work folder and a /tmp of its own; all it starts dies with it.
"""

from __future__ import annotations

import functools
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import server_node
import shared
from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)
CHILD_MODULE = "server_node.user_code.child"
_TRY_SECONDS = 10.0
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/lib32",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/alternatives",
)
_HARDWARE = ("/sys/devices/system",)
_KEPT_VARIABLES = (
    "NPROC", "XLA_FLAGS", "JAX_PLATFORMS", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER",
    "XLA_PYTHON_CLIENT_PREALLOCATE", "LANG", "LC_ALL", "TZ",
)  # fmt: skip
"""Nothing else of the node's environment is handed on: it may hold secrets."""


@functools.cache
def bubblewrap() -> str | None:
    """Give the path of a bubblewrap that works here, None when there is none; tried once a process."""
    program = shutil.which("bwrap")
    if program is None:
        return None
    command = [program, "--unshare-all", "--ro-bind", "/", "/", "true"]
    try:
        tried = subprocess.run(command, capture_output=True, timeout=_TRY_SECONDS, check=False)  # noqa: S603 - ours
    except (OSError, subprocess.TimeoutExpired) as failure:
        log_event(_LOG, "bubblewrap_unusable", is_warning=True, why=failure)
        return None
    if tried.returncode != 0:
        log_event(_LOG, "bubblewrap_unusable", is_warning=True, why=tried.stderr.decode(errors="replace").strip()[:300])
        return None
    return program


def command_for(descriptor: int, work: Path, readable: Iterable[Path], *, uses_gpu: bool) -> list[str]:
    """Give the command that starts the process.

    Args:
        descriptor: of the process's end of the channel.
        work: the one folder it may write into.
        readable: what else it may read.
        uses_gpu: whether it needs the machine's NVIDIA devices.
    """
    child = [sys.executable, "-m", CHILD_MODULE, str(descriptor)]
    wrap = bubblewrap()
    return child if wrap is None else [wrap, *_walls(work, readable, uses_gpu=uses_gpu), "--", *child]


def environment_for(work: Path, *, uses_gpu: bool) -> Mapping[str, str]:
    """Give the variables of the process; without a GPU it does not even look for one."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    roots = dict.fromkeys(str(folder.parent) for folder in _code_folders())
    if not uses_gpu:
        kept["JAX_PLATFORMS"] = "cpu"
    return kept | {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(work),
        "TMPDIR": str(work),
        "PYTHONPATH": os.pathsep.join(roots),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _walls(work: Path, readable: Iterable[Path], *, uses_gpu: bool) -> list[str]:
    walls = ["--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev"]
    walls += ["--tmpfs", "/tmp"]  # noqa: S108 - a private one, gone with the process  # nosec B108
    system = [*_SYSTEM, *_HARDWARE, *(["/sys"] if uses_gpu else [])]
    for path in (*system, *_interpreter_folders(), *map(str, _code_folders())):
        walls += ["--ro-bind-try", path, path]
    for device in sorted(map(str, Path("/dev").glob("nvidia*"))) if uses_gpu else ():
        walls += ["--dev-bind-try", device, device]
    for given in map(str, readable):
        walls += ["--ro-bind", given, given]
    return [*walls, "--bind", str(work), str(work), "--chdir", str(work)]


def _interpreter_folders() -> list[str]:
    found = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).resolve().parent.parent)]
    return list(dict.fromkeys(folder for folder in found if folder not in _SYSTEM))


def _code_folders() -> list[Path]:
    return [Path(package.__path__[0]).resolve() for package in (server_node, shared)]
