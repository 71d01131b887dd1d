"""Checks Python, and JAX with its devices; JAX is loaded in a process of its own, which may hang or crash alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from cyxwiz.cli.checkup.finding import Finding, Level

OLDEST_PYTHON = (3, 11)
JAX_SECONDS = 60.0
"""A driver that hangs is noticed after that; a cold start on a slow machine takes less."""

_ABSENT = "absent"
_PROGRAM = f"""
import importlib.util, json, sys
if importlib.util.find_spec("jax") is None:
    sys.exit(print({_ABSENT!r}))
import jax
kinds = [f"{{device.platform}} {{device.device_kind}}".strip() for device in jax.devices()]
print(json.dumps({{"version": jax.__version__, "devices": kinds}}))
"""


@dataclass(frozen=True, slots=True)
class FoundJax:
    """What JAX has said of itself.

    Attributes:
        version: empty when it is not installed or did not load.
        devices: its platform and kind, each.
        trouble: why it did not load; empty when it did or is not installed.
    """

    version: str = ""
    devices: tuple[str, ...] = ()
    trouble: str = ""


def check_python(version: tuple[int, int, int], executable: str) -> Finding:
    """Judge which Python runs this."""
    text = ".".join(map(str, version))
    found = f"Python {text} at {executable}"
    if version[:2] >= OLDEST_PYTHON:
        return Finding("python", Level.OK, found)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Finding("python", Level.FAIL, found, f"install CyxWiz with Python {oldest} or newer")


def ask_jax(*, seconds: float = JAX_SECONDS, program: str = _PROGRAM) -> FoundJax:
    """Load JAX in a child process, which is ended when it takes too long."""
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter and our own program
            [sys.executable, "-c", program],
            env=os.environ | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"},  # others may be training on these devices
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return FoundJax(trouble=f"it did not find its devices within {seconds:g} s")
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        said = done.stderr.strip().splitlines()
        return FoundJax(trouble=said[-1] if said else f"its process ended with {done.returncode}")
    if lines[-1] == _ABSENT:
        return FoundJax()
    answer = json.loads(lines[-1])
    return FoundJax(version=answer["version"], devices=tuple(answer["devices"]))


def check_jax(jax: FoundJax) -> Finding:
    """Judge whether a node could train here."""
    if jax.trouble:
        advice = "run python -c 'import jax; jax.devices()' and mend what it says; often the driver is too old for it"
        return Finding("jax", Level.FAIL, f"JAX does not work: {jax.trouble}", advice)
    if not jax.version:
        advice = "only a node needs it: pip install 'cyxwiz[node]', on a GPU 'cyxwiz[node,cuda13]'"
        return Finding("jax", Level.WARN, "JAX is not installed", advice)
    return Finding("jax", Level.OK, f"JAX {jax.version} with {', '.join(jax.devices)}")
