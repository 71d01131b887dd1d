"""Users' own models through a whole cluster: the examples train, a mistake is shown, an endless one is cancelled."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.end_to_end.cluster_process import ClusterProcess, eventually
from tests.end_to_end.conftest import EXAMPLES

OWN_MODELS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(library) is None, reason=f"{library} is not installed"))
    for name, library in (("plain", "jax"), ("equinox", "equinox"), ("flax", "flax"))
]
_REST = "\ndef apply(params, x, *, key, train):\n    return x.reshape(len(x), -1) @ params['w']\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN_MODELS)
def test_an_example_trains(cluster: ClusterProcess, name: str) -> None:
    done = cluster.run("submit", str(EXAMPLES / f"own_model_{name}" / "job.yaml"), "--follow")
    assert done.returncode == 0, done.stderr
    metrics = cluster.answer("show", done.stdout.split()[0])["result"]["final_metrics"]
    assert metrics["test_accuracy"] >= 0.93


def test_a_mistake_is_shown_with_its_line(cluster: ClusterProcess, tmp_path: Path) -> None:
    job = a_job(tmp_path, "def init(key, input_shape):\n    return {'w': key @ 3}" + _REST)
    done = cluster.run("submit", str(job), "--follow")
    assert done.returncode == 1
    assert "mine.py, line 2, \"return {'w': key @ 3}\"" in done.stdout + done.stderr


def test_a_model_that_never_returns_is_cancelled_for_certain(cluster: ClusterProcess, tmp_path: Path) -> None:
    endless = a_job(tmp_path, "def init(key, input_shape):\n    while True: pass" + _REST)
    job_id = cluster.run("submit", str(endless)).stdout.strip()
    eventually(lambda: list(cluster.state_dir.glob("*/user_code/*")))
    assert cluster.run("cancel", job_id, "--wait").returncode == 0
    assert cluster.answer("show", job_id)["state"] == "cancelled"
    assert not list(cluster.state_dir.glob("*/user_code/*"))


def test_a_plan_compiles_it_in_a_process_of_its_own(cluster: ClusterProcess) -> None:
    planned = cluster.answer("plan", str(EXAMPLES / "own_model_plain" / "job.yaml"))
    assert planned["memory_bytes"] > 300 * 2**20
    assert planned["flops_per_step"] > 0


def a_job(folder: Path, source: str) -> Path:
    (folder / "mine.py").write_text(source)
    path = folder / "job.yaml"
    path.write_text("model: {python: mine.py}\ndataset: builtin://digits\nepochs: 1\n")
    return path
