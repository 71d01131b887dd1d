"""What would happen to a job, without running it. A node compiles it; the server adds layers and places."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from central_server.control_loop import ControlLoop
from central_server.read_model import ReadModel
from central_server.requests.caller import Caller
from central_server.requests.source_model import with_source_model
from central_server.requests.submission import checked_job
from central_server.scheduler.demands import declared_bytes_of
from central_server.scheduler.events import PlanRequested
from central_server.scheduler.nodes import NodeState
from central_server.tracker_rules import TrackerRules
from shared.clock import Clock
from shared.error_names import error_named
from shared.errors import MachineFailure, OurBug, StoreUnavailable, UserMistake, WrongState
from shared.job_spec import JobSpec
from shared.model_definition.graph import LayerSummary
from shared.node_messages import PlanAnswer
from shared.pb import job_pb2

_NO_PLAN = PlanAnswer(request_id="")
_WARM_UP_SECONDS = 30.0
"""JAX loads in less; the caller waits 120 s, of which the node's compiler has its share."""
FIRST_NODE_SECONDS = 8.0
"""A server that has just started waits so long for the nodes that start beside it, or come back."""
_LOOK_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class PossiblePlace:
    """A node, and why the job does not fit there; empty where it does."""

    node_id: str
    name: str
    refusal: str


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What would happen to a job.

    Attributes:
        memory_bytes: by a node's compiler; 0 when none could be asked, and `memory_note` says why.
    """

    layers: tuple[LayerSummary, ...]
    memory_bytes: int
    memory_note: str
    flops_per_step: float
    places: tuple[PossiblePlace, ...]

    @property
    def parameters(self) -> int:
        """Trained numbers of the whole model."""
        return sum(layer.parameters for layer in self.layers)


class Planning:
    """Asks for plans; it changes nothing."""

    def __init__(self, loop: ControlLoop, read_model: ReadModel, tracker_rules: TrackerRules, clock: Clock) -> None:
        self._loop = loop
        self._read_model = read_model
        self._tracker_rules = tracker_rules
        self._clock = clock
        self._started_seconds = clock.monotonic_seconds()

    async def plan(self, config: job_pb2.JobConfig, caller: Caller) -> JobPlan:
        """Return the job's layers, what a node's compiler says it needs, and where it could run.

        Raises:
            UserMistake: the job would be refused, here or by the node.
        """
        resolved = await with_source_model(config, self._read_model)
        checked = await checked_job(resolved, user_id=caller.user_id)
        self._tracker_rules.check(checked.spec.trackers)
        await self._until_warm()
        answer, note = await self._ask_a_node(checked.spec)
        if answer.error_code:
            raise _refusal(answer)
        return JobPlan(
            # What only the data can tell, a node that has opened it knows.
            layers=tuple(checked.summary or answer.layers),
            memory_bytes=answer.memory_bytes,
            memory_note=note,
            flops_per_step=answer.flops_per_step,
            places=self._places(checked.spec, declared_bytes_of(checked.spec) or answer.memory_bytes),
        )

    async def _until_warm(self) -> None:
        """Wait for the first node while all that are here still load, or none has had the time to come."""
        looks = round(_WARM_UP_SECONDS / _LOOK_EVERY_SECONDS)
        for _ in range(looks):
            if not self._may_soon_be_ready():
                return
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    def _may_soon_be_ready(self) -> bool:
        states = {node.state for node in self._read_model.nodes()}
        if states & {NodeState.READY, NodeState.WARMING_UP}:
            return NodeState.READY not in states
        age_seconds = self._clock.monotonic_seconds() - self._started_seconds
        return age_seconds < FIRST_NODE_SECONDS and NodeState.DRAINING not in states

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

    def _places(self, spec: JobSpec, memory_bytes: int) -> tuple[PossiblePlace, ...]:
        refusals = self._loop.refusals(spec, memory_bytes)
        return tuple(
            PossiblePlace(node.node_id, node.name, refusals.get(node.node_id, f"{node.name} is offline"))
            for node in self._read_model.nodes()
        )


def _refusal(answer: PlanAnswer) -> UserMistake | MachineFailure:
    error = error_named(answer.error_code, answer.message, field=answer.field)
    if isinstance(error, UserMistake | MachineFailure):
        return error
    return MachineFailure(f"the node could not plan the job: {answer.message}")
