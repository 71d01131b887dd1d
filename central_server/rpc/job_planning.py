"""PlanJob: what would happen to a job, without running it, as a message."""

from __future__ import annotations

from central_server.requests.caller import Caller
from central_server.requests.planning import Planning
from shared.errors import InvalidField
from shared.node_message_wire import planned_layer_to_proto
from shared.pb import job_pb2


class JobPlanning:
    """The rpc that plans."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    async def plan(self, request: job_pb2.PlanJobRequest, caller: Caller) -> job_pb2.PlanJobResponse:
        """Return the job's layers, what a node's compiler says it needs, and where it could run."""
        if not request.HasField("config"):
            raise InvalidField("config is missing: say what to plan", field="config")
        plan = await self._planning.plan(request.config, caller)
        return job_pb2.PlanJobResponse(
            layers=[planned_layer_to_proto(layer) for layer in plan.layers],
            parameters=plan.parameters,
            memory_bytes=plan.memory_bytes,
            flops_per_step=plan.flops_per_step,
            nodes=[
                job_pb2.PlannedNode(
                    node_id=place.node_id, name=place.name, fits=not place.refusal, reason=place.refusal
                )
                for place in plan.places
            ],
            memory_note=plan.memory_note,
        )
