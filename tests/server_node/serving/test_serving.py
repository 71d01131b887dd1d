"""A trained model served for real: an attempt of the executor, a real gRPC server, predictions equal to our own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import numpy as np
import pytest

from server_node.execution.engine_choice import EngineChoice
from server_node.execution.jax_engine import JaxEngine
from server_node.own_services.own_side import open_own_server
from server_node.ports import CheckedCaller
from server_node.serving.inference_service import inference_table
from server_node.serving.live_replicas import LiveReplicas
from server_node.serving.predicting import Predicting
from server_node.serving.serving_engine import ServingEngine
from server_node.telemetry_records import LiveProgress
from server_node.training.api import DatasetCache, ProgramCache, TrainingEnvironment
from server_node.training.data.digits import load_digits
from shared.errors import NotAuthenticated
from shared.job_spec import JobSpec
from shared.node_messages import Outcome, StopMode
from shared.pb import common_pb2, inference_pb2, inference_pb2_grpc
from shared.permissions import Permission
from shared.serving import Serving
from tests.server_node.builders import MIB, a_key, a_spec, an_offer
from tests.server_node.execution.bench import Bench, a_bench

SERVING = Serving(deployment_id="d1", name="digits", largest_batch=4, queue_rows=64)


class Callers:
    """Lets everybody in but those who show `Bearer wrong`."""

    async def check(self, authorization: str, host: str, permission: Permission, what: str) -> CheckedCaller:
        assert (permission, what.partition("/")[0]) == (Permission.PREDICT, "InferenceService")
        if authorization == "Bearer wrong":
            raise NotAuthenticated("who are you?")
        return CheckedCaller("somebody", "submitter", host=host)

    async def record(
        self, caller: CheckedCaller, action: str, *, subject: str = "", result: str = "ok", detail: str = ""
    ) -> None:
        raise AssertionError("a prediction is not audited")


@dataclass
class Served:
    bench: Bench
    stub: Any
    weights: str

    def a_replica(self, **fields: Any) -> JobSpec:
        serving = SERVING.model_copy(update=fields)
        return a_spec().model_copy(update={"job_type": "serving", "weights": self.weights, "serving": serving})

    async def start(self, job_id: str = "replica", **fields: Any) -> None:
        self.bench.executor.start(an_offer(job_id, spec=self.a_replica(**fields)))
        await self.bench.until(
            lambda: any(isinstance(item, LiveProgress) and item.key == a_key(job_id) for item in self.bench.told)
        )

    async def infer(self, rows: np.ndarray[Any, Any], deployment: str = "d1", **call: Any) -> np.ndarray[Any, Any]:
        answer = await self.stub.Infer(a_request(rows, deployment), **call)
        assert answer.status == common_pb2.STATUS_SUCCESS
        return np.frombuffer(answer.outputs[0].data, np.float32).reshape(tuple(answer.outputs[0].shape))

    async def infer_or_refusal(self, rows: np.ndarray[Any, Any]) -> Any:
        try:
            return (await self.infer(rows)).shape
        except grpc.aio.AioRpcError as refusal:
            return refusal.code()


def a_request(rows: np.ndarray[Any, Any], deployment: str = "d1") -> inference_pb2.InferRequest:
    tensor = inference_pb2.TensorData(shape=rows.shape, dtype=common_pb2.DATA_TYPE_FLOAT32, data=rows.tobytes())
    return inference_pb2.InferRequest(deployment_id=deployment, inputs=[tensor])


@pytest.fixture(scope="module")
def environment() -> TrainingEnvironment:
    return TrainingEnvironment(ProgramCache(), DatasetCache(), (), FILES.__getitem__)


FILES: dict[str, Path] = {}


@pytest.fixture
def served(tmp_path: Path, environment: TrainingEnvironment) -> Callable[[], Any]:
    """Return what opens a bench with a trained model and a gRPC server on loopback."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Served]:
        live = LiveReplicas()
        predicting = Predicting(live)
        engine = EngineChoice(
            JaxEngine(environment, chunk_seconds=0.02),
            None,
            ServingEngine(FILES.__getitem__, live, predicting.deliver),
        )
        async with a_bench(tmp_path, engine) as bench:
            bench.executor.start(an_offer("trained", spec=a_spec(epochs=2)))
            trained = await bench.end_of(a_key("trained"))
            sha256 = trained.files[0].sha256
            FILES[sha256] = bench.folders.result(a_key("trained")) / "model.safetensors"
            listening = await open_own_server([inference_table(predicting, Callers())], "127.0.0.1:0")
            async with grpc.aio.insecure_channel(listening.address) as channel:
                stub = inference_pb2_grpc.InferenceServiceStub(channel)
                yield Served(bench, stub, f"artifact://sha256:{sha256}")
            await listening.server.stop()

    return opened


def the_digits(count: int) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(load_digits().inputs[:count], np.float32)


async def test_predictions_are_those_of_an_inference_job_whatever_the_number_of_rows(
    served: Callable[[], Any], tmp_path: Path
) -> None:
    async with served() as it:
        spec = a_spec(job_type="inference", weights=it.weights, dataset="builtin://digits")
        it.bench.executor.start(an_offer("judged", spec=spec))
        judged = await it.bench.end_of(a_key("judged"))
        file = next(file.name for file in judged.files if file.name.endswith(".npy"))
        ours = np.load(it.bench.folders.result(a_key("judged")) / file)
        await it.start()
        for count in (1, 3, 4, 11):
            np.testing.assert_allclose(await it.infer(the_digits(count)), ours[:count], rtol=2e-5, atol=2e-5)
        assert (await it.infer(the_digits(2), "digits")).shape == (2, 10)
        info = await it.stub.GetModelInfo(inference_pb2.GetModelInfoRequest(deployment_id="d1"))
        assert [(spec.name, tuple(spec.shape)) for spec in info.input_specs] == [("input", (-1, 8, 8, 1))]
        assert [tuple(spec.shape) for spec in info.output_specs] == [(-1, 10)]


async def test_a_stopped_replica_drains_and_is_found_no_more(served: Callable[[], Any]) -> None:
    async with served() as it:
        await it.start()
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(5):
            answers = [tasks.create_task(it.infer_or_refusal(the_digits(4))) for _ in range(8)]
            assert (await answers[0]) == (4, 10)
            it.bench.executor.cancel(a_key("replica"), StopMode.CANCEL)
            ended = await it.bench.end_of(a_key("replica"))
        assert (ended.outcome, ended.checkpoint_step) == (Outcome.CANCELLED, 0)
        refused = {answer.result() for answer in answers} - {(4, 10)}
        # Those that came while it drained, and those that came when it was gone.
        assert refused <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND}
        with pytest.raises(grpc.aio.AioRpcError, match="no replica of 'd1' is live on this node") as refusal:
            await it.infer(the_digits(1))
        assert refusal.value.code() is grpc.StatusCode.NOT_FOUND


async def test_what_cannot_be_answered_is_refused_in_a_sentence(served: Callable[[], Any]) -> None:
    async with served() as it:
        await it.start()
        rows = the_digits(1)
        cut = a_request(rows)
        cut.inputs[0].data = cut.inputs[0].data[:-1]
        untyped = a_request(rows)
        untyped.inputs[0].dtype = common_pb2.DATA_TYPE_UNKNOWN
        none = inference_pb2.InferRequest(deployment_id="d1")
        for request, sentence in (
            (cut, r"must be 256 bytes, got 255"),
            (untyped, r"must say its dtype"),
            (none, r"1 tensors, got 0"),
            (a_request(rows.reshape(1, 64)), r"must have the shape \(rows, 8, 8, 1\), got \(1, 64\)"),
            (a_request(rows[:0]), r"at least one row"),
        ):
            with pytest.raises(grpc.aio.AioRpcError, match=sentence) as refusal:
                await it.stub.Infer(request)
            assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.aio.AioRpcError, match="at most 64 rows") as refusal:
            await it.infer(np.repeat(rows, 65, axis=0))
        assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(grpc.aio.AioRpcError, match="who are you") as refusal:
            await it.infer(rows, metadata=[("authorization", "Bearer wrong")])
        assert refusal.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_serving_and_training_share_one_ledger(served: Callable[[], Any]) -> None:
    async with served() as it:
        await it.start()
        it.bench.executor.start(an_offer("beside", spec=a_spec(epochs=3)))
        assert (await it.bench.end_of(a_key("beside"))).outcome is Outcome.SUCCEEDED
        assert (await it.infer(the_digits(1))).shape == (1, 10)
        it.bench.ledger.set_capacity({"cpu:0": 1 * MIB // 8})
        it.bench.executor.start(an_offer("too much", spec=it.a_replica(largest_batch=4096)))
        refused = await it.bench.end_of(a_key("too much"))
        assert (refused.outcome, refused.error_code) != (Outcome.SUCCEEDED, "internal")
        assert "bytes" in refused.message
