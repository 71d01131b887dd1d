"""PlanJob: what would happen to a job, without running it. A node compiles it; the server adds layers and places."""

from __future__ import annotations

from central_server.control_loop import ControlLoop
from central_server.read_model import ReadModel
from central_server.rpc.authentication import Caller
from central_server.rpc.source_model import with_source_model
from central_server.rpc.status_codes import error_named
from central_server.rpc.submission import checked_job
from central_server.scheduler.demands import declared_bytes_of
from central_server.scheduler.events import PlanRequested
from shared.errors import InvalidField, MachineFailure, OurBug, StoreUnavailable, UserMistake, WrongState
from shared.job_spec import JobSpec
from shared.node_message_wire import planned_layer_to_proto
from shared.node_messages import PlanAnswer
from shared.pb import job_pb2

_NO_PLAN = PlanAnswer(request_id="")


class JobPlanning:
    """The rpc that plans."""

    def __init__(self, loop: ControlLoop, read_model: ReadModel) -> None:
        self._loop = loop
        self._read_model = read_model

    async def plan(self, request: job_pb2.PlanJobRequest, caller: Caller) -> job_pb2.PlanJobResponse:
        """Return the job's layers, what a node's compiler says it needs, and where it could run.

        Raises:
            UserMistake: the job would be refused, here or by the node.
        """
        if not request.HasField("config"):
            raise InvalidField("config is missing: say what to plan", field="config")
        config = await with_source_model(request.config, self._read_model)
        checked = await checked_job(config, user_id=caller.user_id)
        answer, note = await self._ask_a_node(checked.spec)
        if answer.error_code:
            raise _refusal(answer)
        # What only the data can tell, a node that has opened it knows.
        layers = checked.summary or answer.layers
        return job_pb2.PlanJobResponse(
            layers=[planned_layer_to_proto(layer) for layer in layers],
            parameters=sum(layer.parameters for layer in layers),
            memory_bytes=answer.memory_bytes,
            flops_per_step=answer.flops_per_step,
            nodes=self._places(checked.spec, declared_bytes_of(checked.spec) or answer.memory_bytes),
            memory_note=note,
        )

    async def _ask_a_node(self, spec: JobSpec) -> tuple[PlanAnswer, str]:
        try:
            answer = await self._loop.ask(PlanRequested(self._loop.new_request_id(), spec))
        except StoreUnavailable:
            raise
        except (WrongState, MachineFailure) as reason:
            return _NO_PLAN, str(reason)
        if not isinstance(answer, PlanAnswer):
            raise OurBug(f"the core must answer with a plan, got {type(answer).__name__}")
        return answer, ""

    def _places(self, spec: JobSpec, memory_bytes: int) -> list[job_pb2.PlannedNode]:
        refusals = self._loop.refusals(spec, memory_bytes)
        return [
            job_pb2.PlannedNode(
                node_id=node.node_id,
                name=node.name,
                fits=not refusals.get(node.node_id, "offline"),
                reason=refusals.get(node.node_id, f"{node.name} is offline"),
            )
            for node in self._read_model.nodes()
        ]


def _refusal(answer: PlanAnswer) -> UserMistake | MachineFailure:
    error = error_named(answer.error_code, answer.message, field=answer.field)
    if isinstance(error, UserMistake | MachineFailure):
        return error
    return MachineFailure(f"the node could not plan the job: {answer.message}")
