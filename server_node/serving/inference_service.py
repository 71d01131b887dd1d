"""`InferenceService`: predictions over gRPC, and what a model takes and gives."""

from __future__ import annotations

import time

from server_node.own_services.service_table import Context, ServiceTable
from server_node.ports import CallerPort, CheckedCaller
from server_node.serving.predicting import Predicting
from server_node.serving.served_model import ValueSpec
from server_node.serving.tensors import dtype_number, rows_from_wire, tensors_to_wire
from shared.pb import common_pb2, inference_pb2
from shared.permissions import Permission

SERVICE = "cyxwiz.protocol.InferenceService"
ANY_ROWS = -1


class InferenceService:
    """The two rpcs."""

    def __init__(self, predicting: Predicting) -> None:
        self._predicting = predicting

    async def infer(
        self, request: inference_pb2.InferRequest, context: Context, _caller: CheckedCaller
    ) -> inference_pb2.InferResponse:
        """Predict."""
        begun = time.perf_counter()
        replica = self._predicting.find(request.deployment_id)
        inputs = rows_from_wire(replica.face, request.inputs)
        outputs = await self._predicting.predict(replica, inputs, context.time_remaining())
        return inference_pb2.InferResponse(
            status=common_pb2.STATUS_SUCCESS,
            outputs=tensors_to_wire(replica.face, outputs),
            latency_ms=(time.perf_counter() - begun) * 1000,
        )

    async def model_info(
        self, request: inference_pb2.GetModelInfoRequest, _context: Context, _caller: CheckedCaller
    ) -> inference_pb2.GetModelInfoResponse:
        """Tell what goes in and what comes out."""
        face = self._predicting.find(request.deployment_id).face
        return inference_pb2.GetModelInfoResponse(
            status=common_pb2.STATUS_SUCCESS,
            input_specs=[_info(spec) for spec in face.inputs],
            output_specs=[_info(spec) for spec in face.outputs],
            input_columns=face.columns,
        )


def inference_table(predicting: Predicting, callers: CallerPort) -> ServiceTable:
    """Return what the node's own server serves of this."""
    service = InferenceService(predicting)
    table = ServiceTable(SERVICE, callers)
    table.unary("Infer", Permission.PREDICT, inference_pb2.InferRequest, service.infer)
    table.unary("GetModelInfo", Permission.PREDICT, inference_pb2.GetModelInfoRequest, service.model_info)
    return table


def _info(spec: ValueSpec) -> common_pb2.TensorInfo:
    return common_pb2.TensorInfo(name=spec.name, shape=(ANY_ROWS, *spec.shape), dtype=dtype_number(spec.dtype))
