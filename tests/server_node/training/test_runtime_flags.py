"""The environment that JAX finds when it loads."""

import subprocess
import sys

import pytest

from server_node.training.runtime_flags import DETERMINISTIC_GPU_FLAG, set_runtime_flags
from shared.errors import OurBug


def test_threads_are_pinned_and_kernels_deterministic() -> None:
    environment: dict[str, str] = {}
    set_runtime_flags(3, environment)
    assert environment["NPROC"] == "3"
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert environment["XLA_FLAGS"] == DETERMINISTIC_GPU_FLAG


def test_what_an_operator_set_is_kept() -> None:
    environment = {"NPROC": "5", "XLA_FLAGS": "--xla_gpu_deterministic_ops=false", "XLA_PYTHON_CLIENT_PREALLOCATE": "1"}
    set_runtime_flags(None, environment)
    assert environment["NPROC"] == "5"
    assert environment["XLA_FLAGS"] == "--xla_gpu_deterministic_ops=false"
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "1"


def test_flags_after_jax_is_loaded_are_a_bug() -> None:
    __import__("jax")
    with pytest.raises(OurBug, match="before jax is imported"):
        set_runtime_flags(1)


def test_flags_load_no_jax() -> None:
    modules = "server_node.training.runtime_flags, server_node.training.compile_cache"
    code = f"import sys, {modules}; print('jax' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout.strip() == "False"
