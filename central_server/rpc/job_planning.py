"""PlanJob: what would happen to a job, without running it. A node compiles it; the server adds layers and places."""

from __future__ import annotations

from central_server.control_loop import ControlLoop
from central_server.read_model import ReadModel
from central_server.rpc.authentication import Caller
from central_server.rpc.source_model import with_source_model
from central_server.rpc.status_codes import error_named
from central_server.rpc.submission import checked_job
from central_server.scheduler.events import PlanRequested
from shared.errors import InvalidField, MachineFailure, OurBug, StoreUnavailable, UserMistake, WrongState
from shared.job_check import CheckedJob
from shared.job_spec import JobSpec
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
        return job_pb2.PlanJobResponse(
            layers=_layers(checked),
            parameters=checked.parameters or 0,
            memory_bytes=answer.memory_bytes,
            flops_per_step=answer.flops_per_step,
            nodes=self._places(checked.spec, answer.memory_bytes),
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


def _layers(checked: CheckedJob) -> list[job_pb2.PlannedLayer]:
    return [
        job_pb2.PlannedLayer(
            node_id=row.node_id,
            name=row.name,
            type=row.kind,
            output_shape=row.output_shape,
            parameters=row.parameters,
        )
        for row in checked.summary or ()
    ]
