"""Freed memory stays with the process from step to step, whichever thread asks for it, and goes back when told to."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, threading
from pathlib import Path
from server_node.training.host_memory import give_back_freed_memory, keep_freed_memory

SIZE, PAGE = 100_000_000, resource.getpagesize()

def pages_fetched():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(SIZE)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE

def measure():
    first, second = pages_fetched(), pages_fetched()
    kept = resident()
    give_back_freed_memory()
    print(first, second, kept - resident())

if sys.argv[1] == "keep":
    assert keep_freed_memory()
worker = threading.Thread(target=measure)
worker.start()
worker.join()
"""
SIZE = 100_000_000

pytestmark = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc can be told")


def _measured(mode: str) -> tuple[int, int, int]:
    """Give the pages fetched for a block, for the same block again, and the bytes given back when asked."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, mode], check=True, capture_output=True, text=True)
    first, second, given_back = map(int, done.stdout.split())
    return first, second, given_back


def test_a_large_block_freed_is_taken_again_without_a_page_from_the_system() -> None:
    first, second, _ = _measured("keep")
    assert first > 1000
    assert second < 100


def test_without_the_setting_every_large_block_is_fetched_anew() -> None:
    _, second, _ = _measured("leave")
    assert second > 1000


def test_freed_memory_goes_back_to_the_system_when_told_to() -> None:
    assert _measured("keep")[2] > SIZE * 0.9
