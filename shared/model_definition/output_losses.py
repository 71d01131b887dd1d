"""Which loss compares each output with its target."""

from __future__ import annotations

from shared.hyperparameter_names import Loss
from shared.model_definition.graph import ModelGraph


def loss_of_output(graph: ModelGraph, place: int, of_job: Loss | None, natural: Loss) -> Loss:
    """The job's own loss, which is meant for all outputs; else that of the output's loss node; else the natural one.

    Args:
        graph: the model.
        place: which of the graph's outputs.
        of_job: of its hyperparameters, filled in from the graph where all its loss nodes agree.
        natural: what such targets ask for.
    """
    if len(graph.outputs) == 1:
        return of_job or natural
    if of_job is not None and of_job != graph.job_settings.get("loss"):
        return of_job
    said = graph.said_of_outputs[place].loss
    return natural if said is None else Loss(said)
