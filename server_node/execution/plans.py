"""Answers to plan requests, made in a thread: what a job would need, or the sentence of why it cannot run."""

from __future__ import annotations

from server_node.execution.engine import TrainingEngine
from server_node.execution.failures import code_and_sentence
from shared.errors import MachineFailure, UserMistake
from shared.node_messages import PlanAnswer, PlanRequest


def answer_plan(engine: TrainingEngine, request: PlanRequest) -> PlanAnswer:
    """Compile the job on abstract shapes; whatever goes wrong is part of the answer."""
    try:
        plan = engine.plan(request.spec)
    except Exception as failure:  # noqa: BLE001 - told to whoever asked
        code, sentence = code_and_sentence(failure)
        field = failure.field if isinstance(failure, UserMistake) else ""
        return PlanAnswer(request.request_id, error_code=code, message=sentence, field=field)
    return PlanAnswer(request.request_id, plan.memory_bytes, plan.flops_per_step, layers=plan.layers)


def refused_plan(request_id: str) -> PlanAnswer:
    """Answer for a plan that a stop came before."""
    return PlanAnswer(request_id, error_code=MachineFailure.code, message="the node is shutting down; ask again")
