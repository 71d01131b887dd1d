"""The engine of serving attempts: loads a model and compiles it. Importing this file loads JAX: seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from server_node.execution.engine import Plan, PreparationStopped, Training
from server_node.execution.jax_engine import device_named
from server_node.serving.batcher import BatchRules
from server_node.serving.live_replicas import LiveReplicas
from server_node.serving.onnx_model import load_onnx_model
from server_node.serving.program import load_jax_model
from server_node.serving.replica import Deliver, Replica
from server_node.serving.served_model import ServedModel
from server_node.serving.serving_attempt import ServingAttempt
from shared.errors import InvalidField, NotSupported
from shared.job_spec import JobSpec
from shared.serving import Serving


class ServingEngine:
    """See `TrainingEngine`; from any thread.

    Args:
        artifact_path: where a file from the central server lies.
        live: where replicas are found.
        deliver: hands answers over to those who wait for them.
    """

    def __init__(self, artifact_path: Callable[[str], Path], live: LiveReplicas, deliver: Deliver) -> None:
        self._artifact_path = artifact_path
        self._live = live
        self._deliver = deliver

    def prepare(
        self, spec: JobSpec, device_id: str, *, checkpoints: Sequence[Path], should_stop: Callable[[], bool]
    ) -> Training:
        """Read the model and compile it for every batch size."""
        del checkpoints  # a replica has no state of its own
        serving = _serving_of(spec)
        started = time.perf_counter()
        model = self._model(spec, serving, device_id, should_stop)
        seconds = time.perf_counter() - started
        rules = BatchRules(serving.largest_batch, serving.batch_milliseconds / 1000, serving.queue_rows)
        return ServingAttempt(
            serving,
            Replica(serving.name, model, rules, deliver=self._deliver),
            self._live,
            should_stop=should_stop,
            clock=time.monotonic,
            notes=(f"serves {serving.name}, generation {serving.generation}: compiled and loaded in {seconds:.2f} s",),
        )

    def plan(self, spec: JobSpec) -> Plan:
        """Refuse: nobody plans a replica."""
        raise NotSupported(f"job_type {spec.job_type} cannot be planned", field="job_type")

    def _model(self, spec: JobSpec, serving: Serving, device_id: str, should_stop: Callable[[], bool]) -> ServedModel:
        weights = self._artifact_path(spec.weights_sha256)
        if serving.format == "onnx":
            return load_onnx_model(weights, device_id, serving.largest_batch)
        model = load_jax_model(spec, serving, weights, device_named(device_id), should_stop)
        if model is None:
            raise PreparationStopped
        return model


def _serving_of(spec: JobSpec) -> Serving:
    if spec.serving is None or not spec.weights:
        raise InvalidField("a replica needs weights, and to be told what it serves", field="serving")
    return spec.serving
