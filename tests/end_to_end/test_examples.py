"""Every example runs as its own comment says, and learns something."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from tests.end_to_end.cluster_process import ClusterProcess
from tests.end_to_end.conftest import EXAMPLES


@pytest.mark.parametrize(
    ("name", "metric", "at_least", "at_most"),
    [
        ("digits_cnn", "test_accuracy", 0.97, 1.0),
        ("designer_graph", "test_accuracy", 0.95, 1.0),
        ("mlp_synthetic", "val_accuracy", 0.8, 1.0),
        pytest.param("csv_regression", "val_loss", 0.0, 0.05, marks=pytest.mark.slow),
        pytest.param("residual_pattern", "test_accuracy", 0.94, 1.0, marks=pytest.mark.slow),
        pytest.param("start_from_onnx", "test_accuracy", 0.9, 1.0, marks=pytest.mark.slow),
        pytest.param("translator", "perplexity", 1.0, 4.5, marks=pytest.mark.slow),
        pytest.param("variational_autoencoder", "val_loss_image_again", 0.2, 0.35, marks=pytest.mark.slow),
        pytest.param("zoo_resnet", "test_accuracy", 0.9, 1.0, marks=pytest.mark.slow),
    ],
)
def test_a_job_file_trains(cluster: ClusterProcess, name: str, metric: str, at_least: float, at_most: float) -> None:
    done = cluster.run("submit", str(EXAMPLES / f"{name}.yaml"), "--follow")
    assert done.returncode == 0, done.stderr
    metrics = cluster.answer("show", done.stdout.split()[0])["result"]["final_metrics"]
    assert at_least <= metrics[metric] <= at_most


@pytest.mark.slow
def test_a_sweep_trains_every_combination(cluster: ClusterProcess) -> None:
    done = cluster.run("submit", str(EXAMPLES / "sweep.yaml"), "--set", "epochs=1")
    assert done.returncode == 0, done.stderr
    jobs = done.stdout.split()
    assert len(jobs) == 9
    for job in jobs:
        assert cluster.run("watch", job).returncode == 0
    assert cluster.answer("show", jobs[3])["name"] == "sweep[3]"


def test_the_program_trains_and_uses_its_weights(cluster: ClusterProcess) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "python_sdk.py")],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=os.environ | {"CYXWIZ_SERVER": cluster.grpc},
    )
    assert done.returncode == 0, done.stderr
    assert "accuracy on new points" in done.stdout


@pytest.mark.slow
def test_what_began_as_onnx_leaves_as_onnx(cluster: ClusterProcess, tmp_path: Path) -> None:
    job = cluster.run("submit", str(EXAMPLES / "start_from_onnx.yaml"), "--follow", "--set", "epochs=1")
    done = cluster.run("download", job.stdout.split()[0], "-o", str(tmp_path), "--onnx")
    assert done.returncode == 0, done.stderr
    model = onnx.load(tmp_path / "model.onnx")
    assert [dim.dim_value for dim in model.graph.output[0].type.tensor_type.shape.dim][1:] == [10]


def test_every_example_is_run_here() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.suffix in {".yaml", ".py"}} == {
        "csv_regression.yaml",
        "designer_graph.yaml",
        "digits_cnn.yaml",
        "mlp_synthetic.yaml",
        "python_sdk.py",
        "residual_pattern.yaml",
        "start_from_onnx.yaml",
        "sweep.yaml",
        "translator.yaml",
        "variational_autoencoder.yaml",
        "zoo_resnet.yaml",
    }
