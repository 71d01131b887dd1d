"""Deployed models on a real cluster: the command line and the SDK against our own predictions, kills, replacements."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import cyxwiz
from cyxwiz.deployment import Deployment
from tests.end_to_end.cluster_process import ClusterProcess, eventually

pytestmark = pytest.mark.slow

DIGITS: dict[str, Any] = {"model": {"layers": [16, 10]}, "dataset": "builtin://digits", "epochs": 1}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    """A cluster whose processes may be killed."""
    with ClusterProcess(tmp_path_factory.mktemp("serving") / "state") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def client(cluster: ClusterProcess) -> Iterator[cyxwiz.Client]:
    with cyxwiz.Client(cluster.grpc, retry_seconds=60) as client:
        yield client


@pytest.fixture(scope="module")
def trained(client: cyxwiz.Client) -> list[cyxwiz.Job]:
    """Two models of one form that give different numbers."""
    jobs = [client.submit(DIGITS, hyperparameters={"seed": seed}) for seed in (1, 2)]
    assert [job.wait().state for job in jobs] == ["succeeded"] * 2
    return jobs


def some_rows(count: int = 5) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).random((count, 8, 8, 1), dtype=np.float32)


def own_predictions(job: cyxwiz.Job, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What the downloaded weights give, computed here."""
    weights = job.result()
    names = [name.removesuffix(".kernel") for name in weights if name.endswith(".kernel")]
    values = rows.reshape(len(rows), -1)
    for place, name in enumerate(names):
        values = values @ weights[f"{name}.kernel"] + weights[f"{name}.bias"]
        values = values if place == len(names) - 1 else np.maximum(values, 0)
    return values


def predicted(
    deployment: Deployment, rows: np.ndarray[Any, Any], *, timeout_seconds: float = 30
) -> np.ndarray[Any, Any]:
    """What a model with one output answers."""
    answer = deployment.predict(rows, timeout_seconds=timeout_seconds)
    assert isinstance(answer, np.ndarray)
    return answer


def test_a_job_is_deployed_asked_and_undeployed_by_commands(
    cluster: ClusterProcess, trained: list[cyxwiz.Job], tmp_path: Path
) -> None:
    job, rows = trained[0], some_rows()
    made = cluster.answer("deploy", job.id, "--name", "by-command", "--largest-batch", "4", "--wait")
    assert (made["name"], made["state"], made["source"]) == ("by-command", "ready", job.id)
    np.save(tmp_path / "rows.npy", rows.reshape(5, 64))
    (tmp_path / "rows.json").write_text(json.dumps({"inputs": rows.tolist()}))
    np.savetxt(tmp_path / "rows.csv", rows.reshape(5, 64), delimiter=",", header=",".join(["pixel"] * 64), comments="")
    for name in ("rows.npy", "rows.json", "rows.csv"):
        answer = cluster.answer("predict", "by-command", "--input", str(tmp_path / name))
        np.testing.assert_allclose(answer["outputs"]["output"], own_predictions(job, rows), rtol=1e-4, atol=1e-4)
    wrong = cluster.run("predict", "by-command", "--input", __file__)
    assert (wrong.returncode, "must end in one of .npy" in wrong.stderr) == (2, True)
    (listed,) = [one for one in cluster.answer("deployments") if one["name"] == "by-command"]
    assert (listed["state"], len(listed["replicas"])) == ("running", 1)
    url = f"{listed['replicas'][0]['http_address']}/v1/predict"
    told = httpx.post(url, params={"deployment": "by-command"}, json={"inputs": rows.tolist()}).json()
    np.testing.assert_allclose(told["outputs"], own_predictions(job, rows), rtol=1e-4, atol=1e-4)
    assert all(one["job_id"] != listed["replicas"][0]["job_id"] for one in cluster.answer("list"))
    cluster.answer("undeploy", "by-command")
    assert eventually(
        lambda: cluster.run("predict", "by-command", "--input", str(tmp_path / "rows.npy")).returncode == 4
    )


def test_weights_in_a_file_are_deployed_with_the_job_file_that_says_what_they_are_of(
    cluster: ClusterProcess, trained: list[cyxwiz.Job], tmp_path: Path
) -> None:
    job, rows = trained[0], some_rows()
    cluster.answer("download", job.id, "-o", str(tmp_path))
    (tmp_path / "digits.yaml").write_text(json.dumps(DIGITS))
    np.save(tmp_path / "rows.npy", rows)
    weights = str(tmp_path / "model.safetensors")
    undefined = cluster.run("deploy", weights)
    assert (undefined.returncode, "--definition FILE" in undefined.stderr) == (2, True)
    cluster.answer(
        *("deploy", weights, "--name", "from-file", "--definition", str(tmp_path / "digits.yaml")),
        *("--input-shape", "8,8,1", "--largest-batch", "4", "--wait"),
    )
    answer = cluster.answer("predict", "from-file", "--input", str(tmp_path / "rows.npy"))
    np.testing.assert_allclose(answer["outputs"]["output"], own_predictions(job, rows), rtol=1e-4, atol=1e-4)
    cluster.answer("undeploy", "from-file")


def test_rows_of_a_table_are_asked_about_by_the_names_of_their_columns(
    cluster: ClusterProcess, client: cyxwiz.Client, tmp_path: Path
) -> None:
    rows = np.random.default_rng(1).normal(5, 2, (40, 2)).round(3)
    table = tmp_path / "table.csv"
    table.write_text("\n".join(("length,width,kind", *(f"{a},{b},{'ant' if a > b else 'bee'}" for a, b in rows))))
    other = tmp_path / "other.csv"
    other.write_text("\n".join(("kind,width,length", *(f"who knows,{b},{a}" for a, b in rows))))
    model: dict[str, Any] = {"layers": [2]}
    dataset = client.upload(table) + "?format=csv&normalize=standard"
    job = client.submit(model=model, dataset=dataset, epochs=2)
    assert job.wait().state == "succeeded"
    scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    kernel, bias = (job.result().weights[name] for name in sorted(job.result().weights, reverse=True))
    expected = scaled @ kernel + bias
    cluster.answer("deploy", job.id, "--name", "table", "--largest-batch", "4", "--wait")
    cluster.answer("download", job.id, "-o", str(tmp_path))
    (tmp_path / "job.yaml").write_text(json.dumps({"model": model, "dataset": dataset}))
    cluster.answer(
        *("deploy", str(tmp_path / "model.safetensors"), "--name", "table-file", "--largest-batch", "4", "--wait"),
        *("--definition", str(tmp_path / "job.yaml"), "--input-shape", "2"),
    )
    for name in ("table", "table-file"):
        answer = cluster.answer("predict", name, "--input", str(other))
        np.testing.assert_allclose(answer["outputs"]["output"], expected, rtol=1e-4, atol=1e-4)
        cluster.answer("undeploy", name)
    bad = client.submit(
        job_type="inference", model={"job": job.id}, dataset=client.upload(other) + "?format=csv&target=kind"
    )
    failure = bad.wait().error
    assert failure is not None
    assert "column 1 beside the target must be 'length', got 'width'" in failure.message


def test_another_model_takes_over_under_load_and_no_request_is_dropped(
    client: cyxwiz.Client, trained: list[cyxwiz.Job]
) -> None:
    first, second = trained
    rows = some_rows(2)
    expected = [own_predictions(job, rows) for job in trained]
    deployment = client.deploy(first, name="rolling", largest_batch=4)
    deployment.wait(timeout_seconds=60)
    is_over = threading.Event()
    answered, failed = [0, 0], list[Exception]()

    def ask() -> None:
        while not is_over.is_set():
            try:
                answer = predicted(deployment, rows)
            except Exception as failure:  # noqa: BLE001 - whatever it is, the test tells it
                failed.append(failure)
                return
            which = [np.allclose(answer, wanted, rtol=1e-4, atol=1e-4) for wanted in expected].index(True)
            answered[which] += 1

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        eventually(lambda: answered[0] > 20)
        assert client.deploy(second, name="rolling", largest_batch=4).wait(timeout_seconds=60).generation == 2
        eventually(lambda: len(deployment.info().replicas) == 1)
        many = answered[1]
        eventually(lambda: answered[1] > many + 20)
    finally:
        is_over.set()
        for caller in callers:
            caller.join()
    assert not failed, failed[0]
    assert [replica.generation for replica in deployment.info().replicas] == [2]
    deployment.delete()


def test_a_deployment_survives_killed_processes(
    cluster: ClusterProcess, client: cyxwiz.Client, trained: list[cyxwiz.Job]
) -> None:
    rows = some_rows(1)
    deployment = client.deploy(trained[0], name="survivor", largest_batch=1)
    deployment.wait(timeout_seconds=60)
    before = predicted(deployment, rows)
    cluster.kill_9("server_node")
    np.testing.assert_array_equal(predicted(deployment, rows, timeout_seconds=90), before)
    cluster.kill_9("central_server")
    np.testing.assert_array_equal(predicted(deployment, rows, timeout_seconds=60), before)
    assert eventually(lambda: deployment.info().state in {"ready", "running"})
    assert deployment.stop().state == "stopped"
    eventually(lambda: not deployment.info().replicas)
    with pytest.raises(cyxwiz.errors.WrongState, match="deployment survivor is stopped"):
        predicted(deployment, rows, timeout_seconds=5)
    client.deploy(trained[0], name="survivor", largest_batch=1)
    np.testing.assert_array_equal(predicted(deployment, rows, timeout_seconds=60), before)


def test_an_onnx_file_is_deployed_in_our_own_layers(
    client: cyxwiz.Client, trained: list[cyxwiz.Job], tmp_path: Path
) -> None:
    file = trained[0].result().save_onnx(tmp_path / "digits.onnx")
    deployment = client.deploy(file, name="from-onnx", largest_batch=2)
    deployment.wait(timeout_seconds=60)
    answer = predicted(deployment, some_rows(3))
    np.testing.assert_allclose(answer, own_predictions(trained[0], some_rows(3)), rtol=1e-3, atol=1e-3)
