"""What importing costs: the SDK's package and `--help` load nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("grpc", "jax", "numpy", "google.protobuf", "sqlalchemy", "rich")


@pytest.mark.parametrize(
    "code", ["import cyxwiz", "import cyxwiz.errors", "from cyxwiz.cli.main import run; run(['--help'])"]
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    script = f"import sys\n{code}\nsys.exit(' '.join(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "\n")


def test_the_whole_sdk_needs_only_its_own_dependencies() -> None:
    foreign = ("jax", "sqlalchemy", "central_server", "server_node", "uvloop", "psutil")
    code = (
        "import sys, cyxwiz, cyxwiz.local_cluster\n"
        "cyxwiz.Client, cyxwiz.Job, cyxwiz.JobSpec, cyxwiz.aio, cyxwiz.errors\n"
        f"sys.exit(' '.join(name for name in {foreign} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "\n")


def test_an_unknown_name_is_an_attribute_error() -> None:
    import cyxwiz

    assert set(cyxwiz.__all__) <= set(dir(cyxwiz))
    with pytest.raises(AttributeError, match="nothing"):
        cyxwiz.nothing  # noqa: B018  # asking is the test
