"""Predictions: how long one takes on an idle node, how many rows pass when many ask, and what twice as many meet.

The node's servers, its replica and, beside them, a FastAPI application that calls the same compiled function in its
handler, are in this process; callers are in another. The bare loop calls that function on batches that are there.
Names of models as arguments measure those only.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fastapi
import jax
import numpy as np
import uvicorn
import uvloop

from benchmarks.figures import milliseconds, print_figure, print_machine, ratio_of_pairs
from server_node.main import SWITCH_INTERVAL_SECONDS
from server_node.own_http.hosts import KnownHosts
from server_node.own_http.server import open_http_server
from server_node.own_services.own_side import open_own_server
from server_node.ports import CheckedCaller
from server_node.serving.batcher import BatchRules
from server_node.serving.http_predictions import http_predictions
from server_node.serving.inference_service import inference_table
from server_node.serving.live_replicas import LiveReplicas
from server_node.serving.predicting import Predicting
from server_node.serving.program import JaxModel, load_jax_model
from server_node.serving.replica import Replica
from server_node.serving.served_form import served_form
from server_node.training.ends import ended_network
from server_node.training.given_weights import first_model
from server_node.training.models.network import weight_names
from server_node.training.tensors import tensor_entries
from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.permissions import Permission
from shared.safetensors_format import write_safetensors
from shared.serving import Serving
from shared.trained_on import UNKNOWN

BATCH = 64
ROUNDS = 3
ROUND_SECONDS = 1.6
CALLERS_OF_ROWS = {BATCH: 8, 4 * BATCH: 4}
"""How many callers ask at once, by how many rows a request has; together they fit into the queue."""
MODELS: Mapping[str, list[dict[str, Any]]] = {
    "mlp": [{"type": "dense", "units": 256}, {"type": "relu"}, {"type": "dense", "units": 10}],
    "cnn": [
        {"type": "conv2d", "filters": 8, "kernel_size": 3},
        {"type": "relu"},
        {"type": "conv2d", "filters": 16, "kernel_size": 3},
        {"type": "relu"},
        {"type": "flatten"},
        {"type": "dense", "units": 10},
    ],
}
DATA = {
    "mlp": "synthetic://classification?features=64&classes=10",
    "cnn": "synthetic://images?height=28&width=28&classes=10",
}


class Everybody:
    """Lets every caller in: the server that would be asked is not what is measured."""

    async def check(self, authorization: str, host: str, permission: Permission, what: str) -> CheckedCaller:
        """Return somebody."""
        del authorization, permission, what
        return CheckedCaller("local", "submitter", host=host)

    async def record(
        self, caller: CheckedCaller, action: str, *, subject: str = "", result: str = "ok", detail: str = ""
    ) -> None:
        """Write nothing down."""


class Callers:
    """The other process."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    async def do(self, door: str, deployment: str, shape: tuple[int, ...], how: str, **of: float) -> Any:
        """Have something asked, and return what came of it."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        said = {"door": door, "deployment": deployment, "shape": shape, "how": how, "of": of}
        self._child.stdin.write((json.dumps(said) + "\n").encode())
        return json.loads(await self._child.stdout.readline())


def a_model(name: str, folder: Path) -> JaxModel:
    """Return a model with fresh weights."""
    serving = Serving(deployment_id=name, name=name, largest_batch=BATCH)
    spec = job_spec_from_mapping({"model": {"layers": MODELS[name]}, "dataset": DATA[name], "epochs": 1})
    model = load_jax_model(spec, serving, _fresh_weights(spec, serving, folder), jax.devices()[0], lambda: False)
    assert model is not None
    return model


def _fresh_weights(spec: JobSpec, serving: Serving, folder: Path) -> Path:
    form = served_form(spec, serving, UNKNOWN)
    network = ended_network(spec.model_copy(update={"job_type": "inference"}), form).network
    learned, observed = first_model(network, 0, None)
    arrays = {
        f"{layer}.{name}": np.array(values)
        for layer, weights, statistics_ in zip(weight_names(network), learned, observed, strict=True)
        for name, values in {**weights, **statistics_}.items()
    }
    path = folder / f"{serving.name}.safetensors"
    write_safetensors(path, tensor_entries(arrays), {})
    return path


def bare_rate(model: JaxModel, seconds: float) -> float:
    """Return how many batches a second the compiled function takes, called on a batch again and again."""
    rows = (np.random.default_rng(0).standard_normal((BATCH, *model.face.inputs[0].shape), np.float32),)
    begun, batches = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        model.compute(rows)
        batches += 1
    return batches / (time.perf_counter() - begun)


def handlers(models: Mapping[str, JaxModel]) -> fastapi.FastAPI:
    """Return the application that is compared with."""
    application = fastapi.FastAPI()

    @application.post("/{name}")
    async def predict(name: str, request: fastapi.Request) -> fastapi.Response:
        model = models[name]
        rows = np.frombuffer(await request.body(), np.float32).reshape(-1, *model.face.inputs[0].shape)
        return fastapi.Response(model.compute((rows,))[0].tobytes())

    return application


async def main(names: Sequence[str]) -> None:
    """Measure each model."""
    print_machine()
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        models = {name: a_model(name, Path(folder)) for name in names or MODELS}
    live = LiveReplicas()
    predicting = Predicting(live)
    own_http, url = await open_http_server(http_predictions(predicting, Everybody(), KnownHosts([])), "127.0.0.1:0")
    listening = await open_own_server([inference_table(predicting, Everybody())], "127.0.0.1:0")
    web = uvicorn.Server(uvicorn.Config(handlers(models), port=0, log_level="error"))
    serving = asyncio.get_running_loop().create_task(web.serve())
    while not web.started:
        await asyncio.sleep(0.01)
    handler = "http://{}:{}".format(*web.servers[0].sockets[0].getsockname())
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.inference_client",
        listening.address,
        url,
        handler,
        stdin=-1,
        stdout=-1,
        limit=2**24,
    )
    callers = Callers(child)
    for name, model in models.items():
        replica = Replica(name, model, BatchRules(BATCH, 0.001, 1024), deliver=predicting.deliver)
        live.add(name, 1, replica)
        stop = threading.Event()
        thread = threading.Thread(target=replica.work, args=(3600.0, stop.is_set))
        thread.start()
        await _measure(name, model, callers)
        stop.set()
        await asyncio.to_thread(thread.join)
    assert child.stdin is not None
    child.stdin.close()
    await child.wait()
    web.should_exit = True
    await serving
    await listening.server.stop()
    await own_http.stop()


async def _measure(name: str, model: JaxModel, callers: Callers) -> None:
    shape = model.face.inputs[0].shape
    one = (1, *shape)
    for door in ("grpc", "http", "handler"):
        await callers.do(door, name, one, "one by one", times=50)
        seconds = await callers.do(door, name, one, "one by one", times=400)
        goal = "p50 ≤ 3 ms" if door == "grpc" else ""
        print_figure(f"{name}, one row on an idle node, {door}", milliseconds(seconds), goal=goal)
    bare: list[float] = []
    doors: dict[tuple[str, int], list[float]] = {
        ("grpc", BATCH): [],
        ("grpc", 4 * BATCH): [],
        ("http", 4 * BATCH): [],
        ("handler", BATCH): [],
    }
    for _ in range(ROUNDS):
        bare.append(BATCH * await asyncio.to_thread(bare_rate, model, ROUND_SECONDS))
        for (door, rows), rates in doors.items():
            of = {"callers": CALLERS_OF_ROWS[rows], "seconds": ROUND_SECONDS}
            rates.append(rows * (await callers.do(door, name, (rows, *shape), "at once", **of))["OK"])
    print_figure(f"{name}, rows a second, bare loop of batches of {BATCH}", f"{statistics.median(bare):,.0f}")
    for (door, rows), rates in doors.items():
        goal = "≥ 0.7" if door == "grpc" else ""
        print_figure(f"{name}, {door}, {rows} rows a request, against it", ratio_of_pairs(rates, bare), goal=goal)
    rate = 2 * statistics.median(doors["grpc", BATCH]) / BATCH
    became = await callers.do("grpc", name, (BATCH, *shape), "at a rate", rate=rate, seconds=2 * ROUND_SECONDS)
    print_figure(f"{name}, at twice that load", ", ".join(f"{what} {count}" for what, count in became.items()))


if __name__ == "__main__":
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    uvloop.run(main(sys.argv[1:]))
